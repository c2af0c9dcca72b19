// Planning the refreshing of 96 cells of a density just below 5/6: how long a table takes, and how often there is one.
//
// The peer is greedy earliest-deadline-first on the same sets, and it only has to run 6,000 slots without a late cell; the planner's tables repeat
// for ever and the independent verifier has accepted them.

import { Random } from '../../../host/board/random.ts';
import { randomSpread } from '../../../host/tools/multiplexer/testing.ts';
import { isPlanned, keepsRunning } from '../multiplexer/acceptance.ts';
import { millisecondsOf } from './measure.ts';
import { type BenchRow, median } from './row.ts';

const cells = 96;
const sets = 30;
const [least, most] = [0.8, 5 / 6];
const goalMilliseconds = 1000;

/** Rows `mux-plan-96`, milliseconds a table, and `mux-accept-96`, percent of sets refused beside greedy EDF's. */
export async function benchMuxPlan(): Promise<BenchRow[]> {
  const random = new Random(1);
  const problems = Array.from({ length: sets }, () => randomSpread(random, cells, least, most));
  isPlanned(problems[0], 0);
  const times: number[] = [];
  const theirs: number[] = [];
  let refused = 0;
  let refusedByEdf = 0;
  for (const [seed, deadlines] of problems.entries()) {
    times.push(
      await millisecondsOf(() => {
        if (!isPlanned(deadlines, seed)) refused++;
      }),
    );
    theirs.push(
      await millisecondsOf(() => {
        if (!keepsRunning('deadline', deadlines)) refusedByEdf++;
      }),
    );
  }
  const percent = (count: number) => (100 * count) / sets;
  const peer = 'greedy EDF, 6,000 slots';
  return [
    { id: 'mux-plan-96', value: median(times), unit: 'ms', goal: goalMilliseconds, peer, peerValue: median(theirs) },
    {
      ...{ id: 'mux-accept-96', value: percent(refused), unit: '% refused at density 0.8 to 5/6', goal: 0 },
      ...{ peer, peerValue: percent(refusedByEdf) },
    },
  ];
}
