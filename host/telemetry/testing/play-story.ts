// A story of a minute with one kind of fault, drawn by a seed, and what is wrong at its end: an empty list, or sentences.

import { decodeCbor, deviceOf, numberedAs, type TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import type { StoredEntry } from '../log/record-log.ts';
import { PlayedDevice } from './play-device.ts';
import { PlayedNet } from './play-net.ts';
import { PlayedGateway, PlayedHub } from './play-world.ts';
import { nameOf } from './records.ts';
import { VirtualTime } from './virtual-time.ts';

/** A number from 0 to choices - 1. */
export type Luck = (choices: number) => number;

export interface World {
  luck: Luck;
  time: VirtualTime;
  net: PlayedNet;
  devices: PlayedDevice[];
  gateways: PlayedGateway[];
  hub: PlayedHub;
}

export interface Fault {
  /** Prepares it, before anything runs. */
  before?: (world: World) => void;
  /** Called a few times while the devices make records. */
  strike: (world: World) => void;
  gateways?: number;
  /** Of the log of a gateway. */
  log?: { bytesMost?: number; syncWithinMs?: number };
  /** Between two heartbeats; and how many there are. */
  beatMs?: number;
  pollMs?: number;
  /** The gateways acknowledge before their disks have it: a mistake that the end of the story must show. */
  isHasty?: boolean;
}

const beats = 16;

/** What is wrong: lost without a word, there twice, out of order, or changed. `counts`: what happened, so that a test can see that its fault struck. */
export async function playStory(
  fault: Fault,
  luck: Luck,
): Promise<{ wrong: string[]; kinds: Record<string, number>; world: World }> {
  const time = new VirtualTime();
  const net = new PlayedNet(time);
  const devices = [new PlayedDevice('d0', 12), new PlayedDevice('d1', 12)];
  const hub = new PlayedHub(net, time);
  const names = ['g0', 'g1'].slice(0, fault.gateways ?? 1);
  const gateways = names.map((name) => new PlayedGateway(name, devices, net, time, fault));
  const world: World = { luck, time, net, devices, gateways, hub };
  hub.start();
  for (const gateway of gateways) gateway.start();
  fault.before?.(world);
  for (let beat = 0; beat < beats; beat++) {
    if (luck(6) === 0) fault.strike(world);
    for (const device of devices) live(device, luck);
    await time.pass(fault.beatMs ?? 500);
  }
  await heal(world);
  const entries = await hub.entries();
  return { wrong: wrongOf(world, entries), kinds: kindsOf(entries), world };
}

function live(device: PlayedDevice, luck: Luck): void {
  device.make(1);
  const what = luck(12);
  if (what < 4) device.make(0);
  if (what === 4) device.make(2);
  if (what === 5 && luck(4) === 0) device.reset();
}

/** Everything works again, and has the time to catch up. */
async function heal({ time, net, gateways, hub, devices }: World): Promise<void> {
  net.isUp = true;
  net.bytesUntilCut = Number.POSITIVE_INFINITY;
  for (const device of devices) {
    device.isSilent = false;
    device.lostAnswers = 0;
  }
  for (const node of [...gateways, hub]) {
    node.disk.room = Number.POSITIVE_INFINITY;
    node.disk.failingSyncs = 0;
    node.disk.fake.onOperation = () => {};
  }
  await time.pass(12_000);
}

function wrongOf({ devices, gateways }: World, entries: readonly StoredEntry[]): string[] {
  const wrong: string[] = [];
  const there = new Set<string>();
  for (const entry of entries) {
    if (there.has(nameOf(entry))) wrong.push(`${nameOf(entry)} is there twice`);
    there.add(nameOf(entry));
  }
  const records = entries.map(({ bytes }) => decodeCbor(bytes));
  if (gateways.length === 1) wrong.push(...disorderOf(entries));
  const told = records.flatMap(toldRanges);
  for (const device of devices) {
    for (const name of device.made) {
      if (there.has(name) || device.lost.has(name)) continue;
      const [numbered] = name.split('/');
      const [, boot, sequence] = name.split('/').map(Number);
      const isTold = told.some((range) => range.device === numbered && isIn({ boot, sequence }, range));
      if (!isTold) wrong.push(`${name} is lost, and nobody says so`);
    }
    const made = new Set(device.made);
    const foreign = entries.filter((entry) => deviceOf(entry.device) === device.serial && !made.has(nameOf(entry)));
    wrong.push(...foreign.map((entry) => `${nameOf(entry)} was never made`));
  }
  for (const { kind, device, boot, sequence, body } of records)
    if (kind === 'event' && body.argument0 !== sequence) wrong.push(`${device}/${boot}/${sequence} was changed`);
  return wrong;
}

function disorderOf(entries: readonly StoredEntry[]): string[] {
  const last = new Map<string, StoredEntry>();
  return entries.flatMap((entry) => {
    const before = last.get(entry.device);
    last.set(entry.device, entry);
    const isInOrder =
      before === undefined ||
      before.boot < entry.boot ||
      (before.boot === entry.boot && before.sequence < entry.sequence);
    return isInOrder ? [] : [`${nameOf(entry)} comes behind ${nameOf(before)}`];
  });
}

interface Range {
  device: string;
  first: { boot: number; sequence: number };
  last: { boot: number; sequence: number };
}

const isIn = ({ boot, sequence }: { boot: number; sequence: number }, { first, last }: Range): boolean =>
  (boot > first.boot || (boot === first.boot && sequence >= first.sequence)) &&
  (boot < last.boot || (boot === last.boot && sequence <= last.sequence));

/** Numbers that a record tells as missing: dropped by the device, given up by a gateway, or put aside. A record `gap` explains nothing. */
function toldRanges({ kind, device, incarnation, body }: TelemetryRecord): Range[] {
  const words = body as Record<string, number>;
  const range = (of: string): Range => ({
    device: of,
    first: { boot: words.firstBoot, sequence: words.firstSequence },
    last: { boot: words.lastBoot, sequence: words.lastSequence },
  });
  if (kind === 'dropped') return [range(numberedAs(device, incarnation))];
  if (kind === 'given-up') return [range(body.of as string)];
  if (kind !== 'poisoned') return [];
  const [boot, sequence] = [words.poisonedBoot, words.poisonedSequence];
  return [{ device: body.of as string, first: { boot, sequence }, last: { boot, sequence } }];
}

function kindsOf(entries: readonly StoredEntry[]): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const { bytes } of entries) {
    const { kind } = decodeCbor(bytes);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}
