// Reads the boot state from a flash image, for inspection tools and tests. protocol/image/boot-record.ts has the layout. The rule is that of the
// bootloader: the newest record with a valid CRC counts.

import { crc32 } from 'node:zlib';
import { BootRecord } from '../../protocol/image/boot-record.ts';
import { SlotState } from '../../protocol/image/boot-state.ts';

export interface BootStateEntry {
  /** One of SlotState. */
  state: number;
  /** One of RejectReason. */
  reason: number;
  /** How many boots the trial has left. */
  bootsLeft: number;
  /** major << 24 | minor << 16 | revision */
  version: number;
  /** SHA-256 of the image of this entry. */
  hash: Uint8Array;
  /** It was confirmed once: after a healthy run, or by the factory. */
  earned: boolean;
  /** Pending or on trial, it confirms itself once it is healthy. */
  permanent: boolean;
  /** Pending or on trial, it runs although the confirmed image is newer. */
  older: boolean;
}

export interface BootState {
  sequence: number;
  /** 0 is slot A, 1 is B; undefined when the bootloader kept control. */
  running: number | undefined;
  /** The slot whose image was confirmed last; undefined when it is not known. */
  confirmedLast: number | undefined;
  /** A, then B. */
  slots: [BootStateEntry, BootStateEntry];
}

/** `journal` is both boot-state sectors. Undefined when there is no valid record, as on a new board. */
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
  const slots: BootState['slots'] = [decodeEntry(newest, 0), decodeEntry(newest, 1)];
  return {
    sequence: sequenceOf(newest),
    running: running === BootRecord.NO_SLOT ? undefined : running,
    confirmedLast: confirmedLastOf(newest, running, slots),
    slots,
  };
}

function sequenceOf(record: Buffer): number {
  return record.readUInt32LE(BootRecord.SEQUENCE);
}

/** Whether the record has the fields that older code did not write; protocol/image/boot-record.ts has their meaning when they are missing. */
function isExtended(record: Buffer): boolean {
  return record[BootRecord.EXTENSION] !== BootRecord.EXTENSION_NONE;
}

function confirmedLastOf(record: Buffer, running: number, slots: BootState['slots']): number | undefined {
  const slot = isExtended(record) ? record[BootRecord.CONFIRMED_LAST] : running;
  return slots[slot] !== undefined && (isExtended(record) || slots[slot].state === SlotState.CONFIRMED)
    ? slot
    : undefined;
}

function decodeEntry(record: Buffer, slot: number): BootStateEntry {
  const at = BootRecord.ENTRIES + slot * BootRecord.ENTRY_SIZE;
  const hash = at + BootRecord.ENTRY_HASH;
  const state = record[at + BootRecord.ENTRY_STATE];
  const implied = state === SlotState.CONFIRMED ? BootRecord.FLAG_EARNED : 0;
  const flags = isExtended(record) ? record[BootRecord.FLAGS + slot] : implied;
  return {
    state,
    reason: record[at + BootRecord.ENTRY_REASON],
    bootsLeft: record[at + BootRecord.ENTRY_BOOTS_LEFT],
    version: record.readUInt32LE(at + BootRecord.ENTRY_VERSION),
    hash: new Uint8Array(record.subarray(hash, hash + 32)),
    earned: (flags & BootRecord.FLAG_EARNED) !== 0,
    permanent: (flags & BootRecord.FLAG_PERMANENT) !== 0,
    older: (flags & BootRecord.FLAG_OLDER) !== 0,
  };
}
