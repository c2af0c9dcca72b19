// The state window: what a device without power is, as far as its next boot can tell. Two devices with the same window do the same.
//
//   fuses     all words, and which bits are weak
//   journal   both boot-state sectors, place by place: a record that holds, by its bytes; blank; or anything else, which is stepped over
//   boot log  how far it is written: where the next record goes
//   slot      what the bootloader can find out of it: the header, the trailer, the TLVs, and whether the signed bytes are those of
//             the image they say they are. A slot that holds an image of the story whole is that image's name.
//
// Left out: RAM, registers and time, which power takes away; the bootloader's own partition and STORAGE, which nobody writes; what the boot
// log's records say, what is left of a record that a cut tore, and the bytes of a broken image, of which only the verdict matters. This
// is checked: it is a violation when two boots from one window differ in what they hand over to, or in any flash or fuse operation.

import { crc32 } from 'node:zlib';
import { pageBytes } from '../../../host/board/flash-array.ts';
import { BootRecord } from '../../../protocol/image/boot-record.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { bytesOfPage, hashOf, isWeak, nameOfBytes, oncePerPage, pagesOf, type Remains } from './cells.ts';
import { type Held, heldIn } from './held-images.ts';
import type { ImageName, Images } from './images.ts';

const { SLOT_A, SLOT_B, SLOT_SIZE, BOOT_STATE_0, SECTOR_SIZE, BOOT_LOG, BOOT_LOG_SIZE } = MemoryMap;
const journalBytes = 2 * SECTOR_SIZE;
const trailerBytes = 64;

export interface Window {
  /** Equal windows have equal keys. */
  key: string;
  /** No bit in it is unstable: then equal windows do the same. */
  firm: boolean;
}

export function windowOf(board: Remains, images: Images): Window {
  const slots = [SLOT_A, SLOT_B].map((address) => slotKey(board, address, images));
  const journal = pagesOf(board, BOOT_STATE_0, journalBytes).map(placesOf);
  const log = pagesOf(board, BOOT_LOG, BOOT_LOG_SIZE).map(wordsUsed);
  const parts = [nameOfBytes(board.fuses.cells), ...journal, `${log}`, ...slots];
  const weak = isWeak(board, BOOT_STATE_0, journalBytes) || isWeak(board, BOOT_LOG, BOOT_LOG_SIZE) || fusesWeak(board);
  // Which bits are weak is part of the window, so hardly two of these are taken for one.
  if (weak) parts.push(weakKey(board));
  return { key: parts.join(' '), firm: !weak && !slots.some((slot) => slot.endsWith('weak')) };
}

/** Which image of the story is in the slot, byte for byte, with no bit that may read otherwise next time. */
export function imageIn(board: Remains, slot: number, images: Images): ImageName | undefined {
  const address = slot === 0 ? SLOT_A : SLOT_B;
  const { image } = heldIn(board.machine.flash.picture().cells, address / pageBytes, images);
  return image === undefined || isWeak(board, address, images[image].length) ? undefined : image;
}

function slotKey(board: Remains, address: number, images: Images): string {
  const { cells } = board.machine.flash.picture();
  const weak = isWeak(board, address, SLOT_SIZE) ? 'weak' : '';
  const trailer = trailerOf(cells[(address + SLOT_SIZE) / pageBytes - 1]);
  return `${heldKey(heldIn(cells, address / pageBytes, images))} ${trailer} ${weak}`;
}

/** The image, or else header, TLVs where the header says they are, and whether what lies between is the image's the header is of. */
function heldKey({ image, header, tlvs, sound }: Held): string {
  return image ?? (tlvs === undefined ? header : `${header} ${tlvs} ${sound}`);
}

const trailerOf = oncePerPage((page) => hashOf(bytesOfPage(page).subarray(-trailerBytes)));

/** What a boot finds in each place of a boot-state sector. */
const placesOf = oncePerPage((page) => {
  const bytes = Buffer.from(bytesOfPage(page).buffer, page.byteOffset, page.byteLength);
  const kinds: string[] = [];
  for (let at = 0; at < bytes.length; at += BootRecord.SIZE)
    kinds.push(placeKey(bytes.subarray(at, at + BootRecord.SIZE)));
  return hashOf(Buffer.from(kinds.join(' ')));
});

function placeKey(record: Buffer): string {
  if (record.every((byte) => byte === 0xff)) return '-';
  const holds = record.readUInt32LE(BootRecord.MAGIC) === BootRecord.MAGIC_VALUE;
  return holds && record.readUInt32LE(BootRecord.CRC) === crc32(record.subarray(0, BootRecord.CRC))
    ? nameOfBytes(record)
    : 'x';
}

/** Words of a page up to the last that is not erased. */
const wordsUsed = oncePerPage((page) => {
  let used = page.length;
  while (used > 0 && page[used - 1] === -1) used--;
  return used;
});

function fusesWeak(board: Remains): boolean {
  return board.fuses.weak.some((bits) => bits !== 0);
}

const hashOfPage = oncePerPage(hashOf);

function weakKey(board: Remains): string {
  const { weak } = board.machine.flash.picture();
  const pages: string[] = [];
  for (const [number, page] of weak.entries()) if (page) pages.push(`${number}:${hashOfPage(page)}`);
  return [hashOf(board.fuses.weak), ...pages].join(' ');
}
