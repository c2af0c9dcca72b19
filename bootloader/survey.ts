// Gathers the facts decide.ts decides on: the only place where the decision's inputs are read from the chip.

import { safeModeStrap } from '../protocol/guest/fuse-read';
import { REASON_SLOT_EMPTY, SLOT_UNMARKED } from '../protocol/guest/generated/constants';
import {
  RESET_BOOT_REQUEST_MODE,
  RESET_BOOT_REQUEST_MODE_SAFE_MODE,
  RESET_BOOT_REQUEST_TRIAL_FAILURE,
  RESET_BOOT_REQUEST_TRIAL_FAILURE_SHIFT,
  RESET_CAUSE_CAUSE_FAULT,
  RESET_CAUSE_CAUSE_PIN,
  RESET_CAUSE_CAUSE_POWER_ON,
  RESET_FAULT_CAUSE_CAUSE_IMAGE_REFUSED,
  readResetBootRequest,
  readResetCause,
  readResetFaultCause,
  readResetResetsInARow,
} from '../protocol/guest/generated/registers';
import {
  FACT_CAUSE,
  FACT_CORE_REFUSED,
  FACT_GIVEN_UP,
  FACT_RESETS,
  FACT_RUNNING,
  FACT_SAFE_MODE_ASKED,
  FACT_STRAP,
  FACT_WRITABLE,
  SLOT_FACT_BOOTS_LEFT,
  SLOT_FACT_PERMANENT,
  SLOT_FACT_REASON,
  SLOT_FACT_RECOVERY,
  SLOT_FACT_STATE,
  SLOT_FACT_TOKEN,
  SLOT_FACT_VERDICT,
  SLOT_FACT_VERSION,
  slotFacts,
  UNCHECKED,
} from './facts';
import { SLOT_COUNT } from './image/slots';
import {
  lastRunning,
  slotBootsLeft,
  slotPermanent,
  slotReason,
  slotState,
  slotVersion,
} from './image/state/boot-state';
import { slotHasToken, tokenDisplaces } from './image/token';
import { parseSlot } from './image/verify';

/** Fills the facts from registers, fuses, boot state and both slots' headers. Nothing is verified yet. */
export function survey(facts: usize): void {
  const cause = readResetCause();
  const refused = cause == RESET_CAUSE_CAUSE_FAULT && readResetFaultCause() == RESET_FAULT_CAUSE_CAUSE_IMAGE_REFUSED;
  const request = readResetBootRequest();
  const asked = (request & RESET_BOOT_REQUEST_MODE) == RESET_BOOT_REQUEST_MODE_SAFE_MODE;
  store<u32>(facts, cause, FACT_CAUSE);
  store<u32>(facts, refused ? 1 : 0, FACT_CORE_REFUSED);
  store<u32>(facts, asked ? 1 : 0, FACT_SAFE_MODE_ASKED);
  store<u32>(facts, safeModeStrap() ? 1 : 0, FACT_STRAP);
  store<u32>(facts, 1, FACT_WRITABLE);
  store<u32>(facts, lastRunning(), FACT_RUNNING);
  store<u32>(
    facts,
    (request & RESET_BOOT_REQUEST_TRIAL_FAILURE) >> RESET_BOOT_REQUEST_TRIAL_FAILURE_SHIFT,
    FACT_GIVEN_UP,
  );
  store<u32>(facts, countResets(cause), FACT_RESETS);
  for (let slot: u32 = 0; slot < SLOT_COUNT; slot++) surveySlot(slotFacts(facts, slot), slot);
}

/** Resets in a row that nobody asked for, this one included. Power and the pin come from people: they begin anew. */
function countResets(cause: u32): u32 {
  if (cause == RESET_CAUSE_CAUSE_POWER_ON || cause == RESET_CAUSE_CAUSE_PIN) return 0;
  return readResetResetsInARow() + 1;
}

function surveySlot(facts: usize, slot: u32): void {
  const reason = parseSlot(slot);
  store<u32>(facts, slotState(slot), SLOT_FACT_STATE);
  store<u32>(facts, slotPermanent(slot) ? 1 : 0, SLOT_FACT_PERMANENT);
  store<u32>(facts, slotBootsLeft(slot), SLOT_FACT_BOOTS_LEFT);
  const token = slotHasToken(slot);
  // A token makes its image as good as the newest it may displace, and no better.
  store<u32>(facts, token ? max(slotVersion(slot), tokenDisplaces()) : slotVersion(slot), SLOT_FACT_VERSION);
  store<u32>(facts, token ? 1 : 0, SLOT_FACT_TOKEN);
  // Whatever else is wrong is found again, twice, before it costs an image its state.
  const empty = reason == REASON_SLOT_EMPTY && slotState(slot) == SLOT_UNMARKED;
  store<u32>(facts, empty ? reason : UNCHECKED, SLOT_FACT_VERDICT);
  store<u32>(facts, slotReason(slot), SLOT_FACT_REASON);
  store<u32>(facts, 0, SLOT_FACT_RECOVERY);
}
