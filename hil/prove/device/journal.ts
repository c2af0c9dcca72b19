// The boot-state journal as a programmer on the bench sees and fills it.

import { crc32 } from 'node:zlib';
import type { Board } from '../../../host/board/board.ts';
import { firstBootState } from '../../../host/board/first-boot-state.ts';
import { type BootState, decodeBootState } from '../../../host/tools/boot-state.ts';
import { BootRecord } from '../../../protocol/image/boot-record.ts';
import { SlotState } from '../../../protocol/image/boot-state.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { bytesOfPage, oncePerPage, pagesOf, type Remains, readCells } from './cells.ts';

const journalBytes = 2 * MemoryMap.SECTOR_SIZE;
/** Both sectors one behind the other, for as long as they are decoded: most are decoded once. */
const room = Buffer.alloc(journalBytes);

function joined(first: Int32Array, second: Int32Array): Buffer {
  room.set(bytesOfPage(first));
  room.set(bytesOfPage(second), MemoryMap.SECTOR_SIZE);
  return room;
}

export function bootState(board: Remains): BootState | undefined {
  const [first, second] = pagesOf(board, MemoryMap.BOOT_STATE_0, journalBytes);
  return decodedWith(first)(second);
}

const decodedWith = oncePerPage((first) => oncePerPage((second) => decodeBootState(joined(first, second))));

/** Where the newest record of the journal is, be it whole or damaged; undefined when there is none. */
export function newestPlace(board: Remains): number | undefined {
  const [first, second] = pagesOf(board, MemoryMap.BOOT_STATE_0, journalBytes);
  return foundWith(first)(second).newest;
}

/** The record that counts, and the one that would count without it. */
export function newestStates(board: Remains): readonly (BootState | undefined)[] {
  const [first, second] = pagesOf(board, MemoryMap.BOOT_STATE_0, journalBytes);
  return foundWith(first)(second).states;
}

/** Whether a record may rot: only the newest, and only while it is whole. Where it rotted or was torn, the next record is written first. */
export function mayRot(board: Remains): boolean {
  const [first, second] = pagesOf(board, MemoryMap.BOOT_STATE_0, journalBytes);
  const { newest, whole } = foundWith(first)(second);
  return newest !== undefined && newest === whole;
}

const foundWith = oncePerPage((first) =>
  oncePerPage((second) => {
    const journal = joined(first, second);
    const newest = newestOf(journal, () => true);
    const whole = newestOf(journal, holds);
    const states: (BootState | undefined)[] = [];
    while (states.length < 2) {
      states.push(decodeBootState(journal));
      const at = newestOf(journal, holds);
      if (at !== undefined) journal.fill(0, at, at + BootRecord.SIZE);
    }
    return { newest, whole, states };
  }),
);

function holds(record: Buffer): boolean {
  return record.readUInt32LE(BootRecord.CRC) === crc32(record.subarray(0, BootRecord.CRC));
}

/** Place of the newest of the records that count. */
function newestOf(journal: Buffer, counts: (record: Buffer) => boolean): number | undefined {
  let newest: { sequence: number; at: number } | undefined;
  for (let at = 0; at < journal.length; at += BootRecord.SIZE) {
    const record = journal.subarray(at, at + BootRecord.SIZE);
    const sequence = record.readUInt32LE(BootRecord.SEQUENCE);
    if (record.readUInt32LE(BootRecord.MAGIC) !== BootRecord.MAGIC_VALUE || !counts(record)) continue;
    if (newest === undefined || sequence >= newest.sequence) newest = { sequence, at };
  }
  return newest?.at;
}

/** Appends what the confirm of the image in a slot would: the newest record, with this image confirmed last. */
export function confirmInJournal(board: Board, slot: number, version: number, hash: Uint8Array): void {
  const journal = Buffer.from(readCells(board, MemoryMap.BOOT_STATE_0, journalBytes));
  let count = 0;
  while (journal.readUInt32LE(count * BootRecord.SIZE) === BootRecord.MAGIC_VALUE) count++;
  const before = journal.subarray((count - 1) * BootRecord.SIZE, count * BootRecord.SIZE);
  const record = Buffer.from(count === 0 ? firstBootState([undefined, undefined]) : before);
  const entry = BootRecord.ENTRIES + slot * BootRecord.ENTRY_SIZE;
  record.fill(0, entry, entry + BootRecord.ENTRY_SIZE);
  record[entry + BootRecord.ENTRY_STATE] = SlotState.CONFIRMED;
  record.writeUInt32LE(version, entry + BootRecord.ENTRY_VERSION);
  record.set(hash, entry + BootRecord.ENTRY_HASH);
  record[BootRecord.CONFIRMED_LAST] = slot;
  record[BootRecord.FLAGS + slot] = BootRecord.FLAG_EARNED;
  record.writeUInt32LE(record.readUInt32LE(BootRecord.SEQUENCE) + 1, BootRecord.SEQUENCE);
  record.writeUInt32LE(crc32(record.subarray(0, BootRecord.CRC)), BootRecord.CRC);
  board.machine.flash.writeBytes(MemoryMap.BOOT_STATE_0 + count * BootRecord.SIZE, record);
}

/** Appends copies of the newest record, each with the next sequence number, until there are so many records from the first place on. */
export function fillJournal(board: Board, records: number): void {
  const journal = Buffer.from(readCells(board, MemoryMap.BOOT_STATE_0, journalBytes));
  let count = 0;
  while (count < records && journal.readUInt32LE(count * BootRecord.SIZE) === BootRecord.MAGIC_VALUE) count++;
  if (count === 0) throw new Error('a journal without a record cannot be filled');
  for (; count < records; count++) {
    const at = count * BootRecord.SIZE;
    journal.copy(journal, at, at - BootRecord.SIZE, at);
    journal.writeUInt32LE(journal.readUInt32LE(at + BootRecord.SEQUENCE) + 1, at + BootRecord.SEQUENCE);
    journal.writeUInt32LE(crc32(journal.subarray(at, at + BootRecord.CRC)), at + BootRecord.CRC);
  }
  board.machine.flash.writeBytes(MemoryMap.BOOT_STATE_0, journal);
}
