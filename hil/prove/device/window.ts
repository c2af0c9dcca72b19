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
import { BootLog } from '../../../protocol/image/boot-log.ts';
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
  /** The same for windows that differ only in how much of a torn record the boot log holds: the next record goes to the same place. */
  kind: number;
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
  let key = numberOf(facts.name);
  for (let page = 0; page < journalBytes / pageBytes; page++) {
    key = joined(key, placesOf(cells[BOOT_STATE_0 / pageBytes + page]));
    key = joined(key, recordsOf(cells[CALIBRATION_0 / pageBytes + page]));
  }
  let isSlotWeak = false;
  for (const address of slots) {
    const weak = isWeak(board, address, SLOT_SIZE);
    key = joined(key, numberOf(heldIn(cells, address / pageBytes, images).key));
    key = joined(key, trailerOf(cells[(address + SLOT_SIZE) / pageBytes - 1]));
    key = joined(key, weak ? 1 : 0);
    isSlotWeak ||= weak;
  }
  const weak =
    isWeak(board, BOOT_STATE_0, journalBytes) ||
    isWeak(board, CALIBRATION_0, journalBytes) ||
    isWeak(board, BOOT_LOG, BOOT_LOG_SIZE) ||
    facts.firstWeak >= 0;
  // Which bits are weak is part of the window, so hardly two of these are taken for one.
  key = joined(key, weak ? 1 + numberOf(weakKey(board)) : 0);
  let kind = key;
  for (let page = 0; page < BOOT_LOG_SIZE / pageBytes; page++) {
    const used = wordsUsed(cells[BOOT_LOG / pageBytes + page]);
    key = joined(key, used);
    kind = joined(kind, Math.ceil(used / logWords) * logWords);
  }
  return { key, kind, firm: !weak && !isSlotWeak };
}

const slots = [SLOT_A, SLOT_B];
/** More than there are numbers of one kind: a million points have some ten thousand windows. */
const numbersMax = 2 ** 26;
const pairs = new Map<number, number>();

/** The same number for the same two numbers, and for no other two: for the same row of numbers, among rows of one length. */
function joined(one: number, other: number): number {
  const pair = one * numbersMax + other;
  let number = pairs.get(pair);
  if (number === undefined) {
    number = pairs.size;
    if (number >= numbersMax) throw new Error('more windows than there are numbers for');
    pairs.set(pair, number);
  }
  return number;
}

/** Which image of the story is in the slot, byte for byte and without unstable bits. */
export function imageIn(board: Remains, slot: number, images: Images): ImageName | undefined {
  const address = slot === 0 ? SLOT_A : SLOT_B;
  const { image } = heldIn(board.machine.flash.picture().cells, address / pageBytes, images);
  return image === undefined || isWeak(board, address, images[image].length) ? undefined : image;
}

const trailerOf = oncePerPage((page) => numberOf(nameOfBytes(bytesOfPage(page).subarray(-trailerBytes))));

const recordWords = BootRecord.SIZE / 4;
const logWords = BootLog.SIZE / 4;

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
