// What the boot state says of each slot, as STAT set `slots`: the reason of a rejection has no place in the IMG group's replies.
//
//   0 state of A (SLOT_*)   4 reason kept (REASON_*)   8 reason found at the last look at its header and TLVs   12 to 20 the same of B

import { addCounter, addStatistics } from '../../../protocol/guest/smp/stat';
import { imageReason } from '../info';
import { SLOT_COUNT } from '../slots';
import { slotReason, slotState } from '../state/boot-state';

const FIGURES_SIZE: u32 = 12;
const figures: usize = memory.data(<i32>(SLOT_COUNT * FIGURES_SIZE), 4);

export function reportSlots(): void {
  addStatistics('slots');
  addCounter('a_state', figures);
  addCounter('a_reason', figures + 4);
  addCounter('a_found', figures + 8);
  addCounter('b_state', figures + FIGURES_SIZE);
  addCounter('b_reason', figures + FIGURES_SIZE + 4);
  addCounter('b_found', figures + FIGURES_SIZE + 8);
}

/** As of the last look at the slots; STAT reads figures where they stand. */
export function refreshSlots(): void {
  for (let slot: u32 = 0; slot < SLOT_COUNT; slot++) {
    store<u32>(figures + slot * FIGURES_SIZE, slotState(slot));
    store<u32>(figures + slot * FIGURES_SIZE, slotReason(slot), 4);
    store<u32>(figures + slot * FIGURES_SIZE, imageReason(slot), 8);
  }
}
