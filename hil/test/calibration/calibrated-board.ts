// A board in its fridge of which one readout channel was calibrated over SMP, and the chain that it reads; and what a calibration needs.

import type { ReadoutChain } from '../../../host/plant/readout/chain-data.ts';
import { deviceIdentity, deviceTime } from '../../../host/tools/calibration/device.ts';
import type { CalibrationPlan } from '../../../host/tools/calibration/plan.ts';
import { planOfChain } from '../../../host/tools/calibration/plan-of-chain.ts';
import { CalibrationRecords } from '../../../host/tools/calibration/session.ts';
import { SmpReadout } from '../../../host/tools/calibration/smp-readout.ts';
import { graphOf, quantitiesOf, rootsOf, Station } from '../../../host/tools/calibration/station.ts';
import { MemoryFolder } from '../../../host/tools/calibration/testing.ts';
import { maintainAll, type Work } from '../../../host/tools/calibration/work.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { openReadout } from '../../../host/tools/readout/open-readout.ts';
import type { SmpClient } from '../../../host/tools/smp/index.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';

/** Sequencers log 50,000 steps a second, and a board is watched for minutes. */
const LOG_MOST = 10_000;

export interface CalibratedBoard {
  device: DeviceUnderTest;
  client: SmpClient;
  /** The caller's own: what is changed here happens to the device. */
  chain: ReadoutChain;
  work: Work;
  /** Another device that is as this one is now, with a chain of its own. */
  fork(): { device: DeviceUnderTest; chain: ReadoutChain };
}

/** Everything of the plan, on the device behind the client, with records in memory. */
export async function workOn(client: SmpClient, plan: CalibrationPlan): Promise<Work> {
  const quantities = quantitiesOf(plan);
  const graph = graphOf(quantities);
  const records = new CalibrationRecords(new MemoryFolder());
  const about = { identity: await deviceIdentity(client), now: () => deviceTime(client) };
  const station = new Station(quantities, plan, new SmpReadout(client), records, about);
  return { graph, plan, records, station, roots: rootsOf(graph) };
}

/** `drift`: whether the electronics drift by themselves. Throws the first failure of the calibration. */
export async function calibratedBoard(
  channel: number,
  { windowNs, drift }: { windowNs?: number; drift?: boolean } = {},
): Promise<CalibratedBoard> {
  const chains: ReadoutChain[] = [];
  const wired = () => {
    chains.push(structuredClone(openReadout('uts')));
    return new WiredCryostat(openFridge('uts'), { seed: 1, drift, readout: chains.at(-1) });
  };
  const device = await DeviceUnderTest.running({ surroundings: wired });
  const [chain] = chains;
  const plan = planOfChain(chain, [channel], windowNs);
  device.logMost = LOG_MOST;
  device.run(2 * second);
  const client = device.client();
  const work = await workOn(client, plan);
  const { failures } = await maintainAll(work, [], {});
  if (failures.length > 0) throw failures[0];
  const fork = () => {
    const other = device.fork();
    other.logMost = LOG_MOST;
    return { device: other, chain: chains.at(-1) as ReadoutChain };
  };
  return { device, client, chain, work, fork };
}
