// The boards proofs are made on. While somebody collects coverage, all of them count the blocks of what they run.

import type { Board } from '../../../host/board/board.ts';
import { codeHashOf } from '../../../host/tools/wasm-sections.ts';
import { countedBoard, countedWhile } from '../../rig/coverage.ts';

export function provingBoard(seed: number, countBlocks = false): Board {
  return countedBoard({ seed, countBlocks });
}

/** Which blocks of a module were run on boards that were made in the course of `work`: 1 by block. */
export async function blocksRun(module: Uint8Array, work: () => Promise<void>): Promise<Uint8Array> {
  const coverage = await countedWhile(work);
  const hash = codeHashOf(module);
  const counts = coverage.find((each) => each.hash === hash)?.counts ?? [];
  return Uint8Array.from(counts, (count) => (count > 0 ? 1 : 0));
}
