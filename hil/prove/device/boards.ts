// The boards proofs are made on. While somebody collects coverage, all of them count the blocks of what they run.

import { createHash } from 'node:crypto';
import { Board } from '../../../host/board/board.ts';

let counting: Board[] | undefined;

export function provingBoard(seed: number, countBlocks = false): Board {
  const board = new Board({ seed, countBlocks: countBlocks || counting !== undefined });
  counting?.push(board);
  return board;
}

/** Which blocks of a module were run on boards that were made in the course of `work`: 1 by block. */
export async function blocksRun(module: Uint8Array, work: () => Promise<void>): Promise<Uint8Array> {
  const boards: Board[] = [];
  counting = boards;
  try {
    await work();
  } finally {
    counting = undefined;
  }
  const hash = createHash('sha256').update(module).digest('hex');
  let reached = new Uint8Array(0);
  for (const board of boards) {
    for (const { image, counts } of board.blockCounts()) {
      if (image.hash !== hash) continue;
      if (reached.length === 0) reached = new Uint8Array(counts.length);
      for (const [block, count] of counts.entries()) if (count > 0) reached[block] = 1;
    }
  }
  return reached;
}
