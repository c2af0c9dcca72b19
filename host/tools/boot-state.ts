// Reads the boot state out of a flash image: what `status` and inspection tools, and tests, show of it. The layout is drawn in
// protocol/image/boot-record.ts; the rule, newest record whose CRC holds, is the bootloader's.

import { crc32 } from 'node:zlib';
import { BootRecord } from '../../protocol/image/boot-record.ts';

export interface BootStateEntry {
  /** One of SlotState. */
  state: number;
  /** One of RejectReason. */
  reason: number;
  /** Boots a trial has left. */
  bootsLeft: number;
  /** major << 24 | minor << 16 | revision */
  version: number;
  /** SHA-256 of the image the entry is about. */
  hash: Uint8Array;
}

export interface BootState {
  sequence: number;
  /** 0 is slot A, 1 is B; undefined where the bootloader kept control. */
  running: number | undefined;
  /** A, then B. */
  slots: [BootStateEntry, BootStateEntry];
}

/** `journal` is both boot-state sectors. Undefined where no record holds, as on a new board. */
export function decodeBootState(journal: Uint8Array): BootState | undefined {
  const bytes = Buffer.from(journal.buffer, journal.byteOffset, journal.byteLength);
  let newest: Buffer | undefined;
  for (let at = 0; at + BootRecord.SIZE <= bytes.length; at += BootRecord.SIZE) {
    const record = bytes.subarray(at, at + BootRecord.SIZE);
    if (record.readUInt32LE(BootRecord.MAGIC) !== BootRecord.MAGIC_VALUE) continue;
    if (record.readUInt32LE(BootRecord.CRC) !== crc32(record.subarray(0, BootRecord.CRC))) continue;
    if (newest === undefined || sequenceOf(record) >= sequenceOf(newest)) newest = record;
  }
  if (newest === undefined) return undefined;
  const running = newest.readUInt32LE(BootRecord.RUNNING);
  return {
    sequence: sequenceOf(newest),
    running: running === BootRecord.NO_SLOT ? undefined : running,
    slots: [decodeEntry(newest, 0), decodeEntry(newest, 1)],
  };
}

function sequenceOf(record: Buffer): number {
  return record.readUInt32LE(BootRecord.SEQUENCE);
}

function decodeEntry(record: Buffer, slot: number): BootStateEntry {
  const at = BootRecord.ENTRIES + slot * BootRecord.ENTRY_SIZE;
  const hash = at + BootRecord.ENTRY_HASH;
  return {
    state: record[at + BootRecord.ENTRY_STATE],
    reason: record[at + BootRecord.ENTRY_REASON],
    bootsLeft: record[at + BootRecord.ENTRY_BOOTS_LEFT],
    version: record.readUInt32LE(at + BootRecord.ENTRY_VERSION),
    hash: new Uint8Array(record.subarray(hash, hash + 32)),
  };
}
