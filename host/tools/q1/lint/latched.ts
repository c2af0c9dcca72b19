// Parameters that are latched and never take effect: a set_awg_offs, set_mrk or set_freq after which no path commits.

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
    const message = `${one.instruction.mnemonic} is latched here and never takes effect: no upd_param, play or acquire follows on any path, and wait commits nothing. Put upd_param 4 before the stop`;
    return [at(one, 'warning', 'NEVER_COMMITTED', message)];
  });
};

/** For each instruction: whether it, or an instruction that may follow it, commits. */
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
