// The journal beside a device file: the changes of flash and fuses since the file was last updated.
//
//   head    u32 'CRFJ' | u32 version | u32 process that writes it | u32 CRC-32 of the head | 32 bytes: digest of the contents it starts from
//   entry   u32 'ENTR' | u32 bytes of body | u32 number, from 1 | u32 CRC-32 of number, length and body | body
//   body    u32 1 (changes) | for each piece: u32 address | u32 length | bytes
//           u32 2 (fold)    | 32 bytes: digest of what the device file is about to become | all fuse words
//   zeros   up to the end of the file: room that is there already, so that a sync writes data and nothing else
//
// Addresses of 2 MiB and more are fuses. An entry has all changes between two syncs: it is complete, or it is not used. What must stay
// true: entries follow one another without a gap; nothing follows a fold; the reader reports any data behind the last whole entry.

import { crc32 } from 'node:zlib';
import { Fuse } from '../../../protocol/memory-map.ts';
import { pageBytes } from '../../board/flash-array.ts';
import { bytesOf, type Contents, FLASH_SIZE } from './format.ts';

const MAGIC = 0x4a46_5243;
const VERSION = 1;
const ENTRY_MAGIC = 0x5254_4e45;
const DIGEST_SIZE = 32;
export const JOURNAL_HEAD_SIZE = 16 + DIGEST_SIZE;
const ENTRY_HEAD_SIZE = 16;
const CHANGES = 1;
const FOLD = 2;

/** Bytes from an address on. */
export interface Piece {
  address: number;
  bytes: Uint8Array;
}

export interface Fold {
  digest: Uint8Array;
  fuses: Uint32Array;
}

export interface JournalReading {
  /** Digest of the contents that the entries start from. */
  base: Uint8Array;
  process: number;
  entries: Piece[][];
  fold: Fold | undefined;
  /** Where the last whole entry ends. */
  end: number;
  /** What follows is not a whole entry. */
  fault: { at: number; number: number; wholeEntriesBehind: number } | undefined;
}

export function journalHead(base: Uint8Array, process: number): Uint8Array {
  const head = new Uint8Array(JOURNAL_HEAD_SIZE);
  const view = new DataView(head.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, process, true);
  head.set(base, 16);
  view.setUint32(12, headSum(head), true);
  return head;
}

export function changesEntry(number: number, pieces: readonly Piece[]): Uint8Array {
  const size = pieces.reduce((sum, { bytes }) => sum + 8 + bytes.length, 4);
  const entry = newEntry(CHANGES, size);
  let at = ENTRY_HEAD_SIZE + 4;
  for (const { address, bytes } of pieces) {
    entry.writeUInt32LE(address, at);
    entry.writeUInt32LE(bytes.length, at + 4);
    entry.set(bytes, at + 8);
    at += 8 + bytes.length;
  }
  return seal(entry, number);
}

export function foldEntry(number: number, { digest, fuses }: Fold): Uint8Array {
  const entry = newEntry(FOLD, 4 + DIGEST_SIZE + fuses.byteLength);
  entry.set(digest, ENTRY_HEAD_SIZE + 4);
  entry.set(bytesOf(fuses), ENTRY_HEAD_SIZE + 4 + DIGEST_SIZE);
  return seal(entry, number);
}

/** Undefined when the bytes do not begin as a journal. */
export function readJournalBytes(bytes: Uint8Array): JournalReading | undefined {
  const journal = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (journal.length < JOURNAL_HEAD_SIZE || journal.readUInt32LE(0) !== MAGIC) return undefined;
  if (journal.readUInt32LE(4) !== VERSION || journal.readUInt32LE(12) !== headSum(journal)) return undefined;
  const entries: Piece[][] = [];
  let fold: Fold | undefined;
  let at = JOURNAL_HEAD_SIZE;
  let number = 1;
  for (; fold === undefined; number++) {
    const body = entryAt(journal, at, number);
    if (body === undefined) break;
    if (body.readUInt32LE(0) === FOLD) fold = foldOf(body);
    else entries.push(piecesOf(body));
    at += ENTRY_HEAD_SIZE + body.length;
  }
  const rest = journal.subarray(at);
  const isRoom = rest.equals(Buffer.alloc(rest.length));
  const fault = isRoom ? undefined : { at, number, wholeEntriesBehind: wholeEntriesBehind(journal, at, number) };
  return {
    ...{ base: journal.subarray(16, JOURNAL_HEAD_SIZE), process: journal.readUInt32LE(8) },
    ...{ entries, fold, end: at, fault },
  };
}

/** From one state of a device to another: for each page, and for the fuses, the span that has changed. */
export function changesBetween(before: Contents, after: Contents): Piece[] {
  const pieces: Piece[] = [];
  const add = (start: number, old: Int32Array | Uint32Array, now: Int32Array | Uint32Array) => {
    if (old === now) return;
    let [first, end] = [0, now.length];
    while (first < end && old[first] === now[first]) first++;
    while (end > first && old[end - 1] === now[end - 1]) end--;
    if (end > first) pieces.push({ address: start + first * 4, bytes: bytesOf(now.subarray(first, end)) });
  };
  for (const [page, words] of after.pages.entries()) add(page * pageBytes, before.pages[page], words);
  add(FLASH_SIZE, before.fuses, after.fuses);
  return pieces;
}

/** The contents after these entries; what they change is copied first. */
export function applied(contents: Contents, entries: readonly Piece[][]): Contents {
  const pages = [...contents.pages];
  const fuses = contents.fuses.slice();
  const copied = new Set<number>();
  for (const { address, bytes } of entries.flat()) {
    if (address >= FLASH_SIZE) {
      bytesOf(fuses).set(bytes, address - FLASH_SIZE);
      continue;
    }
    const page = Math.floor(address / pageBytes);
    if (!copied.has(page)) pages[page] = pages[page].slice();
    copied.add(page);
    bytesOf(pages[page]).set(bytes, address % pageBytes);
  }
  return { pages, fuses };
}

function newEntry(kind: number, bodySize: number): Buffer {
  const entry = Buffer.alloc(ENTRY_HEAD_SIZE + bodySize);
  entry.writeUInt32LE(ENTRY_MAGIC, 0);
  entry.writeUInt32LE(bodySize, 4);
  entry.writeUInt32LE(kind, ENTRY_HEAD_SIZE);
  return entry;
}

function seal(entry: Buffer, number: number): Uint8Array {
  entry.writeUInt32LE(number, 8);
  entry.writeUInt32LE(entrySum(entry), 12);
  return entry;
}

/** The checksum is a field of the head and does not cover itself. */
function headSum(head: Uint8Array): number {
  return crc32(head.subarray(16, JOURNAL_HEAD_SIZE), crc32(head.subarray(0, 12)));
}

function entrySum(entry: Uint8Array): number {
  return crc32(entry.subarray(ENTRY_HEAD_SIZE), crc32(entry.subarray(4, 12)));
}

/** The body of the whole entry of this number that begins here; of any number when none is given. */
function entryAt(journal: Buffer, at: number, number?: number): Buffer | undefined {
  if (at + ENTRY_HEAD_SIZE > journal.length || journal.readUInt32LE(at) !== ENTRY_MAGIC) return undefined;
  const end = at + ENTRY_HEAD_SIZE + journal.readUInt32LE(at + 4);
  if (end > journal.length || (number !== undefined && journal.readUInt32LE(at + 8) !== number)) return undefined;
  const entry = journal.subarray(at, end);
  if (entrySum(entry) !== journal.readUInt32LE(at + 12)) return undefined;
  const body = entry.subarray(ENTRY_HEAD_SIZE);
  return isBody(body) ? body : undefined;
}

/** The checksum has been checked; this keeps a reader of another version from reading past the end. */
function isBody(body: Buffer): boolean {
  if (body.length < 4) return false;
  const kind = body.readUInt32LE(0);
  if (kind === FOLD) return body.length === 4 + DIGEST_SIZE + Fuse.WORD_COUNT * 4;
  if (kind !== CHANGES) return false;
  let at = 4;
  while (at + 8 <= body.length) {
    const [address, length] = [body.readUInt32LE(at), body.readUInt32LE(at + 4)];
    const room = address < FLASH_SIZE ? pageBytes - (address % pageBytes) : FLASH_SIZE + Fuse.WORD_COUNT * 4 - address;
    if (length > room) return false;
    at += 8 + length;
  }
  return at === body.length;
}

function piecesOf(body: Buffer): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 4; at < body.length; ) {
    const [address, length] = [body.readUInt32LE(at), body.readUInt32LE(at + 4)];
    pieces.push({ address, bytes: body.subarray(at + 8, at + 8 + length) });
    at += 8 + length;
  }
  return pieces;
}

function foldOf(body: Buffer): Fold {
  const fuses = new Uint32Array(Uint8Array.from(body.subarray(4 + DIGEST_SIZE)).buffer);
  return { digest: body.subarray(4, 4 + DIGEST_SIZE), fuses };
}

/** Number of whole entries after a broken one: it distinguishes damage from a write that did not end. */
function wholeEntriesBehind(journal: Buffer, from: number, number: number): number {
  let count = 0;
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(ENTRY_MAGIC);
  for (let at = journal.indexOf(mark, from); at >= 0; ) {
    const body = entryAt(journal, at);
    const isLater = body !== undefined && journal.readUInt32LE(at + 8) >= number;
    if (isLater) count++;
    at = journal.indexOf(mark, isLater ? at + ENTRY_HEAD_SIZE + body.length : at + 1);
  }
  return count;
}
