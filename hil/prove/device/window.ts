// The state window: what a device without power is, as far as its next boot can tell. Two devices with the same window do the same.
//
//   fuses     all words, and which bits are weak
//   journal   both boot-state sectors, place by place: a record that holds, by its bytes; blank; or anything else, which is stepped over
//   boot log  how far it is written: where the next record goes
//   slot      what the bootloader can find out of it: the header, the trailer, the TLVs, and whether the signed bytes are those of
//             the image they say they are. A slot that holds an image of the story whole is that image's name.
//
// Left out: RAM, registers and time, which power takes away; the bootloader's own partition and STORAGE, which nobody writes; what the boot
// log's records say, what is left of a record that a cut tore, and the bytes of a broken image, of which only the verdict matters. That they may be left out is checked, not
// believed: it is a violation when two boots from one window differ in what they hand over to, or in any flash or fuse operation.

import { crc32 } from 'node:zlib';
import type { Board } from '../../../host/board/board.ts';
import { BootRecord } from '../../../protocol/image/boot-record.ts';
import { ImageFormat } from '../../../protocol/image/format.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { hashOf, isWeak, pagesOf, readCells } from './cells.ts';
import type { ImageName, Images } from './images.ts';

const { SLOT_A, SLOT_B, SLOT_SIZE, BOOT_STATE_0, SECTOR_SIZE, BOOT_LOG, BOOT_LOG_SIZE } = MemoryMap;
const journalBytes = 2 * SECTOR_SIZE;
const trailerBytes = 64;
/** More than the TLVs of any image of a story take. */
const tlvBytes = 512;

export interface Window {
  /** Equal windows have equal keys. */
  key: string;
  /** No bit in it reads as chance has it: then equal windows do the same. */
  firm: boolean;
}

export function windowOf(board: Board, images: Images): Window {
  const slots = [SLOT_A, SLOT_B].map((address) => slotKey(board, address, images));
  const journal = pagesOf(board, BOOT_STATE_0, journalBytes).map(placesOf);
  const log = pagesOf(board, BOOT_LOG, BOOT_LOG_SIZE).map(wordsUsed);
  const parts = [hashOf(board.fuses.cells), ...journal, `${log}`, ...slots];
  const weak = isWeak(board, BOOT_STATE_0, journalBytes) || isWeak(board, BOOT_LOG, BOOT_LOG_SIZE) || fusesWeak(board);
  // Which bits are weak is part of the window, so hardly two of these are taken for one.
  if (weak) parts.push(weakKey(board));
  return { key: parts.join(' '), firm: !weak && !slots.some((slot) => slot.endsWith('weak')) };
}

/** Which image of the story is in the slot, byte for byte, with no bit that may read otherwise next time. */
export function imageIn(board: Board, slot: number, images: Images): ImageName | undefined {
  const address = slot === 0 ? SLOT_A : SLOT_B;
  const found = imageAt(readCells(board, address, longestOf(images)), images);
  return found === undefined || isWeak(board, address, images[found].length) ? undefined : found;
}

function imageAt(cells: Uint8Array, images: Images): ImageName | undefined {
  return (Object.keys(images) as ImageName[]).find((name) => beginsWith(cells, images[name]));
}

function slotKey(board: Board, address: number, images: Images): string {
  const cells = readCells(board, address, longestOf(images) + tlvBytes);
  const trailer = readCells(board, address + SLOT_SIZE - SECTOR_SIZE, SECTOR_SIZE).subarray(-trailerBytes);
  const weak = isWeak(board, address, SLOT_SIZE) ? 'weak' : '';
  return `${imageAt(cells, images) ?? brokenKey(cells, images)} ${hashOf(trailer)} ${weak}`;
}

/** Header, TLVs where the header says they are, and whether what lies between is the image's the header is of. */
function brokenKey(cells: Uint8Array, images: Images): string {
  const header = cells.subarray(0, ImageFormat.HEADER_SIZE_MIN);
  const view = new DataView(cells.buffer, cells.byteOffset, cells.length);
  const end =
    view.getUint16(ImageFormat.OFFSET_HEADER_SIZE, true) + view.getUint32(ImageFormat.OFFSET_IMAGE_SIZE, true);
  if (end > cells.length - tlvBytes) return hashOf(header);
  const origin = Object.values(images).find((image) => beginsWith(image, header));
  const sound = origin !== undefined && beginsWith(cells, origin.subarray(0, end));
  return `${hashOf(header)} ${hashOf(cells.subarray(end, end + tlvBytes))} ${sound}`;
}

const places = new WeakMap<Int32Array, string>();

/** What a boot finds in each place of a boot-state sector. */
function placesOf(page: Int32Array): string {
  let found = places.get(page);
  if (found === undefined) {
    const bytes = Buffer.from(page.buffer, page.byteOffset, page.byteLength);
    const kinds: string[] = [];
    for (let at = 0; at < bytes.length; at += BootRecord.SIZE)
      kinds.push(placeKey(bytes.subarray(at, at + BootRecord.SIZE)));
    found = kinds.join(' ');
    places.set(page, found);
  }
  return found;
}

function placeKey(record: Buffer): string {
  if (record.every((byte) => byte === 0xff)) return '-';
  const holds = record.readUInt32LE(BootRecord.MAGIC) === BootRecord.MAGIC_VALUE;
  return holds && record.readUInt32LE(BootRecord.CRC) === crc32(record.subarray(0, BootRecord.CRC))
    ? hashOf(record)
    : 'x';
}

const usedWords = new WeakMap<Int32Array, number>();

/** Words of a page up to the last that is not erased. */
function wordsUsed(page: Int32Array): number {
  let used = usedWords.get(page);
  if (used === undefined) {
    used = page.findLastIndex((word) => word !== -1) + 1;
    usedWords.set(page, used);
  }
  return used;
}

function fusesWeak(board: Board): boolean {
  return board.fuses.weak.some((bits) => bits !== 0);
}

function weakKey(board: Board): string {
  const { weak } = board.machine.flash.picture();
  const pages = weak.flatMap((page, number) => (page ? [`${number}:${hashOf(page)}`] : []));
  return [hashOf(board.fuses.weak), ...pages].join(' ');
}

function longestOf(images: Images): number {
  return Math.max(...Object.values(images).map(({ length }) => length));
}

function beginsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, start.length), start) === 0;
}
