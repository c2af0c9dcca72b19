// The boards proofs are made on. While somebody collects coverage, all of them count the blocks of what they run.

import type { Board } from '../../../host/board/board.ts';
import type { BoardOptions } from '../../../host/board/board-options.ts';
import type { SharedCalls } from '../../../host/board/cpu/cpu.ts';
import { codeHashOf } from '../../../host/tools/wasm-sections.ts';
import { countedBoard, countedWhile } from '../../rig/coverage.ts';

export function provingBoard(seed: number, options: Pick<BoardOptions, 'countBlocks' | 'sharedCalls'> = {}): Board {
  return countedBoard({ seed, ...options });
}

/** The two functions that take most of a boot's time. */
export const verifying = ['sha256Update', 'ed25519Verify'];
const verifications: SharedCalls = { functions: verifying };

/**
 * For proofs whose boots verify the same few images again and again: calls of the two functions that take most of a boot's time are shared by what they
 * read (host/board/cpu/known-calls.ts). Such a proof runs a sample of its boots with every call. `blindTo`: a word of RAM that is left out of what calls
 * read, for a canary.
 */
export function sharedVerifications(blindTo?: number): SharedCalls {
  return blindTo === undefined ? verifications : { ...verifications, blindTo };
}

/** Which blocks of a module were run on boards that were made in the course of `work`: 1 by block. */
export async function blocksRun(module: Uint8Array, work: () => Promise<void>): Promise<Uint8Array> {
  const coverage = await countedWhile(work);
  const hash = codeHashOf(module);
  const counts = coverage.find((each) => each.hash === hash)?.counts ?? [];
  return Uint8Array.from(counts, (count) => (count > 0 ? 1 : 0));
}
