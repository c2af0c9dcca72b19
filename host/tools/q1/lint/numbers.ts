// Negative numbers where the first set expects a word of 32 bits: `move -5,R0`, `jge R0,-1,@l`.
//
// Two documents disagree. QAT and qibolab accept -2^31 to 2^32 - 1, as the second instruction set does. In q1simulator's table of the first
// set such a number is unsigned, and qililab calls `move` with a negative number invalid (pull request 1113). The rule here: a negative number
// is taken as two's complement, with a warning, because another assembler may refuse it. In the second set all agree. Gains, offsets and frequencies are signed everywhere.

import type { Finding } from '../findings.ts';
import { at, type LintRule } from './rule.ts';

export const negativeNumbers: LintRule = ({ program: { instructions, set } }) =>
  (set === 1 ? instructions : []).flatMap((one) =>
    one.form.operands.flatMap(({ kind, mode }, operand): Finding[] => {
      const { value } = one.operands[operand];
      if (kind !== 'word' || mode !== 'immediate' || value >= 0) return [];
      const unsigned = value >>> 0;
      const compares = one.instruction.class === 'jump' ? ', and compared without a sign' : '';
      const message = `${value} is taken as ${unsigned}, its two's complement${compares}; not every assembler takes a negative number here: write ${unsigned}`;
      return [at(one, 'warning', 'NEGATIVE', message, operand)];
    }),
  );
