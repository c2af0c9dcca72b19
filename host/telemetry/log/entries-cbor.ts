// Entries of a log as CBOR, many in one piece: what a batch of a link (forward/link-batch.ts) and a message of a NATS server (jetstream-message.ts) are made of.
//
//   [[device, boot, sequence, class, record] ...]       class: its place in `classes`; record: the bytes of it
//
// Written and read without a library for all of CBOR, which takes several times as long. What must stay true: what is written is what the library reads, and what is
// read is what it reads; all else is left to it, so `undefined` is an answer.

import { Encoder } from 'cbor-x';
import type { TelemetryClass } from '../../../protocol/telemetry/records.ts';
import { CborReader } from '../../tools/telemetry/cbor-reader.ts';
import {
  BYTES,
  beginBytes,
  LIST,
  putHead,
  putLong,
  putText,
  takeBytes,
  UNSIGNED,
} from '../../tools/telemetry/cbor-writer.ts';
import type { LogEntry } from './record-log.ts';

export type WireEntry = [device: string, boot: number, sequence: number, of: number, record: Uint8Array];

export const classes: readonly TelemetryClass[] = ['bulk', 'heartbeat', 'critical'];

/** For what is not usual. */
export const wireCodec = new Encoder({ useRecords: false, tagUint8Array: false } as ConstructorParameters<
  typeof Encoder
>[0]);

/** At most: what is around device and record of an entry. */
const aroundEntry = 24;
const aroundList = 8;

/** At most. */
export const wireBytes = ({ device, bytes }: LogEntry): number => aroundEntry + device.length + bytes.length;

export const wireOfEntry = ({ device, boot, sequence, class: of, bytes }: LogEntry): WireEntry => [
  ...([device, boot, sequence, classes.indexOf(of)] as const),
  bytes,
];

/** Undefined: it is no entry. */
export function entryOfWire(wire: unknown): LogEntry | undefined {
  const [device, boot, sequence, of, bytes] = Array.isArray(wire) ? wire : [];
  const isWord = (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
  const isEntry =
    typeof device === 'string' &&
    Buffer.byteLength(device) <= 200 &&
    isWord(boot) &&
    isWord(sequence) &&
    bytes instanceof Uint8Array;
  return isEntry && classes[of] !== undefined ? { device, boot, sequence, class: classes[of], bytes } : undefined;
}

/** False: one has a name that is not ASCII, or one that is too long. There is room for `wireBytes` of each. */
export function putEntries(entries: readonly LogEntry[]): boolean {
  putHead(LIST, entries.length);
  for (const { device, boot, sequence, class: of, bytes } of entries) {
    putHead(LIST, 5);
    if (!putText(device)) return false;
    putHead(UNSIGNED, boot);
    putHead(UNSIGNED, sequence);
    putHead(UNSIGNED, classes.indexOf(of));
    putHead(BYTES, bytes.length);
    putLong(bytes);
  }
  return true;
}

/** What `putEntries` has put. The records are parts of what is read. */
export function takeEntries(reader: CborReader, countMost: number): WireEntry[] | undefined {
  const count = reader.list();
  if (count < 0 || count > countMost) return undefined;
  const entries: WireEntry[] = [];
  for (let index = 0; index < count; index++) {
    if (reader.list() !== 5) return undefined;
    const device = reader.text();
    const [boot, sequence, of] = [reader.head(UNSIGNED), reader.head(UNSIGNED), reader.head(UNSIGNED)];
    const record = reader.view();
    if (device === undefined || boot < 0 || sequence < 0 || of < 0 || record === undefined) return undefined;
    entries.push([device, boot, sequence, of, record]);
  }
  return entries;
}

export function encodeEntries(entries: readonly LogEntry[]): Uint8Array {
  beginBytes(entries.reduce((sum, entry) => sum + wireBytes(entry), aroundList));
  return putEntries(entries) ? (takeBytes() as Uint8Array) : wireCodec.encode(entries.map(wireOfEntry));
}

const reader = new CborReader();

/** Throws an Error where these are no entries. */
export function decodeEntries(bytes: Uint8Array): LogEntry[] {
  reader.begin(bytes);
  const usual = takeEntries(reader, bytes.length);
  const list: unknown = usual !== undefined && reader.isAtEnd ? usual : wireCodec.decode(bytes);
  if (!Array.isArray(list)) throw new Error('entries are no list');
  return list.map((wire) => {
    const entry = entryOfWire(wire);
    if (entry === undefined) throw new Error('an entry is not [device, boot, sequence, class, record]');
    return entry;
  });
}
