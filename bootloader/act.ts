// Writes what was decided into the boot state: one record, appended only if it differs from the last. To do it twice changes nothing more.
//
// What must stay true: no boot confirms. An image becomes CONFIRMED here only if it was confirmed once before, and REJECTED only for a cause. Both
// are checked here once more, because no later boot takes them back. And nothing is written that the second decision refuses (second-decision.ts):
// so a decision that went wrong in this boot leaves nothing behind for the next.

import { copyFromBus } from '../protocol/guest/dma';
import {
  EVENT_BOOT_REJECT,
  REASON_NONE,
  RECORD_FLAG_EARNED,
  RECORD_FLAG_PERMANENT,
  RECORD_FLAGS_ALL,
  RECORD_NO_SLOT,
  SLOT_CONFIRMED,
  SLOT_PENDING,
  SLOT_REJECTED,
  SLOT_TRIAL,
  SLOT_UNMARKED,
} from '../protocol/guest/generated/constants';
import { recordEvent } from '../protocol/guest/record-event';
import { SHA256_DIGEST_SIZE } from './crypto/sha256';
import { ACTION_BOOT, ACTION_VERIFY, Facts, Outcome, slotFacts, slotOutcome, UNCHECKED } from './facts';
import { hashesDiffer } from './image/differences';
import { imageHash, imageInfo } from './image/info';
import { SLOT_COUNT, slotAddress } from './image/slots';
import { entrySpeaks, fillEntry, slotEarned, slotFlags } from './image/state/boot-state';
import { appendRecord, current, draftDiffers, draftRecord, journalWait } from './image/state/journal';
import { entryIn, hashIn, tailOf } from './image/state/record';
import { DECISION_GOOD, decideAgain } from './permit';

const name: usize = memory.data(<i32>SHA256_DIGEST_SIZE, 8);

/** Writes the outcome and waits for flash. Returns false where flash does not take the record; then nothing may depend on it. */
export function act(facts: Facts, outcome: Outcome): bool {
  assert(outcome.action != ACTION_VERIFY, 'what is not decided yet is not done');
  assert(outcome.slot < SLOT_COUNT, 'there are two slots');
  const record = draftRecord();
  for (let slot: u32 = 0; slot < SLOT_COUNT; slot++) draftEntry(record, facts, outcome, slot);
  assert(facts.writable <= 1, 'flash takes records or it does not');
  tailOf(record).running = outcome.action == ACTION_BOOT ? outcome.slot : RECORD_NO_SLOT;
  assert(decideAgain(record, facts.writable) == DECISION_GOOD, 'the second decision is the first');
  if (facts.writable == 0 || !draftDiffers()) return true;
  appendRecord();
  return journalWait();
}

/** A trial may end in many ways; any other image is rejected only when it was looked at and found bad. */
function hasCause(facts: Facts, slot: u32, before: u32): bool {
  assert(before != SLOT_CONFIRMED, 'what is confirmed is not rejected');
  if (before == SLOT_TRIAL || before == SLOT_REJECTED) return true;
  const verdict = slotFacts(facts, slot).verdict;
  return verdict != REASON_NONE && verdict != UNCHECKED;
}

/** The state that was decided, where the facts allow it; else the state before. */
function heldAgainstFacts(facts: Facts, outcome: Outcome, slot: u32): u32 {
  const before = slotFacts(facts, slot).state;
  const state = slotOutcome(outcome, slot).state;
  assert(before <= SLOT_REJECTED && state <= SLOT_REJECTED, 'a slot has one of five states');
  if (before == SLOT_CONFIRMED) return before;
  if (state == SLOT_CONFIRMED && !slotEarned(slot)) return before;
  if (state == SLOT_REJECTED && (slotEarned(slot) || !hasCause(facts, slot, before))) return before;
  return state;
}

function draftEntry(record: usize, facts: Facts, outcome: Outcome, slot: u32): void {
  const to = slotOutcome(outcome, slot);
  const before = slotFacts(facts, slot).state;
  const speaks = entrySpeaks(slot);
  const known: u32 = entryIn(record, slot).state;
  let state = heldAgainstFacts(facts, outcome, slot);
  if (speaks && known == SLOT_CONFIRMED) state = SLOT_CONFIRMED;
  if (state == SLOT_REJECTED && before != SLOT_REJECTED) recordEvent(EVENT_BOOT_REJECT, slot, to.reason);
  // The entry is about another image, so nothing was decided about it. It stays, because its own image may read well again one day.
  if (!speaks && state == before) return;
  // A rejection is about one image. Where its hash does not read the same again, nothing is written; the next boot looks at it again.
  if (!speaks && state == SLOT_REJECTED && !nameReadsAgain(slot)) return;
  // A confirmed image whose own hash TLV rotted shows as another one. Its rejection must not cost the good one its entry.
  if (!speaks && state == SLOT_REJECTED && known == SLOT_CONFIRMED) return;
  assert(state != SLOT_UNMARKED, 'a boot forgets no image');
  assert(state != SLOT_CONFIRMED || slotEarned(slot), 'no boot confirms');
  const keepsReason = state == SLOT_REJECTED || state == SLOT_CONFIRMED;
  fillEntry(
    record,
    slot,
    state,
    keepsReason ? to.reason : REASON_NONE,
    state == SLOT_TRIAL ? to.bootsLeft : 0,
    flagsIn(state, slotFlags(slot), to.permanent),
  );
  const about = speaks ? hashIn(current, slot) : imageHash(slot);
  assert(hashesDiffer(hashIn(record, slot), about) == 0, 'an entry is about the image that was decided on');
}

/** Whether the name that was read of the image in the slot is in flash. Bits that a power cut left undecided may read differently. */
function nameReadsAgain(slot: u32): bool {
  const at = imageInfo(slot).hashAt;
  assert(at == 0 || at > slotAddress(slot), 'a hash TLV is in its slot');
  if (at == 0) return true;
  copyFromBus(name, at, SHA256_DIGEST_SIZE);
  return hashesDiffer(name, imageHash(slot)) == 0;
}

/** The flags of requests last as long as the image is requested. EARNED lasts for ever. */
function flagsIn(state: u32, flags: u32, permanent: u32): u32 {
  assert(permanent <= 1, 'it confirms itself or it does not');
  assert(flags <= RECORD_FLAGS_ALL, 'flags are those of the record');
  if (state == SLOT_CONFIRMED) return RECORD_FLAG_EARNED;
  if (state != SLOT_PENDING && state != SLOT_TRIAL) return 0;
  return flags | (permanent != 0 ? RECORD_FLAG_PERMANENT : 0);
}
