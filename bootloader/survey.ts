// Gathers the facts decide.ts decides on: the only place where the decision's inputs are read from the chip.

import { safeModeStrap } from '../protocol/guest/fuse-read';
import {
  POLICY_TRIAL_BOOTS,
  REASON_SLOT_EMPTY,
  RECORD_FLAG_EARNED,
  RECORD_FLAG_OLDER,
  RECORD_FLAG_PERMANENT,
  SLOT_REJECTED,
  SLOT_UNMARKED,
} from '../protocol/guest/generated/constants';
import {
  RESET_BOOT_REQUEST_MODE,
  RESET_BOOT_REQUEST_MODE_SAFE_MODE,
  RESET_BOOT_REQUEST_TRIAL_FAILURE,
  RESET_BOOT_REQUEST_TRIAL_FAILURE_SHIFT,
  RESET_CAUSE_CAUSE_FAULT,
  RESET_CAUSE_CAUSE_PIN,
  RESET_CAUSE_CAUSE_POWER_ON,
  RESET_FAULT_CAUSE_CAUSE_IMAGE_REFUSED,
  RESET_RESETS_IN_A_ROW_COUNT,
  RESET_RESETS_IN_A_ROW_TRIED,
  RESET_RESETS_IN_A_ROW_TRIED_SHIFT,
  readResetBootRequest,
  readResetCause,
  readResetFaultCause,
  readResetResetsInARow,
} from '../protocol/guest/generated/registers';
import { Facts, SlotFacts, slotFacts, UNCHECKED } from './facts';
import { SLOT_COUNT } from './image/slots';
import {
  confirmedLast,
  lastRunning,
  slotBootsLeft,
  slotFlags,
  slotReason,
  slotState,
  slotVersion,
} from './image/state/boot-state';
import { slotHasToken, tokenDisplaces } from './image/token';
import { parseSlot } from './image/verify';

/** Fills the facts from registers, fuses, boot state and both slots' headers. Nothing is verified yet. */
export function survey(facts: Facts): void {
  const request = readResetBootRequest();
  facts.cause = readResetCause();
  facts.coreRefused = coreRefused(facts.cause) ? 1 : 0;
  facts.safeModeAsked = (request & RESET_BOOT_REQUEST_MODE) == RESET_BOOT_REQUEST_MODE_SAFE_MODE ? 1 : 0;
  facts.strap = safeModeStrap() ? 1 : 0;
  facts.writable = 1;
  facts.running = lastRunning();
  facts.givenUp = (request & RESET_BOOT_REQUEST_TRIAL_FAILURE) >> RESET_BOOT_REQUEST_TRIAL_FAILURE_SHIFT;
  facts.confirmedLast = confirmedLast();
  surveyRow(facts);
  for (let slot: u32 = 0; slot < SLOT_COUNT; slot++) surveySlot(slotFacts(facts, slot), slot);
  assert(facts.coreRefused == 0 || facts.cause == RESET_CAUSE_CAUSE_FAULT, 'a refused module is a fault');
  assert(facts.givenUp <= RESET_BOOT_REQUEST_TRIAL_FAILURE >> RESET_BOOT_REQUEST_TRIAL_FAILURE_SHIFT, 'one field');
}

function coreRefused(cause: u32): bool {
  return cause == RESET_CAUSE_CAUSE_FAULT && readResetFaultCause() == RESET_FAULT_CAUSE_CAUSE_IMAGE_REFUSED;
}

/**
 * Resets in a row that were not requested, this one included. Power and the pin come from people: a new row begins. A brown-out counts:
 * an image that switches on more than the supply can give must not cause brown-outs without end.
 */
function surveyRow(facts: Facts): void {
  const row = readResetResetsInARow();
  const fresh = facts.cause == RESET_CAUSE_CAUSE_POWER_ON || facts.cause == RESET_CAUSE_CAUSE_PIN;
  const count = row & RESET_RESETS_IN_A_ROW_COUNT;
  facts.resets = fresh ? 0 : min<u32>(count + 1, RESET_RESETS_IN_A_ROW_COUNT);
  facts.tried = fresh ? 0 : (row & RESET_RESETS_IN_A_ROW_TRIED) >> RESET_RESETS_IN_A_ROW_TRIED_SHIFT;
  assert(fresh || facts.resets != 0, 'a reset that is no new beginning counts');
  assert(facts.resets <= RESET_RESETS_IN_A_ROW_COUNT, 'the count stops at the most the register holds');
  assert(facts.tried < 1 << SLOT_COUNT, 'each slot has a bit');
}

function surveySlot(facts: SlotFacts, slot: u32): void {
  const reason = parseSlot(slot);
  const flags = slotFlags(slot);
  facts.state = slotState(slot);
  facts.permanent = (flags & RECORD_FLAG_PERMANENT) != 0 ? 1 : 0;
  facts.older = (flags & RECORD_FLAG_OLDER) != 0 ? 1 : 0;
  facts.earned = (flags & RECORD_FLAG_EARNED) != 0 ? 1 : 0;
  facts.bootsLeft = slotBootsLeft(slot);
  const token = slotHasToken(slot);
  // With a token the image counts as having the newest version that the token lets it displace.
  facts.version = token ? max(slotVersion(slot), tokenDisplaces()) : slotVersion(slot);
  facts.token = token ? 1 : 0;
  // Anything else that is wrong is found again by two verifications before the image loses its state.
  facts.verdict = reason == REASON_SLOT_EMPTY && facts.state == SLOT_UNMARKED ? reason : UNCHECKED;
  facts.reason = slotReason(slot);
  facts.recovery = 0;
  assert(facts.state <= SLOT_REJECTED, 'a slot has one of five states');
  assert(facts.bootsLeft < POLICY_TRIAL_BOOTS, 'a trial has a limit');
  assert(facts.version >= slotVersion(slot), 'a token never makes an image older');
  assert(facts.reason <= 0xff, 'a record keeps a reason in a byte');
}
