// How fast a cryostat goes: a whole day of one with a controller in it whose firmware measures, estimates and beats once a second, and
// a day's cooldown from room temperature. There is no peer: nobody else's fridge answers a board.

import { Cryostat } from '../../../host/plant/cryostat/cryostat.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';
import { type BenchRow, median } from './row.ts';

const hoursADay = 24;
const hour = 3600 * second;
const dayGoalSeconds = 20;
const cooldownGoalSeconds = 2;
const cooldowns = 5;

/** Rows `cryostat-day` and `cryostat-cooldown`, in seconds of one core. */
export async function benchCryostat(): Promise<BenchRow[]> {
  return [await day(), cooldown()];
}

async function day(): Promise<BenchRow> {
  const fridge = new WiredCryostat(openFridge('uts'));
  const device = await DeviceUnderTest.running({ surroundings: () => fridge });
  const heartbeats = () => device.statistics('heartbeat').sequence;
  device.board.runFor(hour);
  const before = heartbeats();
  const seconds = coreSeconds(() => device.board.runFor(hoursADay * hour));
  const beats = heartbeats() - before;
  if (beats < 3600 * hoursADay - 2)
    throw new Error(`bench: only ${beats} heartbeats in a day; the controller did not run`);
  return row('cryostat-day', seconds, dayGoalSeconds);
}

function cooldown(): BenchRow {
  const seconds: number[] = [];
  for (let round = 0; round < cooldowns; round++) {
    const cryostat = new Cryostat(openFridge('uts'), { seed: round, start: 'warm' });
    seconds.push(coreSeconds(() => cryostat.advanceTo(hoursADay * hour)));
    if (!(cryostat.temperatureKelvin('MXC') < 0.01)) throw new Error('bench: the fridge is not cold after a day');
  }
  return row('cryostat-cooldown', median(seconds), cooldownGoalSeconds);
}

/** Processor time of this process: what a core would take that had nothing else to do. */
function coreSeconds(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const row = (id: string, value: number, goal: number): BenchRow => ({
  ...{ id, value, unit: 's', goal, peer: 'none', peerValue: 0 },
});
