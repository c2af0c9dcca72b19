// Instructions of the first set in a program of the second. Its documents call them deprecated: they still run, with other times, and set flags.

import { at, type LintRule } from './rule.ts';

export const deprecatedInstructions: LintRule = ({ program: { instructions, set } }) =>
  (set === 2 ? instructions : []).flatMap((one) => {
    const { mnemonic, deprecated } = one.instruction;
    if (deprecated === undefined) return [];
    const message = `${mnemonic} with ${one.operands.length} operands is of the first instruction set. The second set keeps it for old programs: ${deprecated}`;
    return [at(one, 'warning', 'DEPRECATED', message)];
  });
