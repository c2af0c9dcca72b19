// Which slot runs, and which one may be overwritten.
//
// While an image runs, the other slot is spare, unless the running one is on trial: then the other holds what to fall back to.
// In safe mode nothing runs, and the slot that is worth less is spare:
//
//   worth   what is in the slot
//   0       nothing that verifies
//   1       an image that was never confirmed
//   2       one that was, and failed when it ran
//   3       one that was
//
// Of two that are worth the same, the one that was not confirmed last is spare; where that does not tell, the older one. The result of the last look
// does not count: an image may have rotted since, or read well again, and be the only good one. The only good image is neither overwritten nor
// erased.

import {
  HANDOVER_MAGIC,
  HANDOVER_MAGIC_VALUE,
  HANDOVER_SLOT,
  REASON_NONE,
  SLOT_CONFIRMED,
} from '../../../protocol/guest/generated/constants';
import { readResetMailbox } from '../../../protocol/guest/generated/registers';
import { imageHasHash, imageVersion } from '../info';
import { otherSlot, SLOT_COUNT } from '../slots';
import { confirmedLast, slotEarned, slotReason, slotState } from '../state/boot-state';
import { failedWhenRun } from '../state/failed-when-run';
import { parseSlot, verifySlot } from '../verify';

export const NO_SLOT: u32 = 0xffffffff;

const WORTH_FAILED: u32 = 2;
const WORTH_MOST: u32 = 3;

/** Looks at both slots again. Everything below uses what was found then. */
export function readSlots(): void {
  for (let slot: u32 = 0; slot < SLOT_COUNT; slot++) parseSlot(slot);
}

/** The slot whose image runs, or NO_SLOT in the bootloader: reset clears the hand-over record. */
export function activeSlot(): u32 {
  if (readResetMailbox(HANDOVER_MAGIC) != HANDOVER_MAGIC_VALUE) return NO_SLOT;
  const slot = readResetMailbox(HANDOVER_SLOT);
  assert(slot < SLOT_COUNT, 'the bootloader hands over one of two slots');
  return slot;
}

/** Whether the running image is not confirmed yet. */
export function onTrial(): bool {
  const active = activeSlot();
  assert(active == NO_SLOT || active < SLOT_COUNT, 'one of two slots runs, or none');
  return active != NO_SLOT && slotState(active) != SLOT_CONFIRMED;
}

/** Whether the slot holds an image that was confirmed once and verifies now. */
function holdsGood(slot: u32): bool {
  assert(slot < SLOT_COUNT, 'there are two slots');
  return imageHasHash(slot) && slotEarned(slot) && verifySlot(slot) == REASON_NONE;
}

/** Whether the image boots next as it is: confirmed, not known to fail, and no other confirmed one comes before it. */
export function bootsNext(slot: u32): bool {
  assert(slot < SLOT_COUNT, 'there are two slots');
  assert(activeSlot() == NO_SLOT, 'it is asked in safe mode, where nothing runs');
  if (slotState(slot) != SLOT_CONFIRMED || failedWhenRun(slotReason(slot))) return false;
  const rival = otherSlot(slot);
  if (slotState(rival) == SLOT_CONFIRMED) return confirmedLast() == slot || !holdsGood(rival);
  return true;
}

/** The slot an upload goes to, whether or not it may be taken now. */
export function spareSlot(): u32 {
  const active = activeSlot();
  if (active != NO_SLOT) return otherSlot(active);
  // Verifying takes a while, and is needless where there is nothing to lose.
  if (!imageHasHash(0) || !imageHasHash(1)) return imageHasHash(0) ? 1 : 0;
  const worthA = worth(0);
  const worthB = worth(1);
  assert(worthA <= WORTH_MOST && worthB <= WORTH_MOST, 'an image has one of four worths');
  if (worthA != worthB) return worthA < worthB ? 0 : 1;
  if (worthA >= WORTH_FAILED && confirmedLast() < SLOT_COUNT) return otherSlot(confirmedLast());
  return imageVersion(0) <= imageVersion(1) ? 0 : 1;
}

function worth(slot: u32): u32 {
  assert(activeSlot() == NO_SLOT, 'while an image runs the other slot is spare');
  if (verifySlot(slot) != REASON_NONE) return 0;
  if (!slotEarned(slot)) return 1;
  return failedWhenRun(slotReason(slot)) ? WORTH_FAILED : WORTH_MOST;
}

/** Whether an upload may take the spare slot. */
export function mayUpload(): bool {
  return !onTrial();
}

/** Any slot but the one that runs, what to fall back to from a trial, and, in safe mode, the only good one. */
export function mayErase(slot: u32): bool {
  assert(slot < SLOT_COUNT, 'there are two slots');
  if (activeSlot() != NO_SLOT) return slot != activeSlot() && !onTrial();
  return !holdsGood(slot) || holdsGood(otherSlot(slot));
}
