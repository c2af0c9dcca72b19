// Executing a refresh table: services a second by the firmware's own code, with every deadline monitored.
//
// The peer is the independent verifier, which walks through the same table and judges every gap, but waits for nothing and changes nothing.

import { MultiplexerModule } from '../../../host/board/multiplexer/multiplexer-module.ts';
import { chooser } from '../../../host/board/random.ts';
import { openProblem } from '../../../host/tools/multiplexer/open-problem.ts';
import { STEPS_A_SECOND } from '../../../host/tools/multiplexer/planner.ts';
import { tableBytes } from '../../../host/tools/multiplexer/table.ts';
import { planned } from '../../../host/tools/multiplexer/testing.ts';
import { readTable } from '../../../host/tools/multiplexer/verify/read.ts';
import { verifyTable } from '../../../host/tools/multiplexer/verify/verify.ts';
import { multiplexerModule } from '../../../host/tools/sequencer.ts';
import { inTurn } from './measure.ts';
import type { BenchRow } from './row.ts';

const rounds = 15;
const runNs = 5e9;
const goalSlotsPerSecond = 5_000_000;

export async function benchMuxSlots(): Promise<BenchRow[]> {
  const problem = openProblem('cells-96');
  const { plan } = planned(problem, STEPS_A_SECOND, chooser(1));
  if (!plan) throw new Error('cells-96: there is no table');
  const bytes = tableBytes(plan.table);
  const module = new MultiplexerModule(await multiplexerModule());
  for (const { number } of problem.cells) {
    module.configure(number, 'USED', 1);
    module.configure(number, 'TOLERANCE', 100);
    module.configure(number, 'SETTLED', 18_000_000);
  }
  module.stage(bytes);
  module.load(bytes.length);
  module.start(0);
  const servicesOfPeriod = plan.table.lines.reduce((sum, line) => sum + line.length, 0);
  const servicesOfRun = (runNs / (plan.table.periodSlots * plan.table.slotNs)) * servicesOfPeriod;
  let now = 0;
  const executed = () => {
    now += runNs;
    module.run(now);
  };
  const table = readTable(bytes);
  const walks = 50;
  const walked = () => {
    for (let walk = 0; walk < walks; walk++) verifyTable(table);
  };
  const [ours, theirs] = await inTurn(rounds, executed, walked);
  if (module.figure('LATE') !== 0) throw new Error(`${module.figure('LATE')} deadlines were missed`);
  const [value, peerValue] = [servicesOfRun / (ours / 1000), (walks * servicesOfPeriod) / (theirs / 1000)];
  const peer = 'the verifier, services walked';
  return [{ id: 'mux-slots', value, unit: 'services/s', goal: goalSlotsPerSecond, peer, peerValue }];
}
