// Flash and fuses as the bench sees them. Reading them here draws no random value for an unstable bit, so it changes no run.

import { createHash } from 'node:crypto';
import { type FlashPicture, pageBytes } from '../../../host/board/flash-array.ts';

/** What outlasts a loss of power, as the bench sees it: that of a board, or what a known boot leaves. */
export interface Remains {
  readonly machine: { readonly flash: { picture(): FlashPicture } };
  readonly fuses: { readonly cells: Uint32Array; readonly weak: Uint32Array };
}

/** The bytes of the cells, from the start of a page on, in `bytes`; an unstable bit has the value of its cell. */
export function readCells(
  device: Remains,
  address: number,
  length: number,
  bytes: Uint8Array = new Uint8Array(length),
): Uint8Array {
  for (const [number, page] of pagesOf(device, address, length).entries()) {
    const done = number * pageBytes;
    bytes.set(bytesOfPage(page).subarray(0, length - done), done);
  }
  return bytes;
}

/** The pages of a range. They are never written from now on, so a result about a page stays true. */
export function pagesOf(device: Remains, address: number, length: number): readonly Int32Array[] {
  if (address % pageBytes !== 0) throw new Error(`cells are read from the start of a page, not from ${address}`);
  const { cells } = device.machine.flash.picture();
  return cells.slice(address / pageBytes, Math.ceil((address + length) / pageBytes));
}

/** Whether a bit in the range reads anew at each read. */
export function isWeak(device: Remains, address: number, length: number): boolean {
  const { weak, weakPages } = device.machine.flash.picture();
  if (weakPages === 0) return false;
  for (let page = Math.floor(address / pageBytes); page < (address + length) / pageBytes; page++) {
    const mask = weak[page];
    if (mask !== undefined && isAnySet(mask)) return true;
  }
  return false;
}

/** Whether any bit of flash or fuses reads anew at each read. */
export function isAnyWeak({ machine, fuses }: Remains): boolean {
  return machine.flash.picture().weakPages > 0 || fuses.weak.some((bits) => bits !== 0);
}

const isAnySet = oncePerPage((mask) => mask.some((word) => word !== 0));

export function hashOf(words: Uint8Array | Uint32Array | Int32Array): string {
  return createHash('sha1').update(words).digest('base64');
}

/** The bytes as a string: for data too short to be worth a hash. */
export function nameOfBytes(words: Uint8Array | Uint32Array | Int32Array): string {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength).toString('latin1');
}

export function bytesOfPage(page: Int32Array): Uint8Array {
  return new Uint8Array(page.buffer, page.byteOffset, page.byteLength);
}

/** Computes something about each page once: a page is never written again once it was shown. */
export function oncePerPage<Found>(find: (page: Int32Array) => Found): (page: Int32Array) => Found {
  const known = new WeakMap<Int32Array, { found: Found }>();
  // One device after the other is asked about, and most have most pages in common: two of them, because a device has two slots.
  let [lastPage, pageBefore]: (Int32Array | undefined)[] = [];
  let [last, before]: ({ found: Found } | undefined)[] = [];
  return (page) => {
    if (page === lastPage && last !== undefined) return last.found;
    let entry = page === pageBefore ? before : known.get(page);
    if (entry === undefined) {
      entry = { found: find(page) };
      known.set(page, entry);
    }
    pageBefore = lastPage;
    before = last;
    lastPage = page;
    last = entry;
    return entry.found;
  };
}

/** Compares a few bytes, a hash for instance, faster than `Buffer.compare` is called. */
export function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

/** As `isSameBytes`, of words. */
export function isSameWords(one: Int32Array | Uint32Array, other: Int32Array | Uint32Array): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let word = 0; word < one.length; word++) if (one[word] !== other[word]) return false;
  return true;
}
