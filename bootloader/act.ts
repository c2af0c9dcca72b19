// Makes the boot state say what was decided: one record, appended only if it differs from the last. Doing it twice does it once.

import {
  EVENT_BOOT_REJECT,
  REASON_NONE,
  RECORD_ENTRY_STATE,
  RECORD_NO_SLOT,
  RECORD_RUNNING,
  SLOT_CONFIRMED,
  SLOT_REJECTED,
  SLOT_TRIAL,
} from '../protocol/guest/generated/constants';
import { recordEvent } from '../protocol/guest/record-event';
import {
  ACTION_BOOT,
  ACTION_VERIFY,
  OUTCOME_ACTION,
  OUTCOME_SLOT,
  SLOT_FACT_STATE,
  SLOT_FACT_VERDICT,
  SLOT_OUTCOME_BOOTS_LEFT,
  SLOT_OUTCOME_REASON,
  SLOT_OUTCOME_STATE,
  slotFacts,
  slotOutcome,
  UNCHECKED,
} from './facts';
import { SLOT_COUNT } from './image/slots';
import { entryIn, entrySpeaks, fillEntry } from './image/state/boot-state';
import { appendRecord, draftDiffers, draftRecord, journalWait } from './image/state/journal';

/** Writes the outcome down, waiting for flash. False where flash does not take it: nothing may then lean on it. */
export function act(facts: usize, outcome: usize): bool {
  const action = load<u32>(outcome, OUTCOME_ACTION);
  assert(action != ACTION_VERIFY, 'what is not decided yet is not done');
  const record = draftRecord();
  for (let slot: u32 = 0; slot < SLOT_COUNT; slot++) draftEntry(record, facts, outcome, slot);
  store<u32>(record, action == ACTION_BOOT ? load<u32>(outcome, OUTCOME_SLOT) : RECORD_NO_SLOT, RECORD_RUNNING);
  if (!draftDiffers()) return true;
  appendRecord();
  return journalWait();
}

/** A trial may end in many ways; any other image is rejected only when it was looked at and found bad. */
function hasCause(facts: usize, slot: u32, before: u32): bool {
  if (before == SLOT_TRIAL || before == SLOT_REJECTED) return true;
  const verdict = load<u32>(slotFacts(facts, slot), SLOT_FACT_VERDICT);
  return verdict != REASON_NONE && verdict != UNCHECKED;
}

function draftEntry(record: usize, facts: usize, outcome: usize, slot: u32): void {
  const to = slotOutcome(outcome, slot);
  const before = load<u32>(slotFacts(facts, slot), SLOT_FACT_STATE);
  const speaks = entrySpeaks(slot);
  const reason = load<u32>(to, SLOT_OUTCOME_REASON);
  let state = load<u32>(to, SLOT_OUTCOME_STATE);
  // Held against the facts once more, for it is for good: what was confirmed stays so, and nobody is rejected without a cause.
  if (state == SLOT_REJECTED && !hasCause(facts, slot, before)) state = before;
  if (before == SLOT_CONFIRMED || (speaks && <u32>load<u8>(entryIn(record, slot)) == SLOT_CONFIRMED))
    state = SLOT_CONFIRMED;
  if (state == SLOT_REJECTED && before != SLOT_REJECTED) recordEvent(EVENT_BOOT_REJECT, slot, reason);
  // Nothing was decided about an image the entry does not know: the entry may still be about one that comes back.
  if (!speaks && state == before) return;
  // A confirmed image whose own hash TLV rotted shows as another one. Its rejection must not cost the good one its entry.
  if (!speaks && state == SLOT_REJECTED && <u32>load<u8>(entryIn(record, slot), RECORD_ENTRY_STATE) == SLOT_CONFIRMED)
    return;
  const keepsReason = state == SLOT_REJECTED || state == SLOT_CONFIRMED;
  const bootsLeft = state == SLOT_TRIAL ? load<u32>(to, SLOT_OUTCOME_BOOTS_LEFT) : 0;
  fillEntry(record, slot, state, keepsReason ? reason : REASON_NONE, bootsLeft);
}
