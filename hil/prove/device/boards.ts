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
/** The two looks at an image (bootloader/image/verify.ts, bootloader/second-look.ts). */
export const looking = ['verifySlot', 'secondLook'];
const verifications: SharedCalls = { functions: verifying, looking };

/** What a canary's harness leaves out of what shared calls read and see. */
export type BlindSpots = Pick<SharedCalls, 'blindTo' | 'looksBlindTo'>;

/**
 * For proofs whose boots verify the same few images again and again: calls of the two functions that take most of a boot's time, and of the two looks at
 * an image that they are part of, are shared by what they read (host/board/cpu/known-calls.ts). Such a proof runs a sample of its boots with every call.
 */
export function sharedVerifications(blind?: BlindSpots): SharedCalls {
  return blind === undefined ? verifications : { ...verifications, ...blind };
}

/** Which blocks of a module were run on boards that were made in the course of `work`: 1 by block. */
export async function blocksRun(module: Uint8Array, work: () => Promise<void>): Promise<Uint8Array> {
  const coverage = await countedWhile(work);
  const hash = codeHashOf(module);
  const counts = coverage.find((each) => each.hash === hash)?.counts ?? [];
  return Uint8Array.from(counts, (count) => (count > 0 ? 1 : 0));
}
