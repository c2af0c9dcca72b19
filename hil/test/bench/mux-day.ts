// A day of a cryostat with a controller in it that beats once a second and refreshes 96 cells: what it would take of one core.
//
// The whole day is run. There is no peer. What must stay true: every service of the table is in the counters of the device, and no deadline is missed.

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
  const before = process.cpuUsage();
  device.run(daySeconds * second);
  const { user, system } = process.cpuUsage(before);
  const { late, services } = await multiplexerState(client);
  if (late !== 0 || services < daySeconds * 17_000)
    throw new Error(`bench: ${services} services, ${late} deadlines missed`);
  const value = (user + system) / 1e6;
  return [{ id: 'mux-day', value, unit: 's', goal: goalSeconds, peer: 'none', peerValue: 0 }];
}
