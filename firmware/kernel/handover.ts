// What the bootloader told us: the hand-over record in RESET.MAILBOX (protocol/handover.ts).
//
// What must stay true: where the record is not valid, its fields may have any value; where it is valid, they have values of the contract.

import {
  HANDOVER_MAGIC,
  HANDOVER_MAGIC_VALUE,
  HANDOVER_SLOT,
  HANDOVER_STATE,
  HANDOVER_VERSION,
  SLOT_REJECTED,
} from '../../protocol/guest/generated/constants';
import { readResetMailbox } from '../../protocol/guest/generated/registers';

const SLOT_COUNT: u32 = 2;

export function handoverValid(): bool {
  return readResetMailbox(HANDOVER_MAGIC) == HANDOVER_MAGIC_VALUE;
}

export function runningSlot(): u32 {
  const slot = readResetMailbox(HANDOVER_SLOT);
  assert(slot < SLOT_COUNT || !handoverValid(), 'a record that is valid names one of two slots');
  return slot;
}

/** State at the hand-over; a confirm since then shows in the boot state, not here. */
export function stateAtHandover(): u32 {
  const state = readResetMailbox(HANDOVER_STATE);
  assert(state <= SLOT_REJECTED || !handoverValid(), 'a record that is valid has a state of a slot');
  assert(state != SLOT_REJECTED || !handoverValid(), 'a rejected image is not handed over to');
  return state;
}

/** major << 24 | minor << 16 | revision */
export function runningVersion(): u32 {
  assert(HANDOVER_VERSION != HANDOVER_MAGIC, 'the record has a word for it');
  return readResetMailbox(HANDOVER_VERSION);
}
