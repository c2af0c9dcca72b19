// The two image slots by number: 0 is A, 1 is B.

import { MAP_SLOT_A, MAP_SLOT_B, MAP_SLOT_SIZE } from '../../protocol/guest/generated/constants';

export const SLOT_COUNT: u32 = 2;

/** Flash address of the slot's first byte. */
export function slotAddress(slot: u32): u32 {
  assert(slot < SLOT_COUNT, 'there are two slots');
  assert(MAP_SLOT_B == MAP_SLOT_A + MAP_SLOT_SIZE, 'slot B follows slot A');
  return slot == 0 ? MAP_SLOT_A : MAP_SLOT_B;
}

/** The same by other code, for the checks that must not depend on one answer. */
export function addressAgain(slot: u32): u32 {
  assert(slot < SLOT_COUNT, 'there are two slots');
  assert(MAP_SLOT_B > MAP_SLOT_A, 'slot B is the later one');
  return MAP_SLOT_A + slot * (MAP_SLOT_B - MAP_SLOT_A);
}

export function otherSlot(slot: u32): u32 {
  assert(slot < SLOT_COUNT, 'there are two slots');
  assert(SLOT_COUNT == 2, 'each slot has one other');
  return slot ^ 1;
}
