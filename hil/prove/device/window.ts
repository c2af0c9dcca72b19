// The state window: what a device without power is, as far as its next boot can tell. Two devices with the same window do the same.
//
//   fuses     all words, and which bits are weak
//   journal   both boot-state sectors, place by place: a valid record, by its bytes; blank; or anything else, which the bootloader skips
//   records   both sectors of the calibration record, place by place likewise
//   boot log  how far it is written: where the next record goes
//   slot      what the bootloader can learn of it: the header, the trailer, the TLVs, and whether the signed bytes are those of the image that
//             the header belongs to. A slot that holds an image of the story whole is given by the name of the image.
//
// Left out: RAM, registers and time, which a loss of power clears; the bootloader's own partition and the rest of STORAGE, which are never written; the contents
// of the boot log's records; what is left of a record that a cut tore; and the bytes of a broken image, of which only the verdict matters. This
// is checked: when two boots from one window differ in what they hand over to, or in any flash or fuse operation, it is a violation.

import { crc32 } from 'node:zlib';
import { pageBytes } from '../../../host/board/flash-array.ts';
import { recordInFlash } from '../../../host/tools/calibration-record.ts';
import { Calibration } from '../../../protocol/calibration/record.ts';
import { BootRecord } from '../../../protocol/image/boot-record.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { bytesOfPage, hashOf, isWeak, nameOfBytes, oncePerPage, type Remains } from './cells.ts';
import { factsOf } from './fuse-facts.ts';
import { heldIn } from './held-images.ts';
import type { ImageName, Images } from './images.ts';

const { SLOT_A, SLOT_B, SLOT_SIZE, BOOT_STATE_0, SECTOR_SIZE, BOOT_LOG, BOOT_LOG_SIZE, CALIBRATION_0 } = MemoryMap;
const journalBytes = 2 * SECTOR_SIZE;
const trailerBytes = 64;

export interface Window {
  /** Equal windows have equal keys, in one thread. */
  key: number;
  /** No bit in it is unstable. Then devices with equal windows do the same. */
  firm: boolean;
}

const numbers = new Map<string, number>();

/** The same number for the same text: what a window is made of is long, and is looked up for each point several times. */
function numberOf(text: string): number {
  let number = numbers.get(text);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(text, number);
  }
  return number;
}

export function windowOf(board: Remains, images: Images): Window {
  const { cells } = board.machine.flash.picture();
  const facts = factsOf(board.fuses);
  let key = `${numberOf(facts.name)}`;
  for (let page = 0; page < journalBytes / pageBytes; page++)
    key += ` ${placesOf(cells[BOOT_STATE_0 / pageBytes + page])} ${recordsOf(cells[CALIBRATION_0 / pageBytes + page])}`;
  for (let page = 0; page < BOOT_LOG_SIZE / pageBytes; page++)
    key += ` ${wordsUsed(cells[BOOT_LOG / pageBytes + page])}`;
  let isSlotWeak = false;
  for (const address of [SLOT_A, SLOT_B]) {
    const weak = isWeak(board, address, SLOT_SIZE);
    const trailer = trailerOf(cells[(address + SLOT_SIZE) / pageBytes - 1]);
    key += ` ${numberOf(heldIn(cells, address / pageBytes, images).key)} ${trailer}${weak ? ' weak' : ''}`;
    isSlotWeak ||= weak;
  }
  const weak =
    isWeak(board, BOOT_STATE_0, journalBytes) ||
    isWeak(board, CALIBRATION_0, journalBytes) ||
    isWeak(board, BOOT_LOG, BOOT_LOG_SIZE) ||
    facts.firstWeak >= 0;
  // Which bits are weak is part of the window, so hardly two of these are taken for one.
  if (weak) key += ` ${weakKey(board)}`;
  return { key: numberOf(key), firm: !weak && !isSlotWeak };
}

/** Which image of the story is in the slot, byte for byte and without unstable bits. */
export function imageIn(board: Remains, slot: number, images: Images): ImageName | undefined {
  const address = slot === 0 ? SLOT_A : SLOT_B;
  const { image } = heldIn(board.machine.flash.picture().cells, address / pageBytes, images);
  return image === undefined || isWeak(board, address, images[image].length) ? undefined : image;
}

const trailerOf = oncePerPage((page) => numberOf(nameOfBytes(bytesOfPage(page).subarray(-trailerBytes))));

const recordWords = BootRecord.SIZE / 4;

/** What a boot finds in each place of a boot-state sector. */
const placesOf = oncePerPage((page) => {
  let kinds = '';
  for (let at = 0; at < page.length; at += recordWords) kinds += ` ${placeKey(page, at)}`;
  return numberOf(hashOf(Buffer.from(kinds)));
});

/** What a boot finds in each place of a sector of the calibration record: a record that holds, blank, or anything else. */
const recordsOf = oncePerPage((page) => {
  const bytes = bytesOfPage(page);
  const kinds: string[] = [];
  for (let at = 0; at < bytes.length; at += Calibration.PLACE_SIZE) {
    const place = bytes.subarray(at, at + Calibration.PLACE_SIZE);
    const record = recordInFlash(place);
    if (record) kinds.push(`${record.sequence} ${record.crc}`);
    else kinds.push(place.every((byte) => byte === 0xff) ? '-' : 'x');
  }
  return numberOf(kinds.join(' '));
});

function placeKey(page: Int32Array, at: number): string {
  let erased = at;
  while (erased < at + recordWords && page[erased] === -1) erased++;
  if (erased === at + recordWords) return '-';
  if (page[at + BootRecord.MAGIC / 4] !== BootRecord.MAGIC_VALUE) return 'x';
  const record = bytesOfPage(page).subarray(4 * at, 4 * (at + recordWords));
  return page[at + BootRecord.CRC / 4] >>> 0 === crc32(record.subarray(0, BootRecord.CRC)) ? nameOfBytes(record) : 'x';
}

/** Words of a page up to the last that is not erased. */
const wordsUsed = oncePerPage((page) => {
  let used = page.length;
  while (used > 0 && page[used - 1] === -1) used--;
  return used;
});

const hashOfPage = oncePerPage(hashOf);

function weakKey(board: Remains): string {
  const { weak, weakPages } = board.machine.flash.picture();
  let key = '';
  for (let number = 0, left = weakPages; left > 0; number++) {
    const page = weak[number];
    if (page === undefined) continue;
    key += ` ${number}:${hashOfPage(page)}`;
    left--;
  }
  return key;
}
