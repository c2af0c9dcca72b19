// One run: devices make records while a fault strikes; then everything works again, and whatever was made must be in stream and store, once.

import type { Luck } from '../../../../host/telemetry/testing/play-story.ts';
import { EventKind } from '../../../../protocol/telemetry/events.ts';
import { type FaultKind, faultKinds } from './kinds.ts';
import type { World } from './world.ts';

export interface RunResult {
  records: number;
  /** Faults that nothing showed of. */
  unstruck: string[];
  /** From the moment when everything works again until the store has everything. */
  replayMs: number;
  /** Sentences; none is as it should be. */
  wrong: string[];
}

const beats = 8;
const beatMs = 60;
const seenMs = 5_000;
const patienceMs = 240_000;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** A clock that is ahead puts samples there. */
const lateSeconds = 2 * 3_600;

/** Errors of the multiplexer that devices have made, and that the store has counted, since the world began. */
export class Counted {
  made = 0;
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  async stored(): Promise<number> {
    const expression = `sum(max_over_time(coldrig_multiplexer_errors_total[${2 * lateSeconds}s]))`;
    const [[, count] = [{}, 0]] = await this.world.store.query(expression, Date.now() / 1000 + lateSeconds);
    return count;
  }

  async resets(): Promise<number> {
    const expression = `sum(resets(coldrig_multiplexer_errors_total[${2 * lateSeconds}s]))`;
    const [[, count] = [{}, 0]] = await this.world.store.query(expression, Date.now() / 1000 + lateSeconds);
    return count;
  }
}

interface Fault {
  name: string;
  kind: FaultKind;
  luck: Luck;
  strikeAt: number;
  seenBefore: number;
  striking?: ReturnType<FaultKind['strike']>;
}

/** Faults strike together. What is wrong may be the work of any of them. */
export async function play(
  world: World,
  names: readonly string[],
  luckOf: (name: string) => Luck,
  counted: Counted,
): Promise<RunResult> {
  const devices = [...world.devices, ...world.shared];
  const { stream } = world;
  const faults = names.map((name): Fault => {
    const [kind, luck] = [faultKinds[name], luckOf(name)];
    return { name, kind, luck, strikeAt: 1 + luck(beats - 2), seenBefore: kind.seen?.(world) ?? 0 };
  });
  const firstOf = new Map(devices.map((device) => [device, device.made.length]));
  const [twiceBefore, disorderedBefore, madeBefore] = [stream.twice.length, stream.disordered.length, counted.made];
  const error = (wire: readonly unknown[]) => [...wire.slice(0, 6), EventKind.CELL_LATE, ...wire.slice(7)];
  const luck = luckOf('records');
  for (let beat = 0; beat < beats; beat++) {
    for (const fault of faults) if (beat === fault.strikeAt) fault.striking = fault.kind.strike(world, fault.luck);
    const more = Math.max(...faults.map(({ strikeAt, kind }) => (beat >= strikeAt ? (kind.atOnce ?? 0) : 0)));
    for (const device of devices)
      for (let left = 1 + luck(3) + more; left > 0; left--) {
        device.make(2, error);
        counted.made++;
      }
    await pause(beatMs);
  }
  const ends = (await Promise.all(faults.map(({ striking }) => striking))).filter((end) => end !== undefined);
  let healedMs = performance.now();
  // What can be seen is waited for: it may show with the next poll of a device.
  const unseen = () =>
    faults.filter(({ kind, seenBefore }) => kind.seen !== undefined && kind.seen(world) <= seenBefore);
  for (let waited = 0; unseen().length > 0 && waited < seenMs; waited += 50) await pause(50);
  for (const end of ends) {
    await end();
    healedMs = performance.now();
  }
  const missing = () =>
    [...firstOf].flatMap(([device, first]) =>
      device.made.slice(first).filter((one) => !stream.there.has(one) && !stream.poisoned.has(one)),
    );
  const isOver = async () => missing().length === 0 && (await counted.stored().catch(() => -1)) >= counted.made;
  while (!(await isOver()) && performance.now() - healedMs < patienceMs) await pause(100);
  const replayMs = Math.round(performance.now() - healedMs);
  const [stored, resets] = [await counted.stored(), await counted.resets()];
  const wrong = missing().map((one) => `${one} is lost`);
  if (stored !== counted.made) wrong.push(`the store has counted ${stored}, devices have made ${counted.made}`);
  if (resets > 0) wrong.push('a counter in the store went back');
  // Each of two gateways puts into the stream what it has of a device; who reads it leaves out the second.
  const isOfOneGateway = (one: string) => !world.shared.some(({ serial }) => one.startsWith(serial));
  const twice = stream.twice.slice(twiceBefore).filter(isOfOneGateway);
  wrong.push(...twice.map((one) => `${one} is in the stream twice`));
  const disordered = stream.disordered.slice(disorderedBefore).filter(isOfOneGateway);
  wrong.push(...disordered.map((one) => `${one} is out of order`));
  const unstruck = unseen().map(({ name }) => name);
  const records = counted.made - madeBefore;
  counted.made = stored;
  return { records, unstruck, replayMs, wrong };
}
