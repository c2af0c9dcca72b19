// How often each block of a module has run on a board that counts, and which block a byte of it belongs to.

import type { Board } from '../../../host/board/board.ts';

export interface BlockCounts {
  counts: Float64Array;
  /** The block a byte of the module belongs to. */
  blockAt(offset: number): number;
}

export function blockCounts(board: Board, module: Uint8Array): BlockCounts {
  const found = board.blockCounts().find(({ image }) => image.byteLength === module.length);
  if (!found?.image.blocks) throw new Error('the module has not run on this board, or is not counted');
  const pieces = found.image.blocks.flatMap(({ ranges }, block) =>
    ranges.flatMap((start, index) => (index % 2 === 0 ? [{ start, end: ranges[index + 1], block }] : [])),
  );
  pieces.sort((a, b) => a.start - b.start);
  const blockAt = (offset: number) => {
    let [low, high] = [0, pieces.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (pieces[middle].end <= offset) low = middle + 1;
      else high = middle;
    }
    if (!(pieces[low]?.start <= offset)) throw new Error(`no block has the byte 0x${offset.toString(16)}`);
    return pieces[low].block;
  };
  return { counts: found.counts, blockAt };
}
