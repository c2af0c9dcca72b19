// Flash and fuses as the bench sees them, without touching them: looking never asks chance what a weak bit is, so it changes no run.

import { createHash } from 'node:crypto';
import type { Board } from '../../../host/board/board.ts';
import { type FlashPicture, pageBytes } from '../../../host/board/flash-array.ts';

/** The bytes the cells lean to, from the start of a page on. */
export function readCells(board: Board, address: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (const [number, page] of pagesOf(board, address, length).entries()) {
    const done = number * pageBytes;
    bytes.set(new Uint8Array(page.buffer, page.byteOffset, Math.min(pageBytes, length - done)), done);
  }
  return bytes;
}

/** The pages a range lies in; from now on nobody writes them, so what is found out about one keeps. */
export function pagesOf(board: Board, address: number, length: number): readonly Int32Array[] {
  if (address % pageBytes !== 0) throw new Error(`cells are read from the start of a page, not from ${address}`);
  const { cells } = board.machine.flash.picture();
  return cells.slice(address / pageBytes, Math.ceil((address + length) / pageBytes));
}

/** Whether a bit in the range reads anew at each read. */
export function isWeak(board: Board, address: number, length: number): boolean {
  const { weak, weakPages } = board.machine.flash.picture();
  if (weakPages === 0) return false;
  return weak.some((page, number) => {
    const [start, end] = [number * pageBytes, (number + 1) * pageBytes];
    return page !== undefined && start < address + length && end > address && page.some((word) => word !== 0);
  });
}

/** Names what fuses hold, and flash other than `base`; undefined where chance has a say in what they read as. */
export function contentOf(board: Board, base: FlashPicture): string | undefined {
  const { cells, weakPages } = board.machine.flash.picture();
  if (weakPages !== 0 || board.fuses.weak.some((bits) => bits !== 0)) return undefined;
  const changed = [hashOf(board.fuses.cells)];
  for (let page = 0; page < cells.length; page++)
    if (cells[page] !== base.cells[page]) changed.push(`${page}:${hashOfPage(cells[page])}`);
  return changed.join(' ');
}

export function hashOf(words: Uint8Array | Uint32Array | Int32Array): string {
  return createHash('sha1').update(words).digest('base64');
}

const pageHashes = new WeakMap<Int32Array, string>();

export function hashOfPage(page: Int32Array): string {
  let hash = pageHashes.get(page);
  if (hash === undefined) {
    hash = hashOf(page);
    pageHashes.set(page, hash);
  }
  return hash;
}
