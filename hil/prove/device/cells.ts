// Flash as the bench sees it, without touching it: reading never asks chance what a weak bit is, so looking changes no run.

import { createHash } from 'node:crypto';
import type { Board } from '../../../host/board/board.ts';
import { type FlashPicture, pageBytes } from '../../../host/board/flash-array.ts';

/** The bytes the cells lean to, from the start of a page on. */
export function readCells(board: Board, address: number, length: number): Uint8Array {
  const { cells } = board.machine.flash.picture();
  const bytes = new Uint8Array(length);
  if (address % pageBytes !== 0) throw new Error(`cells are read from the start of a page, not from ${address}`);
  for (let done = 0; done < length; done += pageBytes) {
    const page = cells[(address + done) / pageBytes];
    bytes.set(new Uint8Array(page.buffer, page.byteOffset, Math.min(pageBytes, length - done)), done);
  }
  return bytes;
}

/** Whether a bit in the range reads anew at each read. */
export function isWeak(board: Board, address: number, length: number): boolean {
  const { weak } = board.machine.flash.picture();
  return weak.some((page, number) => {
    const [start, end] = [number * pageBytes, (number + 1) * pageBytes];
    return page !== undefined && start < address + length && end > address && page.some((word) => word !== 0);
  });
}

const pageHashes = new WeakMap<Int32Array, string>();

/** Names what flash holds other than `base`; undefined where chance has a say in what it reads as. */
export function fingerprint(board: Board, base: FlashPicture): string | undefined {
  const { cells, weakPages } = board.machine.flash.picture();
  if (weakPages !== 0) return undefined;
  const changed: string[] = [];
  for (let page = 0; page < cells.length; page++)
    if (cells[page] !== base.cells[page]) changed.push(`${page}:${hashOfPage(cells[page])}`);
  return changed.join(' ');
}

/** Pages in a picture are never written again, so their hashes keep. */
function hashOfPage(page: Int32Array): string {
  let hash = pageHashes.get(page);
  if (hash === undefined) {
    hash = createHash('sha1').update(page).digest('base64');
    pageHashes.set(page, hash);
  }
  return hash;
}
