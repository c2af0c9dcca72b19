// A segment: one file of a disk log. Its name is the position of its first entry.
//
//   head     u32 'CRTL' | u32 version | u32 bytes of known | u32 CRC-32 of all behind it | f64 position of the first entry | f64 log time | known
//   known    CBOR: what the log knew when the segment began (seen.ts), so that one segment is enough to go on from
//   entry    u32 bytes of body | u32 CRC-32 of all behind it | f64 position | body
//   body     f64 log time | u8 class | u8 bytes of device | u32 boot | u32 sequence | device | record
//
// Numbers are little-endian. Log time is in milliseconds (disk-log.ts). What must stay true: an entry counts when its CRC is right and its position is the
// next one.

import { crc32 } from 'node:zlib';
import { Encoder } from 'cbor-x';
import type { TelemetryClass } from '../../../protocol/telemetry/records.ts';
import type { LogEntry, StoredEntry } from './record-log.ts';
import type { SeenData } from './seen.ts';

const magic = 0x4c54_5243;
const version = 1;
const headBytes = 32;
const entryHeadBytes = 16;
const bodyHeadBytes = 18;
/** A record of a device has some hundred bytes. */
export const recordBytesMost = 1 << 20;
const roomLeast = 64 << 10;
const roomMost = 4 << 20;

const classes: readonly TelemetryClass[] = ['bulk', 'heartbeat', 'critical'];
const codec = new Encoder({ useRecords: false });

export interface SegmentHead {
  first: number;
  logTimeMs: number;
  known: SeenData;
  /** Where the first entry begins. */
  bytes: number;
}

export interface ScannedEntry extends StoredEntry {
  logTimeMs: number;
  /** Where it ends in the bytes that were scanned. */
  end: number;
}

export const segmentName = (first: number): string => `${String(first).padStart(16, '0')}.log`;

/** Position of the first entry; undefined: the name is none of a segment. */
export function firstOfName(name: string): number | undefined {
  const digits = /^(\d{16})\.log$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function encodeHead({ first, logTimeMs, known }: Omit<SegmentHead, 'bytes'>): Uint8Array {
  const data = codec.encode(known);
  const head = Buffer.alloc(headBytes + data.length);
  head.writeUInt32LE(magic, 0);
  head.writeUInt32LE(version, 4);
  head.writeUInt32LE(data.length, 8);
  head.writeDoubleLE(first, 16);
  head.writeDoubleLE(logTimeMs, 24);
  head.set(data, headBytes);
  head.writeUInt32LE(crc32(head.subarray(16)), 12);
  return head;
}

/** Undefined: the bytes begin as no segment. */
export function decodeHead(bytes: Uint8Array): SegmentHead | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (head.length < headBytes || head.readUInt32LE(0) !== magic || head.readUInt32LE(4) !== version) return undefined;
  const end = headBytes + head.readUInt32LE(8);
  if (end > head.length || crc32(head.subarray(16, end)) !== head.readUInt32LE(12)) return undefined;
  const known = codec.decode(head.subarray(headBytes, end)) as SeenData;
  return { first: head.readDoubleLE(16), logTimeMs: head.readDoubleLE(24), known, bytes: end };
}

/** Of the first bytes of a segment that is there whole. */
export const logTimeOfHead = (start: Uint8Array): number =>
  new DataView(start.buffer, start.byteOffset, start.length).getFloat64(24, true);
export const headStartBytes = headBytes;

export const sizeOfEntry = ({ device, bytes }: LogEntry): number =>
  entryHeadBytes + bodyHeadBytes + bytesOf(device) + bytes.length;

/** In UTF-8. Serial numbers are digits, whose bytes nobody has to be asked for. */
function bytesOf(text: string): number {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return Buffer.byteLength(text);
  return text.length;
}

/** Entries one behind the other. The memory is used again and again: new memory for each write costs more than what is done with it. */
export class EntryBytes {
  length = 0;
  private room = Buffer.alloc(0);

  /** Numbered from `position` on; the answer: how many bytes. */
  add(entries: readonly LogEntry[], position: number, logTimeMs: number): number {
    let size = 0;
    for (const entry of entries) size += sizeOfEntry(entry);
    this.makeRoom(size);
    for (let index = 0; index < entries.length; index++)
      this.length = putEntry(this.room, this.length, entries[index], position + index, logTimeMs);
    return size;
  }

  /** Valid until the next call of another function. */
  bytes(from: number, end = this.length): Buffer {
    return this.room.subarray(from, end);
  }

  cut(length: number): void {
    this.length = length;
    if (length === 0 && this.room.length > roomMost) this.room = Buffer.alloc(0);
  }

  private makeRoom(size: number): void {
    const wanted = this.length + size;
    if (wanted <= this.room.length) return;
    const room = Buffer.allocUnsafeSlow(Math.max(wanted, roomLeast, 2 * this.room.length));
    this.room.copy(room, 0, 0, this.length);
    this.room = room;
  }
}

/** The answer: where it ends. */
function putEntry(all: Buffer, at: number, entry: LogEntry, position: number, logTimeMs: number): number {
  const { device, bytes } = entry;
  const size = sizeOfEntry(entry);
  const end = at + size;
  all.writeUInt32LE(size - entryHeadBytes, at);
  all.writeDoubleLE(position, at + 8);
  all.writeDoubleLE(logTimeMs, at + 16);
  all[at + 24] = classes.indexOf(entry.class);
  all[at + 25] = size - entryHeadBytes - bodyHeadBytes - bytes.length;
  all.writeUInt32LE(entry.boot, at + 26);
  all.writeUInt32LE(entry.sequence, at + 30);
  all.write(device, at + 34);
  all.set(bytes, end - bytes.length);
  all.writeUInt32LE(crc32(all.subarray(at + 8, end)), at + 4);
  return end;
}

/** The whole entries of these bytes, from `at` on, which is where the entry of `position` begins. Ends before the first that is not whole. */
export function* scanEntries(bytes: Uint8Array, at: number, position: number): Generator<ScannedEntry> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let next = position; ; next++) {
    const entry = entryAt(all, at);
    if (entry === undefined || entry.position !== next) return;
    yield entry;
    at = entry.end;
  }
}

/** Where the next whole entry begins behind `at`, which is none: what is at `at` is damage then, and no write that did not end. */
export function entryBehind(
  bytes: Uint8Array,
  at: number,
  position: number,
): { at: number; position: number } | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let start = at + 1; start + entryHeadBytes < all.length; start++) {
    const there = all.readDoubleLE(start + 8);
    if (!(there >= position && there < position + all.length)) continue;
    if (entryAt(all, start) !== undefined) return { at: start, position: there };
  }
  return undefined;
}

/** The whole entry that begins there; undefined: there is none. */
export function entryAt(all: Buffer, at: number): ScannedEntry | undefined {
  if (at + entryHeadBytes + bodyHeadBytes > all.length) return undefined;
  const length = all.readUInt32LE(at);
  const end = at + entryHeadBytes + length;
  if (length < bodyHeadBytes || end > all.length || crc32(all.subarray(at + 8, end)) !== all.readUInt32LE(at + 4))
    return undefined;
  const recordAt = at + 34 + all[at + 25];
  return {
    position: all.readDoubleLE(at + 8),
    logTimeMs: all.readDoubleLE(at + 16),
    end,
    class: classes[all[at + 24]],
    boot: all.readUInt32LE(at + 26),
    sequence: all.readUInt32LE(at + 30),
    device: all.toString('utf8', at + 34, recordAt),
    bytes: all.subarray(recordAt, end),
  };
}
