// Makes the boot state say what was decided: one record, appended only if it differs from the last. Doing it twice does it once.
//
// What must stay true: no boot confirms. An image becomes CONFIRMED here only if it was confirmed once before; what it became is held against
// that once more, and so is every rejection against its cause, for both are for good.

import {
  EVENT_BOOT_REJECT,
  REASON_NONE,
  RECORD_ENTRY_STATE,
  RECORD_FLAG_EARNED,
  RECORD_FLAG_PERMANENT,
  RECORD_NO_SLOT,
  RECORD_RUNNING,
  SLOT_CONFIRMED,
  SLOT_PENDING,
  SLOT_REJECTED,
  SLOT_TRIAL,
} from '../protocol/guest/generated/constants';
import { recordEvent } from '../protocol/guest/record-event';
import { ACTION_BOOT, ACTION_VERIFY, Facts, Outcome, slotFacts, slotOutcome, UNCHECKED } from './facts';
import { SLOT_COUNT } from './image/slots';
import { entryIn, entrySpeaks, fillEntry, slotEarned, slotFlags } from './image/state/boot-state';
import { appendRecord, draftDiffers, draftRecord, journalWait } from './image/state/journal';

/** Writes the outcome down, waiting for flash. False where flash does not take it: nothing may then lean on it. */
export function act(facts: Facts, outcome: Outcome): bool {
  assert(outcome.action != ACTION_VERIFY, 'what is not decided yet is not done');
  assert(outcome.slot < SLOT_COUNT, 'there are two slots');
  const record = draftRecord();
  for (let slot: u32 = 0; slot < SLOT_COUNT; slot++) draftEntry(record, facts, outcome, slot);
  store<u32>(record, outcome.action == ACTION_BOOT ? outcome.slot : RECORD_NO_SLOT, RECORD_RUNNING);
  if (!draftDiffers()) return true;
  appendRecord();
  return journalWait();
}

/** A trial may end in many ways; any other image is rejected only when it was looked at and found bad. */
function hasCause(facts: Facts, slot: u32, before: u32): bool {
  if (before == SLOT_TRIAL || before == SLOT_REJECTED) return true;
  const verdict = slotFacts(facts, slot).verdict;
  return verdict != REASON_NONE && verdict != UNCHECKED;
}

/** The state that was decided, where it can be; else the one before. */
function heldAgainstFacts(facts: Facts, outcome: Outcome, slot: u32): u32 {
  const before = slotFacts(facts, slot).state;
  const state = slotOutcome(outcome, slot).state;
  if (before == SLOT_CONFIRMED) return before;
  if (state == SLOT_CONFIRMED && !slotEarned(slot)) return before;
  if (state == SLOT_REJECTED && (slotEarned(slot) || !hasCause(facts, slot, before))) return before;
  return state;
}

function draftEntry(record: usize, facts: Facts, outcome: Outcome, slot: u32): void {
  const to = slotOutcome(outcome, slot);
  const before = slotFacts(facts, slot).state;
  const speaks = entrySpeaks(slot);
  const known: u32 = load<u8>(entryIn(record, slot), RECORD_ENTRY_STATE);
  let state = heldAgainstFacts(facts, outcome, slot);
  if (speaks && known == SLOT_CONFIRMED) state = SLOT_CONFIRMED;
  if (state == SLOT_REJECTED && before != SLOT_REJECTED) recordEvent(EVENT_BOOT_REJECT, slot, to.reason);
  // Nothing was decided about an image the entry does not know: the entry may still be about one that comes back.
  if (!speaks && state == before) return;
  // A confirmed image whose own hash TLV rotted shows as another one. Its rejection must not cost the good one its entry.
  if (!speaks && state == SLOT_REJECTED && known == SLOT_CONFIRMED) return;
  const keepsReason = state == SLOT_REJECTED || state == SLOT_CONFIRMED;
  fillEntry(
    record,
    slot,
    state,
    keepsReason ? to.reason : REASON_NONE,
    state == SLOT_TRIAL ? to.bootsLeft : 0,
    flagsIn(state, slotFlags(slot), to.permanent),
  );
}

/** Wishes last as long as the image is asked for; that it was confirmed once, for ever. */
function flagsIn(state: u32, flags: u32, permanent: u32): u32 {
  assert(permanent <= 1, 'it confirms itself or it does not');
  if (state == SLOT_CONFIRMED) return RECORD_FLAG_EARNED;
  if (state != SLOT_PENDING && state != SLOT_TRIAL) return 0;
  return flags | (permanent != 0 ? RECORD_FLAG_PERMANENT : 0);
}
