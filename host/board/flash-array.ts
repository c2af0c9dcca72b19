// The cells of the NOR flash: 512 pages of 4 KiB, copied when written.
//
// A page, and the table of pages, is shared by every snapshot and fork that has not changed it: a fork copies no page, and a
// million trials of an update cost only the changed pages. Beside the cells there may be a mask of weak bits: a power cut left them half
// programmed or half erased. Each read of a weak bit gives one or zero at random, until the bit is erased or settled.
// What must stay true: a page is written only after `ownPage`, a table only after `ownCells` or `ownWeak`; the mapped read is one table look-up.

import { MemoryMap } from '../../protocol/memory-map.ts';
import type { Witness } from './witness.ts';

export const flashSize = MemoryMap.FLASH_SIZE;
export const pageBytes = 4096;
export const pageCount = flashSize / pageBytes;
const wordsPerPage = pageBytes / 4;

/** For so few bytes a loop that copies them is faster than making a view. */
const smallBytes = 64;

const erasedPage = new Int32Array(wordsPerPage).fill(-1);

/** Whether each bit of a page is one. Most pages of a picture are the same erased one. */
export function isErased(page: Int32Array): boolean {
  return page === erasedPage || page.every((word) => word === -1);
}

/** An immutable picture of the array: references to pages that are never written again. */
export interface FlashPicture {
  readonly cells: readonly Int32Array[];
  readonly weak: readonly (Int32Array | undefined)[];
  readonly weakPages: number;
}

export class FlashArray {
  private cells: Int32Array[] = new Array(pageCount).fill(erasedPage);
  private weak: (Int32Array | undefined)[] = new Array(pageCount).fill(undefined);
  private weakPages = 0;
  /** 1 where the page belongs to this array alone. */
  private readonly owned = new Uint8Array(pageCount);
  /** Whether the tables belong to this array alone. That of weak bits is written far less often. */
  private cellsOwned = true;
  private weakOwned = true;
  private readonly random: () => number;
  /** Is told what is read and written, except through `picture` and `image`. */
  witness: Witness | undefined;

  /** `random` decides the value that a weak bit reads as. */
  constructor(random: () => number) {
    this.random = random;
  }

  /** The word at a byte address below `flashSize`, a multiple of 4; as a signed number. */
  readWord(address: number): number {
    this.witness?.readFlash(address, 4);
    const page = address >>> 12;
    const word = this.cells[page][(address & 0xfff) >> 2];
    return this.weakPages === 0 ? word : this.settleWeak(page, (address & 0xfff) >> 2, word);
  }

  /** Copies `length` bytes out, from any address, to `target` from `to` on. */
  readBytes(address: number, target: Uint8Array, to = 0, length = target.length - to): void {
    if (address < 0 || address + length > flashSize)
      throw new Error(`flash: ${length} bytes at 0x${address.toString(16)} are not all in the array`);
    this.witness?.readFlash(address, length);
    for (let done = 0; done < length; ) {
      const at = address + done;
      const offset = at & 0xfff;
      const piece = Math.min(pageBytes - offset, length - done);
      this.readPiece(at >>> 12, offset, target, to + done, piece);
      done += piece;
    }
  }

  /** Sets cells to exactly these bytes (any address): the result of the factory, or of a complete or torn operation. */
  writeBytes(address: number, source: Uint8Array): void {
    if (address < 0 || address + source.length > flashSize)
      throw new Error(`flash: ${source.length} bytes at 0x${address.toString(16)} are not all in the array`);
    this.witness?.wroteFlash(address, source.length);
    for (let done = 0; done < source.length; ) {
      const at = address + done;
      const length = Math.min(pageBytes - (at & 0xfff), source.length - done);
      const bytes = bytesOf(this.ownPage(at >>> 12));
      bytes.set(source.subarray(done, done + length), at & 0xfff);
      done += length;
    }
  }

  /** Sets a word's cells. */
  writeWord(address: number, value: number): void {
    this.witness?.wroteFlash(address, 4);
    this.ownPage(address >>> 12)[(address & 0xfff) >> 2] = value;
  }

  /** Sets a whole page to ones and removes its weak bits. Costs one reference. */
  erasePage(address: number): void {
    const page = address >>> 12;
    this.witness?.wroteFlash(page * pageBytes, pageBytes);
    this.ownCells();
    this.cells[page] = erasedPage;
    this.owned[page] = 0;
    if (!this.weak[page]) return;
    this.ownWeak();
    this.weak[page] = undefined;
    this.weakPages--;
  }

  /** Sets which bits of a word are weak from now on (0: none). */
  setWeak(address: number, mask: number): void {
    const page = address >>> 12;
    const old = this.weak[page];
    if (!old && mask === 0) return;
    const copy = old ? old.slice() : new Int32Array(wordsPerPage);
    if (!old) this.weakPages++;
    copy[(address & 0xfff) >> 2] = mask;
    this.ownWeak();
    this.weak[page] = copy;
  }

  weakBits(address: number): number {
    return this.weak[address >>> 12]?.[(address & 0xfff) >> 2] ?? 0;
  }

  /**
   * The pages of a range. From now on they are not written in place, so that `hasPages` can tell whether the range has changed.
   * Undefined when a bit is weak: the next read may differ. A caller that keeps pages instead of reading again reports this with `look`.
   */
  sharePages(address: number, length: number): readonly Int32Array[] | undefined {
    const [first, end] = [address >>> 12, (address + length + pageBytes - 1) >>> 12];
    for (let page = first; page < end; page++) {
      if (this.weak[page]) return undefined;
      this.owned[page] = 0;
    }
    return this.cells.slice(first, end);
  }

  /** Reports a use of bytes that were read before and are now taken from a copy. */
  look(address: number, length: number): void {
    this.witness?.readFlash(address, length);
  }

  /** Whether the pages from `address` on are still these, without weak bits. */
  hasPages(address: number, pages: readonly Int32Array[]): boolean {
    const first = address >>> 12;
    for (let i = 0; i < pages.length; i++) if (this.cells[first + i] !== pages[i] || this.weak[first + i]) return false;
    return true;
  }

  /** All cells; a weak bit has the value of its cell. Changes nothing, and draws no random number. */
  image(): Uint8Array {
    const bytes = new Uint8Array(flashSize);
    for (let page = 0; page < pageCount; page++) bytes.set(bytesOf(this.cells[page]), page * pageBytes);
    return bytes;
  }

  picture(): FlashPicture {
    this.share();
    return { cells: this.cells, weak: this.weak, weakPages: this.weakPages };
  }

  show(picture: FlashPicture): void {
    this.share();
    this.cells = picture.cells as Int32Array[];
    this.weak = picture.weak as (Int32Array | undefined)[];
    this.weakPages = picture.weakPages;
  }

  /** From now on pages and tables may be shared: none is written in place. */
  private share(): void {
    this.cellsOwned = false;
    this.weakOwned = false;
    this.owned.fill(0);
  }

  private ownCells(): void {
    if (this.cellsOwned) return;
    this.cells = this.cells.slice();
    this.cellsOwned = true;
  }

  private ownWeak(): void {
    if (this.weakOwned) return;
    this.weak = this.weak.slice();
    this.weakOwned = true;
  }

  private ownPage(page: number): Int32Array {
    if (this.owned[page] === 0) {
      this.ownCells();
      this.cells[page] = this.cells[page].slice();
      this.owned[page] = 1;
    }
    return this.cells[page];
  }

  /** Copies bytes of one page to `target` from `at` on. */
  private readPiece(page: number, offset: number, target: Uint8Array, at: number, length: number): void {
    const words = this.cells[page];
    if (length > smallBytes) target.set(new Uint8Array(words.buffer, words.byteOffset + offset, length), at);
    else
      for (let byte = 0; byte < length; byte++)
        target[at + byte] = words[(offset + byte) >> 2] >>> (8 * ((offset + byte) & 3));
    const mask = this.weak[page];
    if (mask === undefined) return;
    for (let word = offset >> 2; word < (offset + length + 3) >> 2; word++) {
      if (mask[word] === 0) continue;
      const settled = this.settleWeak(page, word, words[word]);
      for (let byte = Math.max(4 * word, offset); byte < Math.min(4 * word + 4, offset + length); byte++)
        target[at + byte - offset] = settled >>> (8 * (byte & 3));
    }
  }

  private settleWeak(page: number, word: number, value: number): number {
    const mask = this.weak[page]?.[word] ?? 0;
    return mask === 0 ? value : value ^ (this.random() & mask);
  }
}

function bytesOf(page: Int32Array): Uint8Array {
  return new Uint8Array(page.buffer, page.byteOffset, pageBytes);
}
