// Takes an answer of a device into the log: the one place that decides what becomes of each record.
//
//   record ──> can it be read? no: quarantine, and a mark                    numbers missing in front of it? a record `gap`
//          ──> room for its class? yes: it is stored
//                                  no, and nothing more important is behind it: it stays with the device, and all behind it
//                                  no, but something more important is behind it that there is room for: a mark, and a record `given-up`
//
// What must stay true: records of a device are stored in the order of their numbers. What is skipped is known to the log from then on (a mark), so
// it cannot come later. Marks and records about them are in the same write as what follows them.

import { reasonOf } from '../../links/device-file/error.ts';
import { encodeCbor, numberedAs, TelemetryError, type TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import { GapWatch } from '../../tools/telemetry/gaps.ts';
import { classNames, isWord, type Reception, recordOfWire } from '../../tools/telemetry/wire.ts';
import { bytesOfWire } from '../../tools/telemetry/wire-cbor.ts';
import { compareNumbers, type LogEntry, type RecordLog, type RecordNumber } from '../log/record-log.ts';
import { sizeOfEntry } from '../log/segment.ts';
import type { OwnRecord, OwnRecords } from './own-records.ts';
import { poisonedRecord, type Quarantine, type Quarantined } from './quarantine.ts';
import type { DeviceAnswer } from './source.ts';

export interface Taken {
  /** All up to here is done with, and the device may forget it. */
  position: RecordNumber | undefined;
  /** Records that were stored. */
  stored: number;
  /** Why the rest stays with the device. */
  refusal?: string;
}

export interface IntakeParts {
  log: RecordLog;
  own: OwnRecords;
  quarantine: Quarantine;
  nowNs: () => bigint;
}

/** Whose records they are. */
export interface Origin {
  /** Serial number. */
  device: string;
  /** How often its numbers have begun; once when left out. */
  incarnation?: number;
  cryostat: string;
}

/** A record of the answer that is new. */
interface Item {
  /** Its number, and what is to be written. */
  entry: LogEntry;
  /** As it came; none where it cannot be read. */
  wire?: unknown;
}

/** What is to be written of an answer. */
interface Chosen {
  /** Records of the gateway itself, in front. */
  head: LogEntry[];
  kept: LogEntry[];
  /** Before it is written. */
  position: RecordNumber | undefined;
  /** Why the rest stays with the device. */
  reason: string | undefined;
}

export class Intake {
  private readonly parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.parts = parts;
  }

  async take(origin: Origin, answer: DeviceAnswer): Promise<Taken> {
    const chosen = this.chosen(origin, answer);
    if ('stored' in chosen) return chosen;
    // While ten thousand devices wait for a sync, each keeps what is needed behind it and no more: neither the answer nor what was made of it.
    const { head, kept, position, reason } = chosen;
    const { taken, reason: refused } = await this.parts.log.append(head.length === 0 ? kept : [...head, ...kept]);
    const done = Math.max(0, taken - head.length);
    const refusal = refused ?? reason;
    return {
      position: done === 0 ? position : numberOf(kept[done - 1]),
      stored: storedOf(kept, done),
      ...(refusal !== undefined && { refusal }),
    };
  }

  /** Puts records of the gateway itself into the log. False where there is no room even for them. */
  async tell(records: readonly OwnRecord[]): Promise<boolean> {
    const { log, own, nowNs } = this.parts;
    const entries = own.entries(records, nowNs());
    return (await log.append(entries)).taken === entries.length;
  }

  /** What is to be written; where that is nothing, the answer. */
  private chosen(
    { device: serial, incarnation = 1, cryostat }: Origin,
    { schema, records }: DeviceAnswer,
  ): Chosen | Taken {
    const { log, own, quarantine, nowNs } = this.parts;
    const device = numberedAs(serial, incarnation);
    const position = log.lastOf(device);
    const reception = { device: serial, cryostat, receiveTimeNs: nowNs() };
    const items: Item[] = [];
    const poisoned: Quarantined[] = [];
    let last = position;
    for (const wire of records) {
      const number = numberOfWire(wire);
      if (number !== undefined && last !== undefined && compareNumbers(number, last) <= 0) continue;
      try {
        items.push({ entry: entryOf(device, wire, schema, reception, incarnation), wire });
      } catch (error) {
        if (!(error instanceof TelemetryError)) throw error;
        const { boot, sequence } = number ?? { boot: null, sequence: null };
        poisoned.push({ device, boot, sequence, reason: error.message, record: wire });
        if (number !== undefined)
          items.push({ entry: { device, ...number, class: 'critical', bytes: new Uint8Array(0) } });
      }
      last = number ?? last;
    }
    if (items.length === 0) return { position, stored: 0 };
    try {
      if (poisoned.length > 0) quarantine.put(poisoned);
    } catch (error) {
      return { position, stored: 0, refusal: `${quarantine.path} cannot be written: ${reasonOf(error)}` };
    }
    const { kept, givenUp, reason } = this.admitted(items);
    if (kept.length === 0) return { position, stored: 0, refusal: reason };
    const told = [
      ...(isNextTo(position, items)
        ? []
        : gapsOf(device, items.slice(0, kept.length), position, (wire) => recordOfWire(wire, schema, reception))),
      ...givenUpOf(device, givenUp),
      ...poisoned.map(poisonedRecord),
    ];
    const head =
      told.length === 0
        ? []
        : own.entries(
            told.map((one) => ({ ...one, cryostat })),
            reception.receiveTimeNs,
          );
    return { head, kept, position, reason };
  }

  /** The entries up to the last one that there is room for; those in front of it that there is none for, as marks. */
  private admitted(items: readonly Item[]): { kept: LogEntry[]; givenUp: RecordNumber[]; reason?: string } {
    let size = 0;
    const admitted = items.map(({ entry }) => {
      const bytes = sizeOfEntry(entry);
      const fits = this.parts.log.admits(entry.class, size + bytes);
      if (fits) size += bytes;
      return fits;
    });
    if (!admitted.includes(false)) return { kept: items.map(({ entry }) => entry), givenUp: [] };
    const end = admitted.lastIndexOf(true) + 1;
    const kept: LogEntry[] = [];
    const givenUp: RecordNumber[] = [];
    for (const [index, { entry }] of items.slice(0, end).entries()) {
      if (!admitted[index]) givenUp.push(numberOf(entry));
      kept.push(admitted[index] ? entry : { ...entry, class: 'critical', bytes: new Uint8Array(0) });
    }
    if (end === items.length) return { kept, givenUp };
    return {
      kept,
      givenUp,
      reason: `the log has no room for ${items[end].entry.class} records; the device keeps them`,
    };
  }
}

const numberOf = ({ boot, sequence }: RecordNumber): RecordNumber => ({ boot, sequence });

/** Of a record that may be no record. */
function numberOfWire(wire: unknown): RecordNumber | undefined {
  if (!Array.isArray(wire)) return undefined;
  const [, , boot, sequence] = wire as unknown[];
  return isWord(boot) && isWord(sequence) ? { boot, sequence } : undefined;
}

/** Throws a TelemetryError that says why it cannot be read. */
function entryOf(device: string, wire: unknown, schema: number, reception: Reception, incarnation: number): LogEntry {
  const usual = Array.isArray(wire) ? bytesOfWire(wire, schema, reception, incarnation) : undefined;
  if (usual !== undefined) {
    const [, of, boot, sequence] = wire as number[];
    return { device, boot, sequence, class: classNames[of], bytes: usual };
  }
  const told = recordOfWire(wire, schema, reception);
  const { boot, sequence, class: of } = told;
  return { device, boot, sequence, class: of, bytes: encodeCbor(incarnation > 1 ? { ...told, incarnation } : told) };
}

/** Whether no number is missing, as mostly. */
function isNextTo(position: RecordNumber | undefined, items: readonly Item[]): boolean {
  let before = position;
  for (const { entry } of items) {
    if (before !== undefined && (entry.boot !== before.boot || entry.sequence !== before.sequence + 1)) return false;
    before = entry;
  }
  return true;
}

/** Of those that are done with; a mark is none. */
function storedOf(kept: readonly LogEntry[], done: number): number {
  let stored = 0;
  for (let index = 0; index < done; index++) if (kept[index].bytes.length > 0) stored++;
  return stored;
}

/** Missing numbers that the same answer does not explain. */
function gapsOf(
  device: string,
  items: readonly Item[],
  before: RecordNumber | undefined,
  read: (wire: unknown) => TelemetryRecord,
): OwnRecord[] {
  const watch = new GapWatch(before);
  for (const { entry, wire } of items)
    watch.take(wire === undefined ? { ...numberOf(entry), kind: '', body: {} } : read(wire));
  return watch.open.map(({ boot, first, last }) => ({
    kind: 'gap',
    body: { of: device, gapBoot: boot, firstSequence: first, lastSequence: last },
  }));
}

function givenUpOf(device: string, numbers: readonly RecordNumber[]): OwnRecord[] {
  // A record a run of numbers, so that what is told is what was given up and nothing between.
  const runs: RecordNumber[][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run && last?.boot === number.boot && last.sequence + 1 === number.sequence) run.push(number);
    else runs.push([number]);
  }
  return runs.map((run) =>
    givenUp(device, run.length, run[0], run[run.length - 1], 'the log had no room for their class'),
  );
}

/** The record of what the gateway gave up. */
export function givenUp(of: string, count: number, first: RecordNumber, last: RecordNumber, reason: string): OwnRecord {
  return {
    kind: 'given-up',
    body: {
      ...{ of, count, reason },
      ...{ firstBoot: first.boot, firstSequence: first.sequence, lastBoot: last.boot, lastSequence: last.sequence },
    },
  };
}
