// Holds a recovery against the invariants: what was handed over to, what runs, what is still bootable.

import type { Board } from '../../../host/board/board.ts';
import { verifyImage } from '../../../host/tools/image/index.ts';
import { SlotState } from '../../../protocol/image/boot-state.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { isWeak, readCells } from '../device/cells.ts';
import { hashOfImage, type ImageName, type Images, publicKeys } from '../device/images.ts';
import { bootState } from '../device/journal.ts';
import { bootsMax, type Finding, type Invariant, reachLimitNs } from '../invariants.ts';
import type { Outcome, Scenario } from './scenarios.ts';

/** What ran between power-on and rest. */
export interface Recovery {
  resets: number;
  tookNs: number;
  /** Each image handed over to; the last one runs. */
  handovers: Handover[];
  /** Why it did not come to rest and answer. */
  failure: string | undefined;
}

export interface Handover {
  slot: number;
  /** The image of the story that is in the slot. */
  image: ImageName | undefined;
  /** Why the slot does not verify; undefined where it does. */
  refusal: string | undefined;
}

const slotAddresses = [MemoryMap.SLOT_A, MemoryMap.SLOT_B];

/** Looks at what is handed over, in the moment it is. */
export function lookAtHandover(board: Board, address: number, images: Images): Handover {
  const slot = address >= MemoryMap.SLOT_B ? 1 : 0;
  const image = imageIn(board, slot, images);
  if (image !== undefined) return { slot, image, refusal: undefined };
  const { ok, message } = verifyImage(readCells(board, slotAddresses[slot], MemoryMap.SLOT_SIZE), publicKeys);
  return { slot, image, refusal: ok ? undefined : message };
}

/** Which image of the story is in the slot, byte for byte, with no bit that may read otherwise next time. */
function imageIn(board: Board, slot: number, images: Images): ImageName | undefined {
  const longest = Math.max(...Object.values(images).map(({ length }) => length));
  const cells = readCells(board, slotAddresses[slot], longest);
  const names = Object.keys(images) as ImageName[];
  const found = names.find((name) => Buffer.compare(cells.subarray(0, images[name].length), images[name]) === 0);
  if (found === undefined || isWeak(board, slotAddresses[slot], images[found].length)) return undefined;
  return found;
}

/** Holds a recovery against the invariants. `boots` is what may run now. */
export function judge(board: Board, recovery: Recovery, scenario: Scenario, boots: readonly Outcome[], images: Images) {
  const findings: Finding[] = [];
  const find = (invariant: Invariant, text: string) => findings.push({ invariant, text });
  for (const { slot, refusal, image } of recovery.handovers) {
    if (refusal !== undefined) find('verified', `slot ${'AB'[slot]} was run: ${refusal}`);
    else if (image === undefined) find('whole', `what runs in slot ${'AB'[slot]} verifies, but nobody sent it`);
  }
  if (board.state === 'halted') find('alive', `it halted: ${board.haltReason}`);
  else if (recovery.failure !== undefined) find('reaches', recovery.failure);
  if (recovery.resets > bootsMax) find('reaches', `it took ${recovery.resets} boots`);
  if (recovery.tookNs > reachLimitNs) find('reaches', `it took ${recovery.tookNs / 1e6} ms`);
  const runs = runningNow(board, recovery);
  if (findings.length === 0 && (runs === undefined || !boots.includes(runs)))
    find('whole', `it runs ${runs}; what may run here is ${boots.join(' or ')}`);
  const lost = scenario.keeps && whyNotBootable(board, scenario.keeps, scenario.goal, images);
  if (lost !== undefined) find('bootable', lost);
  return findings;
}

export function runningNow(board: Board, { handovers }: Recovery): Outcome | undefined {
  if (board.state === 'bootloader') return 'safe mode';
  return board.state === 'firmware' ? handovers.at(-1)?.image : undefined;
}

/** Why the image that was confirmed at the start could not be booted any more. */
function whyNotBootable(board: Board, keeps: ImageName, goal: ImageName, images: Images): string | undefined {
  if (isConfirmed(board, goal, images) || isConfirmed(board, keeps, images)) return undefined;
  const states = bootState(board)?.slots.map(({ state }) => state);
  const holds = [0, 1].map((slot) => imageIn(board, slot, images) ?? 'no whole image');
  return `${keeps} is not confirmed and whole any more; the slots hold ${holds.join(' and ')}, their states are ${states}`;
}

export function isConfirmed(board: Board, name: ImageName, images: Images): boolean {
  const hash = hashOfImage(images[name]);
  const slots = bootState(board)?.slots ?? [];
  return slots.some(
    (entry, slot) =>
      entry.state === SlotState.CONFIRMED &&
      Buffer.compare(entry.hash, hash) === 0 &&
      imageIn(board, slot, images) === name,
  );
}
