// What the boot state says of each slot, as STAT set `slots`: the reason of a rejection has no place in the replies of group IMG.

import { SLOT_REJECTED } from '../../../protocol/guest/generated/constants';
import { addCounter, addStatistics } from '../../../protocol/guest/smp/stat';
import { imageReason } from '../info';
import { SLOT_COUNT } from '../slots';
import { slotReason, slotState } from '../state/boot-state';

@unmanaged
class SlotFigures {
  /** SLOT_*. */
  state: u32 = 0;
  /** REASON_* that the boot state keeps. */
  reason: u32 = 0;
  /** REASON_* that the last look at header and TLVs found. */
  found: u32 = 0;
}

const FIGURES_SIZE: u32 = 12;
const figures: usize = memory.data(<i32>(SLOT_COUNT * FIGURES_SIZE), 4);

function figuresOf(slot: u32): SlotFigures {
  assert(slot < SLOT_COUNT, 'there are two slots');
  assert(offsetof<SlotFigures>() == <usize>FIGURES_SIZE, 'the figures of a slot fit their place');
  return changetype<SlotFigures>(figures + slot * FIGURES_SIZE);
}

export function reportSlots(): void {
  assert(SLOT_COUNT == 2, 'the names are those of two slots');
  const a = changetype<usize>(figuresOf(0));
  const b = changetype<usize>(figuresOf(1));
  addStatistics('slots');
  addCounter('a_state', a + offsetof<SlotFigures>('state'));
  addCounter('a_reason', a + offsetof<SlotFigures>('reason'));
  addCounter('a_found', a + offsetof<SlotFigures>('found'));
  addCounter('b_state', b + offsetof<SlotFigures>('state'));
  addCounter('b_reason', b + offsetof<SlotFigures>('reason'));
  addCounter('b_found', b + offsetof<SlotFigures>('found'));
}

/** Copies what the last look at the slots found into the block that STAT reads. */
export function refreshSlots(): void {
  for (let slot: u32 = 0; slot < SLOT_COUNT; slot++) {
    const to = figuresOf(slot);
    to.state = slotState(slot);
    to.reason = slotReason(slot);
    to.found = imageReason(slot);
    assert(to.state <= SLOT_REJECTED, 'a slot has one of five states');
  }
}
