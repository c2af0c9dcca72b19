// Parameters that are latched and never come into force: a set_awg_offs, set_mrk or set_freq behind which no path commits.

import type { Finding } from '../findings.ts';
import { at, type LintRule } from './rule.ts';

export const neverCommitted: LintRule = ({ program: { instructions }, flow }) => {
  if (flow.unknown) return [];
  const commits = commitFollows(
    instructions.map(({ instruction }) => instruction.commits),
    flow.successors,
  );
  return instructions.flatMap((one, index): Finding[] => {
    if (one.instruction.class !== 'parameter' || !flow.reachable[index]) return [];
    if (flow.successors[index].some((next) => commits[next])) return [];
    const message = `${one.instruction.mnemonic} is latched here and never comes into force: no upd_param, play or acquire follows on any path, and wait commits nothing. Put upd_param 4 before the stop`;
    return [at(one, 'warning', 'NEVER_COMMITTED', message)];
  });
};

/** Of each instruction: whether it commits, or one that may come after it does. */
function commitFollows(commits: boolean[], successors: number[][]): boolean[] {
  const before: number[][] = commits.map(() => []);
  for (const [index, nexts] of successors.entries()) for (const next of nexts) before[next]?.push(index);
  const follows = [...commits];
  const waiting = commits.flatMap((does, index) => (does ? [index] : []));
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    for (const earlier of before[index]) {
      if (follows[earlier]) continue;
      follows[earlier] = true;
      waiting.push(earlier);
    }
  }
  return follows;
}
