// What the bootloader told us: the hand-over record in RESET.MAILBOX (protocol/handover.ts).

import {
  HANDOVER_MAGIC,
  HANDOVER_MAGIC_VALUE,
  HANDOVER_SLOT,
  HANDOVER_STATE,
  HANDOVER_VERSION,
} from '../../protocol/guest/generated/constants';
import { readResetMailbox } from '../../protocol/guest/generated/registers';

export function handoverValid(): bool {
  return readResetMailbox(HANDOVER_MAGIC) == HANDOVER_MAGIC_VALUE;
}

export function runningSlot(): u32 {
  return readResetMailbox(HANDOVER_SLOT);
}

/** State at the hand-over; a confirm since then shows in the boot state, not here. */
export function stateAtHandover(): u32 {
  return readResetMailbox(HANDOVER_STATE);
}

/** major << 24 | minor << 16 | revision */
export function runningVersion(): u32 {
  return readResetMailbox(HANDOVER_VERSION);
}
