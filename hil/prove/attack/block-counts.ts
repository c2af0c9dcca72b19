// How often each block of a module has run on a board that counts, and which block a byte of it belongs to.

import type { Board } from '../../../host/board/board.ts';

export interface BlockCounts {
  counts: Float64Array;
  /** The block a byte of the module belongs to. */
  blockAt(offset: number): number;
}

export function blockCounts(board: Board, module: Uint8Array): BlockCounts {
  const found = board.blockCounts().find(({ image }) => image.bytes.length === module.length);
  if (!found?.image.blocks) throw new Error('the module has not run on this board, or is not counted');
  const { blocks } = found.image;
  // Computed when first used: the fuzzer reads only the counts, after every input.
  let sorted: Piece[] | undefined;
  const blockAt = (offset: number) => {
    sorted ??= piecesOf(blocks);
    const pieces = sorted;
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

interface Piece {
  start: number;
  end: number;
  block: number;
}

function piecesOf(blocks: readonly { ranges: readonly number[] }[]): Piece[] {
  const pieces = blocks.flatMap(({ ranges }, block) =>
    ranges.flatMap((start, index) => (index % 2 === 0 ? [{ start, end: ranges[index + 1], block }] : [])),
  );
  return pieces.sort((a, b) => a.start - b.start);
}
