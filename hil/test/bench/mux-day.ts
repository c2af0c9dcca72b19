// A day of a cryostat with a controller in it that beats once a second and refreshes 96 cells, in seconds of one core.
//
// The whole day is run, and the device asked at its end, so nothing that it has put off is left out. The peer is the same board when somebody listens to its
// services: then each one is executed; half a minute of that is run, and the figure is for a day. What must stay true: both have executed the services that the
// table plans, and no deadline is missed.

import { chooser } from '../../../host/board/random.ts';
import { openProblem } from '../../../host/tools/multiplexer/open-problem.ts';
import { STEPS_A_SECOND } from '../../../host/tools/multiplexer/planner.ts';
import { tableBytes } from '../../../host/tools/multiplexer/table.ts';
import { planned } from '../../../host/tools/multiplexer/testing.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import {
  configureCell,
  multiplexerState,
  runRefresh,
  uploadTable,
  writeCell,
} from '../../../host/tools/smp/multiplexer.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';
import type { BenchRow } from './row.ts';

const daySeconds = 86_400;
const peerSeconds = 30;
const goalSeconds = 20;

export async function benchMuxDay(): Promise<BenchRow[]> {
  const problem = openProblem('cells-96');
  const { plan } = planned(problem, STEPS_A_SECOND, chooser(1));
  if (!plan) throw new Error('cells-96: there is no table');
  const fridge = new WiredCryostat(openFridge('uts'));
  const device = await DeviceUnderTest.running({ surroundings: () => fridge });
  device.run(10 * second);
  const client = device.client();
  for (const { number } of problem.cells) {
    await configureCell(client, number, 'USED', 1);
    await writeCell(client, number, 2000 + 200 * number);
  }
  await uploadTable(client, tableBytes(plan.table));
  await runRefresh(client, true);
  device.run(10 * second);
  const servicesOfPeriod = plan.table.lines.reduce((sum, line) => sum + line.length, 0);
  const periodSeconds = (plan.table.periodSlots * plan.table.slotNs) / second;
  const coreSeconds = async (spanSeconds: number) => {
    const { services: first } = await multiplexerState(client);
    const before = process.cpuUsage();
    device.run(spanSeconds * second);
    const { late, services } = await multiplexerState(client);
    const { user, system } = process.cpuUsage(before);
    const least = Math.floor(spanSeconds / periodSeconds - 1) * servicesOfPeriod;
    if (late !== 0 || services - first < least)
      throw new Error(`bench: ${services - first} services instead of ${least}, ${late} deadlines missed`);
    return (user + system) / 1e6;
  };
  const value = await coreSeconds(daySeconds);
  device.board.multiplexer.listener = () => {};
  const peerValue = ((await coreSeconds(peerSeconds)) * daySeconds) / peerSeconds;
  return [{ id: 'mux-day', value, unit: 's', goal: goalSeconds, peer: 'every service executed', peerValue }];
}
