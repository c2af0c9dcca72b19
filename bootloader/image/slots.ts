// The two image slots by number: 0 is A, 1 is B.

import { MAP_SLOT_A, MAP_SLOT_B } from '../../protocol/guest/generated/constants';

export const SLOT_COUNT: u32 = 2;

/** Flash address of the slot's first byte. */
export function slotAddress(slot: u32): u32 {
  assert(slot < SLOT_COUNT, 'there are two slots');
  return slot == 0 ? MAP_SLOT_A : MAP_SLOT_B;
}

export function otherSlot(slot: u32): u32 {
  assert(slot < SLOT_COUNT, 'there are two slots');
  return slot ^ 1;
}
