// The format of the device file: everything that a device keeps without power.
//
//   +0          flash, 2 MiB, byte by byte, so that other tools can read it
//   +2 MiB      u32 'CRF2' | u32 bytes of flash | u32 fuse words | u32 state | 32 bytes SHA-256 of flash and fuses | fuse words
//
// State is CLOSED after an orderly end. It is OPEN while a run has the file, and after a run that was killed: then the journal beside it
// (journal.ts) has the later writes. Numbers are little endian. A file of the format before this one ('CRFZ': words | CRC-32 of flash
// and fuses | fuse words) is read, and is written in this format from then on.
//
// What must stay true: a file whose digest does not match is never taken for a device. Of bits that a power cut left weak
// (flash-array.ts) the value of the cell is kept.

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { pageBytes, pageCount } from '../../board/flash-array.ts';

export const FLASH_SIZE = MemoryMap.FLASH_SIZE;
const FUSE_SIZE = Fuse.WORD_COUNT * 4;
const MAGIC = 0x3246_5243;
const OLDER_MAGIC = 0x5a46_5243;
const OLDER_HEAD_SIZE = 12;
const DIGEST_AT = 16;
const HEAD_SIZE = DIGEST_AT + 32;
export const STATE_AT = FLASH_SIZE + 12;
export const FILE_SIZE = FLASH_SIZE + HEAD_SIZE + FUSE_SIZE;
const OLDER_FILE_SIZE = FLASH_SIZE + OLDER_HEAD_SIZE + FUSE_SIZE;

/** The values differ in more than one bit, so that one flipped bit does not change one into the other. */
export const FileState = { CLOSED: 0x4453_4c43, OPEN: 0x4e45_504f } as const;
export type FileState = (typeof FileState)[keyof typeof FileState];

/** Flash by page, and fuse words. Pages are shared with the code that gave them, and are never written. */
export interface Contents {
  pages: readonly Int32Array[];
  fuses: Uint32Array;
}

export type FileReading =
  | { kind: 'empty' }
  | { kind: 'whole'; contents: Contents; digest: Uint8Array; state: FileState; isOlder: boolean }
  /** Not a whole device file; `why` ends a sentence that begins with the file's name. */
  | { kind: 'broken'; why: string };

export function blankContents(): Contents {
  const page = new Int32Array(pageBytes / 4).fill(-1);
  return { pages: new Array(pageCount).fill(page), fuses: new Uint32Array(Fuse.WORD_COUNT) };
}

let digestOfBlank: Buffer | undefined;

/** The digest of `blankContents`. */
export function blankDigest(): Buffer {
  digestOfBlank ??= digestOf(blankContents());
  return digestOfBlank;
}

export function digestOf({ pages, fuses }: Contents): Buffer {
  const hash = createHash('sha256');
  for (const page of pages) hash.update(bytesOf(page));
  return hash.update(bytesOf(fuses)).digest();
}

/** The part of the file after the flash. */
export function tailOf({ fuses }: Contents, digest: Uint8Array, state: FileState): Uint8Array {
  const tail = new Uint8Array(HEAD_SIZE + FUSE_SIZE);
  const view = new DataView(tail.buffer);
  for (const [index, word] of [MAGIC, FLASH_SIZE, Fuse.WORD_COUNT, state].entries())
    view.setUint32(index * 4, word, true);
  tail.set(digest, DIGEST_AT);
  tail.set(bytesOf(fuses), HEAD_SIZE);
  return tail;
}

export function readDeviceBytes(bytes: Uint8Array): FileReading {
  if (bytes.length === 0) return { kind: 'empty' };
  if (bytes.length === OLDER_FILE_SIZE) return readOlder(bytes);
  if (bytes.length !== FILE_SIZE) {
    const expected = `expected ${FILE_SIZE} (${FLASH_SIZE} of flash, and ${Fuse.WORD_COUNT} fuse words)`;
    return { kind: 'broken', why: `has ${bytes.length} bytes, ${expected}` };
  }
  const head = new DataView(bytes.buffer, bytes.byteOffset + FLASH_SIZE);
  const [magic, flashSize, fuseWords, state] = [0, 4, 8, 12].map((at) => head.getUint32(at, true));
  if (magic !== MAGIC) return { kind: 'broken', why: 'is no device file: its mark behind the flash is not there' };
  if (flashSize !== FLASH_SIZE || fuseWords !== Fuse.WORD_COUNT) {
    const chips = `${flashSize} bytes of flash and ${fuseWords} fuse words; this one has ${FLASH_SIZE} and ${Fuse.WORD_COUNT}`;
    return { kind: 'broken', why: `is of another chip, with ${chips}` };
  }
  const contents = contentsOf(bytes, HEAD_SIZE);
  const start = FLASH_SIZE + DIGEST_AT;
  const digest = digestOf(contents);
  if (!digest.equals(bytes.subarray(start, start + 32)))
    return { kind: 'broken', why: 'is damaged: its checksum does not match' };
  if (state !== FileState.CLOSED && state !== FileState.OPEN)
    return { kind: 'broken', why: 'is damaged: it says neither that a run has it nor that none has' };
  return { kind: 'whole', contents, digest, state, isOlder: false };
}

/** The flash in a file, whatever the rest of the file is; a missing part reads as erased. */
export function flashPagesOf(bytes: Uint8Array): Int32Array[] {
  const flash = new Uint8Array(FLASH_SIZE);
  flash.set(bytes.subarray(0, FLASH_SIZE));
  flash.fill(0xff, bytes.length);
  return Array.from({ length: pageCount }, (_, page) => new Int32Array(flash.buffer, page * pageBytes, pageBytes / 4));
}

export function flashOf({ pages }: Contents): Uint8Array {
  const flash = new Uint8Array(FLASH_SIZE);
  for (const [page, words] of pages.entries()) flash.set(bytesOf(words), page * pageBytes);
  return flash;
}

export function bytesOf(words: Int32Array | Uint32Array): Buffer {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength);
}

function readOlder(bytes: Uint8Array): FileReading {
  const head = new DataView(bytes.buffer, bytes.byteOffset + FLASH_SIZE);
  const contents = contentsOf(bytes, OLDER_HEAD_SIZE);
  const sum = crc32(bytesOf(contents.fuses), crc32(bytes.subarray(0, FLASH_SIZE)));
  const isWhole = head.getUint32(0, true) === OLDER_MAGIC && head.getUint32(4, true) === Fuse.WORD_COUNT;
  if (!isWhole || head.getUint32(8, true) !== sum)
    return { kind: 'broken', why: 'is damaged: its checksum does not match' };
  return { kind: 'whole', contents, digest: digestOf(contents), state: FileState.CLOSED, isOlder: true };
}

function contentsOf(bytes: Uint8Array, headSize: number): Contents {
  const start = FLASH_SIZE + headSize;
  // A copy, so that its words are aligned.
  const fuses = new Uint32Array(Uint8Array.from(bytes.subarray(start, start + FUSE_SIZE)).buffer);
  return { pages: flashPagesOf(bytes), fuses };
}
