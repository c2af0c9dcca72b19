// Which slot runs, and which one may be overwritten.
//
// While an image runs, the other slot is spare, unless the running one is on trial: then the other holds what to fall back to.
// In safe mode nothing runs, and the slot that is worth less is spare: an empty one before an image, one that does not verify before one that
// does, an image nobody confirmed before a confirmed one, the older of two. What was found at the last look does not count there: an image
// may have rotted since, or be whole again, and be the only good one.

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
import { slotReason, slotState } from '../state/boot-state';
import { parseSlot, verifySlot } from '../verify';

export const NO_SLOT: u32 = 0xffffffff;

/** Looks at both slots anew: everything below speaks of what was found then. */
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
  return active != NO_SLOT && slotState(active) != SLOT_CONFIRMED;
}

/** Whether the slot holds a confirmed image that is good: by what was kept of the last look, or, where nothing runs, by a new one. */
export function holdsConfirmed(slot: u32): bool {
  if (!imageHasHash(slot) || slotState(slot) != SLOT_CONFIRMED) return false;
  if (activeSlot() == NO_SLOT) return verifySlot(slot) == REASON_NONE;
  return slotReason(slot) == REASON_NONE;
}

/** The slot an upload goes to, whether or not it may be taken now. */
export function spareSlot(): u32 {
  const active = activeSlot();
  if (active != NO_SLOT) return otherSlot(active);
  // Verifying takes a while, and is needless where there is nothing to lose.
  if (!imageHasHash(0) || !imageHasHash(1)) return imageHasHash(0) ? 1 : 0;
  const worthA = worth(0);
  const worthB = worth(1);
  if (worthA != worthB) return worthA < worthB ? 0 : 1;
  return imageVersion(0) <= imageVersion(1) ? 0 : 1;
}

function worth(slot: u32): u32 {
  if (verifySlot(slot) != REASON_NONE) return 0;
  return slotState(slot) == SLOT_CONFIRMED ? 2 : 1;
}

/** Whether an upload may take the spare slot. */
export function mayUpload(): bool {
  return !onTrial();
}

export function mayErase(slot: u32): bool {
  if (slot == activeSlot() || onTrial()) return false;
  return !holdsConfirmed(slot) || slot == spareSlot();
}
