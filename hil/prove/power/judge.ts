// Holds a recovery against the invariants: what was handed over to, what runs, what is still bootable.

import type { Board } from '../../../host/board/board.ts';
import type { LogRecord } from '../../../host/board/log.ts';
import type { BootStateEntry } from '../../../host/tools/boot-state.ts';
import { parseImage, verifyImage } from '../../../host/tools/image/index.ts';
import { SlotState } from '../../../protocol/image/boot-state.ts';
import { RejectReason } from '../../../protocol/image/reasons.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { whyNotHeld } from '../device/calibration.ts';
import { isSameBytes, isWeak, type Remains, readCells } from '../device/cells.ts';
import type { Ending } from '../device/change.ts';
import { factsOf } from '../device/fuse-facts.ts';
import { hashOfImage, type ImageName, type Images, publicKeys, recipes } from '../device/images.ts';
import { bootState } from '../device/journal.ts';
import { isAllowed, type Known, knownOf, storyImages } from '../device/known.ts';
import { imageIn } from '../device/window.ts';
import { bootsMax, type Finding, type Invariant, reachLimitNs } from '../invariants.ts';
import { freshRow, judgePromises, rowAfter } from '../promises.ts';
import type { Outcome, Scenario } from './scenario.ts';

/** What ran between power-on and rest. */
export interface Recovery {
  resets: number;
  tookNs: number;
  /** Each image handed over to; the last one runs. */
  handovers: Handover[];
  /** Why it did not come to rest and answer. */
  failure: string | undefined;
}

export function noRecovery(): Recovery {
  return { resets: 0, tookNs: 0, handovers: [], failure: undefined };
}

export interface Handover {
  slot: number;
  /** The image of the story that is in the slot. */
  image: ImageName | undefined;
  /** Why the slot does not verify; undefined where it does. */
  refusal: string | undefined;
}

export const slotAddresses = [MemoryMap.SLOT_A, MemoryMap.SLOT_B];

/** Examines an image at the moment of its hand-over. */
export function lookAtHandover(board: Remains, address: number, images: Images): Handover {
  const slot = address >= MemoryMap.SLOT_B ? 1 : 0;
  const image = imageIn(board, slot, images);
  if (image !== undefined) return { slot, image, refusal: undefined };
  const { ok, message } = verifyImage(readCells(board, slotAddresses[slot], MemoryMap.SLOT_SIZE), publicKeys);
  return { slot, image, refusal: ok ? undefined : message };
}

/** When a read depended on chance (an unstable bit), only the bytes that the core got count: those of an image of the story, or not. */
export function lookAtCore(board: Board, handover: Handover, images: Images): void {
  const address = slotAddresses[handover.slot];
  if (handover.image !== undefined || !isWeak(board, address, MemoryMap.SLOT_SIZE)) return;
  const runs = board.snapshot().image?.bytes;
  const found = (Object.keys(images) as ImageName[]).find((name) => {
    const { headerSize, imageSize } = parseImage(images[name]).header;
    return runs && Buffer.compare(runs, images[name].subarray(headerSize, headerSize + imageSize)) === 0;
  });
  handover.image = found;
  handover.refusal = found === undefined ? 'the core runs bytes of no image' : undefined;
}

/** Checks what must be true of a recovery wherever the cut was. */
export function judge(board: Ending, recovery: Recovery, scenario: Scenario, images: Images): Finding[] {
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
  const lost = scenario.keeps && whyNotBootable(board, scenario.keeps, scenario.goal, images);
  if (lost !== undefined) find('bootable', lost);
  const lacks = whatFusesLack(board, recovery, images);
  if (lacks !== undefined) find('counters', lacks);
  return findings;
}

/** The promises over a boot for which only power came, without any request. */
export function judgeBoot(
  before: Known,
  ending: Ending,
  recovery: Recovery,
  records: readonly LogRecord[],
  images: Images,
): Finding[] {
  const after = knownOf(ending, storyImages(ending, images));
  return judgePromises(before, after, { runs: placeOf(ending, recovery), row: rowAfter(freshRow, before, records) });
}

/** What runs, and the calibration record that is in force, against what the step of the story lets be. */
export function judgeStep(
  { runs, holds }: { runs: Outcome | undefined; holds: number | undefined },
  boots: readonly Outcome[],
  records: readonly number[] | undefined,
): Finding[] {
  if (runs === undefined || !boots.includes(runs))
    return [{ invariant: 'whole', text: `it runs ${runs}; what may run here is ${boots.join(' or ')}` }];
  const lost = runs === 'safe mode' ? undefined : whyNotHeld(holds, records);
  return lost === undefined ? [] : [{ invariant: 'stored', text: lost }];
}

/** Slot that runs, or safe mode. */
export function placeOf({ state }: Ending, { handovers }: Recovery): number | 'safe mode' | undefined {
  if (state === 'bootloader') return 'safe mode';
  return state === 'firmware' ? handovers.at(-1)?.slot : undefined;
}

export function runningNow(board: Ending, { handovers }: Recovery): Outcome | undefined {
  if (board.state === 'bootloader') return 'safe mode';
  return board.state === 'firmware' ? handovers.at(-1)?.image : undefined;
}

/** Why neither the image that was confirmed at the start nor the one that was to follow it could be booted any more. */
function whyNotBootable(board: Remains, keeps: ImageName, goal: ImageName, images: Images): string | undefined {
  const left = bootableImages(board, images);
  if (left.includes(goal) || left.includes(keeps)) return undefined;
  const states = bootState(board)?.slots.map(({ state }) => state);
  const holds = [0, 1].map((slot) => imageIn(board, slot, images) ?? 'no whole image');
  return `neither ${keeps} nor ${goal} is confirmed, whole and let in by the fuses; the slots hold ${holds.join(' and ')}, their states are ${states}`;
}

/** Images that were confirmed once, are whole, and are allowed by the fuses whatever an unstable bit reads. One that a client tries again is included. */
export function bootableImages(board: Remains, images: Images): ImageName[] {
  return imagesWith(board, images, ({ earned }) => earned).filter((name) => isAllowed(board, name));
}

/** What a boot that hands over to a confirmed image has not burnt yet. */
function whatFusesLack(board: Ending, { handovers }: Recovery, images: Images): string | undefined {
  const name = handovers.at(-1)?.image;
  if (board.state !== 'firmware' || name === undefined || !isConfirmed(board, name, images)) return undefined;
  const { securityCounter } = recipes[name];
  const { securityCounter: counter, firstWeak } = factsOf(board.fuses);
  if (counter < securityCounter) return `${name} is confirmed with ${securityCounter}, the fuses say ${counter}`;
  return firstWeak < 0 ? undefined : `fuse word ${firstWeak} reads as chance has it, and nobody burns it again`;
}

/** Whether a trial was rolled back because power was lost in each of its boots. */
export function isTrialSpent(board: Remains): boolean {
  const slots = bootState(board)?.slots ?? [];
  return slots.some(({ state, reason }) => state === SlotState.REJECTED && reason === RejectReason.TRIALS_EXHAUSTED);
}

export function isConfirmed(board: Remains, name: ImageName, images: Images): boolean {
  return imagesWith(board, images, ({ state }) => state === SlotState.CONFIRMED).includes(name);
}

/** Images that a slot holds whole and that have this state in the boot state. */
function imagesWith(board: Remains, images: Images, isSo: (entry: BootStateEntry) => boolean): ImageName[] {
  const slots = bootState(board)?.slots ?? [];
  return slots.flatMap((entry, slot) => {
    const name = isSo(entry) ? imageIn(board, slot, images) : undefined;
    return name !== undefined && isSameBytes(entry.hash, hashOfImage(images[name])) ? [name] : [];
  });
}
