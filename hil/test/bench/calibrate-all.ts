// The whole calibration graph of a line with eight channels, on a board in its fridge, over SMP.
//
// The figure is wall time; the peer is the time that passes for the device meanwhile, so the ratio says how much slower the bench is than the chip.

import { planOfChain } from '../../../host/tools/calibration/plan-of-chain.ts';
import { maintainAll } from '../../../host/tools/calibration/work.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';
import { workOn } from '../calibration/calibrated-board.ts';
import type { BenchRow } from './row.ts';

const channels = [0, 1, 2, 3, 4, 5, 6, 7];
const goalSeconds = 60;

export async function benchCalibrateAll(): Promise<BenchRow[]> {
  const wired = new WiredCryostat(openFridge('uts'), { seed: 1 });
  const device = await DeviceUnderTest.running({ surroundings: () => wired });
  device.run(2 * second);
  const client = device.client();
  const plan = planOfChain(wired.readout.chain, channels);
  const work = await workOn(client, plan);
  const [wall, virtual] = [performance.now(), device.now];
  const { failures } = await maintainAll(work, [], {});
  if (failures.length > 0) throw new Error(`calibrate-all: ${failures.map(({ message }) => message).join('; ')}`);
  const value = (performance.now() - wall) / 1000;
  const peer = 'the device’s own time';
  return [
    { id: 'calibrate-all', value, unit: 's', goal: goalSeconds, peer, peerValue: (device.now - virtual) / second },
  ];
}
