// Paths through the program: instructions that no path reaches, and paths that run past the end.

import type { AssembledInstruction } from '../assemble.ts';
import type { Finding } from '../findings.ts';
import { about, at, type LintRule } from './rule.ts';

/** The first line of each block that no path reaches. A block that only protects against running on after a jump is not reported. */
export const unreachableCode: LintRule = ({ program: { instructions }, flow }) => {
  const findings: Finding[] = [];
  for (let index = 0; index < instructions.length; index += 1) {
    if (flow.reachable[index]) continue;
    const start = index;
    while (index + 1 < instructions.length && !flow.reachable[index + 1]) index += 1;
    const stretch = instructions.slice(start, index + 1);
    if (stretch.every(isGuard)) continue;
    const lines = stretch.length === 1 ? '' : `, nor to the lines up to ${stretch.at(-1)?.line}`;
    findings.push(at(stretch[0], 'warning', 'UNREACHABLE', `no path leads to this instruction${lines}`));
  }
  return findings;
};

const isGuard = ({ instruction }: AssembledInstruction): boolean =>
  ['illegal', 'stop', 'nop'].includes(instruction.mnemonic);

export const runsOffTheEnd: LintRule = ({ program: { instructions }, flow }) => {
  if (instructions.length === 0) {
    return [about('error', 'EMPTY', 'there is no instruction: expected at least stop')];
  }
  return instructions.flatMap((one, index) => {
    const leaves =
      !flow.unknown && flow.reachable[index] && flow.successors[index].some((next) => next >= instructions.length);
    const message = 'the program runs off its end here, which is an illegal instruction: end it with stop or jmp';
    return leaves ? [at(one, 'warning', 'NO_STOP', message)] : [];
  });
};
