// What to do with this boot: a pure function from facts to an outcome. It reads no register and writes none.
//
// The states of a slot’s image, and what changes them. Only a client, or the image itself once it is healthy, confirms; no boot does.
//
//               test, --pad,                boots               confirm, by a client; or by itself,
//               --confirm                                       if it is PERMANENT
//   UNMARKED ----------------> PENDING ------------> TRIAL ------------------------------------> CONFIRMED: it has EARNED it
//      ^                          |                    |                                            ^   |
//      | upload, erase            | does not verify    | fails, does not verify                     |   | test, in safe mode also confirm
//      |                          v                    v                                            |   v
//      '--------------------- REJECTED, with a reason; or, if it was confirmed before ---------- CONFIRMED, with a reason
//
// 1. How the last run of an image ended, by the cause of this reset (last-run.ts)
//
//   cause                      TRIAL with boots left     with none             CONFIRMED
//   POWER_ON, PIN              goes on                   TRIALS_EXHAUSTED      its row of resets begins anew
//   BROWN_OUT                  goes on                   BROWN_OUTS            one more in the row
//   SOFTWARE                   UNCONFIRMED, or the reason of the firmware     one more, or none where it was requested
//   WATCHDOG                   WATCHDOG                                        one more
//   FAULT                      FAULT, or CORE_REFUSED                          one more; CORE_REFUSED: passed over now
//   TRIAL_TIMEOUT              TRIAL_TIMEOUT                                   one more
//
//   A trial that ends so has failed. A confirmed image that has POLICY_RESETS_IN_A_ROW_MAX of them behind it has failed (LOOPING), and has had its
//   turn: it is not run again in this row. A row ends when firmware was healthy for a minute, at a requested reset, or when power comes.
//
// 2. Who boots: the strap and a request keep the bootloader in control. Else the first by class that verifies
//
//   class   who
//   0       PENDING, TRIAL: requested; not older than a confirmed image beside it, or allowed to be (OLDER)
//   1       CONFIRMED, and it did not fail when it ran
//   2       PENDING, TRIAL, but older than the confirmed image beside it
//   3       CONFIRMED, but it failed when it ran: LOOPING, CORE_REFUSED, or a trial of it that ended badly
//   4       CONFIRMED, and a trial of it failed in this very boot
//   5       UNMARKED: a rescue, on trial
//   none    REJECTED; no image; has had its turn, or was refused by the core just now; would be on trial, and no record can be written
//
//   Two of one class: of two CONFIRMED the one confirmed last. Where that does not tell: the newer version, then one with a token, then slot A.
//   An image that is signed with a recovery key comes after all others.
//   If no image boots, safe mode. An image whose verdict is not known yet is not passed over: the outcome is VERIFY, and the caller
//   decides again with the verdict. So no image is verified without need, and none boots unverified.
//
// 3. The new states of the images
//
//   chosen was          becomes      decision
//   PENDING             TRIAL        TRIAL_FIRST, or PERMANENT where it will confirm itself
//   TRIAL               TRIAL        TRIAL_AGAIN
//   CONFIRMED           CONFIRMED    REVERTED if a trial failed now, else FALLBACK if a confirmed image did, else CONFIRMED
//   UNMARKED            TRIAL        RESCUE; where no image is confirmed it will confirm itself
//
// An image that was looked at and found bad is REJECTED with the reason. But one that was confirmed once stays CONFIRMED for ever, and gets the
// reason beside it: it was good, and if flash reads right again, it may be the only good image. What a confirmed image failed with when it ran stays
// until it is confirmed again.
// The record of a trial is written before the trial runs. Where flash no longer takes records (`writable`), no image goes on trial.

import {
  DECISION_CONFIRMED,
  DECISION_FALLBACK,
  DECISION_NONE,
  DECISION_PERMANENT,
  DECISION_RESCUE,
  DECISION_REVERTED,
  DECISION_SAFE_MODE_NO_IMAGE,
  DECISION_SAFE_MODE_REQUESTED,
  DECISION_SAFE_MODE_RESETS,
  DECISION_SAFE_MODE_STRAP,
  DECISION_TRIAL_AGAIN,
  DECISION_TRIAL_FIRST,
  POLICY_TRIAL_BOOTS,
  REASON_NONE,
  REASON_SLOT_EMPTY,
  RECORD_NO_SLOT,
  SLOT_CONFIRMED,
  SLOT_PENDING,
  SLOT_REJECTED,
  SLOT_TRIAL,
  SLOT_UNMARKED,
} from '../protocol/guest/generated/constants';
import {
  ACTION_BOOT,
  ACTION_SAFE_MODE,
  ACTION_VERIFY,
  Facts,
  Outcome,
  slotFacts,
  slotOutcome,
  UNCHECKED,
} from './facts';
import { SLOT_COUNT } from './image/slots';
import { failedWhenRun } from './image/state/failed-when-run';
import { judge, refuse } from './last-run';

const NOBODY: u32 = 0xffffffff;

const CLASS_ASKED: u32 = 0;
const CLASS_CONFIRMED: u32 = 1;
const CLASS_ASKED_OLDER: u32 = 2;
const CLASS_FAILED: u32 = 3;
const CLASS_FAILED_NOW: u32 = 4;
const CLASS_UNMARKED: u32 = 5;
const CLASS_COUNT: u32 = 6;

export function decide(facts: Facts, outcome: Outcome): void {
  outcome.failed = 0;
  outcome.resets = facts.resets;
  outcome.tried = facts.tried;
  assert(facts.tried < 1 << SLOT_COUNT, 'each slot has a bit');
  judge(facts, outcome, 0);
  judge(facts, outcome, 1);
  if (facts.strap != 0) {
    conclude(outcome, ACTION_SAFE_MODE, 0, DECISION_SAFE_MODE_STRAP);
  } else if (facts.safeModeAsked != 0) {
    conclude(outcome, ACTION_SAFE_MODE, 0, DECISION_SAFE_MODE_REQUESTED);
  } else {
    whoBoots(facts, outcome);
  }
}

// --- 2: who boots -----------------------------------------------------------------------------------------------------------------------

function whoBoots(facts: Facts, outcome: Outcome): void {
  const first = firstOfClass(facts, outcome);
  assert(first < SLOT_COUNT, 'there are two slots');
  assert(facts.strap == 0 && facts.safeModeAsked == 0, 'nothing keeps the bootloader in control');
  let recovery = NOBODY;
  for (let turn: u32 = 0; turn < 2 * CLASS_COUNT; turn++) {
    const slot = first ^ (turn & 1);
    if (classOf(facts, outcome, slot) != turn >> 1) continue;
    const from = slotFacts(facts, slot);
    if (from.verdict == UNCHECKED) {
      conclude(outcome, ACTION_VERIFY, slot, DECISION_NONE);
      return;
    }
    assert(from.recovery <= 1, 'its key is for recovery or it is not');
    if (from.verdict != REASON_NONE) {
      refuse(outcome, from, slotOutcome(outcome, slot), from.verdict);
    } else if (from.recovery == 0) {
      choose(facts, outcome, slot);
      return;
    } else if (recovery == NOBODY) {
      recovery = slot;
    }
  }
  if (recovery != NOBODY) choose(facts, outcome, recovery);
  else conclude(outcome, ACTION_SAFE_MODE, 0, whyNobody(outcome));
}

function whyNobody(outcome: Outcome): u32 {
  assert(outcome.tried < 1 << SLOT_COUNT, 'each slot has a bit');
  return outcome.tried != 0 ? DECISION_SAFE_MODE_RESETS : DECISION_SAFE_MODE_NO_IMAGE;
}

/** Which of two images of one class has its turn first. */
function firstOfClass(facts: Facts, outcome: Outcome): u32 {
  const bothConfirmed =
    slotOutcome(outcome, 0).state == SLOT_CONFIRMED && slotOutcome(outcome, 1).state == SLOT_CONFIRMED;
  if (bothConfirmed && facts.confirmedLast <= 1) return facts.confirmedLast;
  assert(RECORD_NO_SLOT > 1, 'no slot has its number');
  const a = slotFacts(facts, 0);
  const b = slotFacts(facts, 1);
  if (a.version != b.version) return a.version > b.version ? 0 : 1;
  return b.token != 0 && a.token == 0 ? 1 : 0;
}

/** The class the slot's image is in, or NOBODY where it has no turn. */
function classOf(facts: Facts, outcome: Outcome, slot: u32): u32 {
  const from = slotFacts(facts, slot);
  const to = slotOutcome(outcome, slot);
  assert(to.state <= SLOT_REJECTED, 'a slot has one of five states');
  assert(to.state != SLOT_CONFIRMED || from.state == SLOT_CONFIRMED || from.earned != 0, 'no boot confirms');
  if (to.state == SLOT_CONFIRMED) {
    const hasHadTurn = ((outcome.tried >> slot) & 1) != 0 || refusedNow(facts, slot);
    if (hasHadTurn) return NOBODY;
    if (from.state != SLOT_CONFIRMED)
      return from.verdict == REASON_NONE || from.verdict == UNCHECKED ? CLASS_FAILED_NOW : NOBODY;
    return failedWhenRun(to.reason) ? CLASS_FAILED : CLASS_CONFIRMED;
  }
  if (to.state == SLOT_REJECTED || facts.writable == 0) return NOBODY;
  if (to.state == SLOT_UNMARKED) return from.verdict == REASON_SLOT_EMPTY ? NOBODY : CLASS_UNMARKED;
  assert(to.state == SLOT_PENDING || to.state == SLOT_TRIAL, 'what is left was requested');
  return standsBack(facts, outcome, slot) ? CLASS_ASKED_OLDER : CLASS_ASKED;
}

/** Whether the confirmed image in the other slot is newer than the requested one, and no flag allows that. */
function standsBack(facts: Facts, outcome: Outcome, slot: u32): bool {
  assert(slotOutcome(outcome, slot).state != SLOT_CONFIRMED, 'only what is requested stands back');
  const from = slotFacts(facts, slot);
  if (slotOutcome(outcome, slot ^ 1).state != SLOT_CONFIRMED || from.older != 0) return false;
  return from.version < slotFacts(facts, slot ^ 1).version;
}

/** Whether this is the confirmed image that the core has just refused to run. */
function refusedNow(facts: Facts, slot: u32): bool {
  assert(slot < SLOT_COUNT, 'there are two slots');
  assert(facts.coreRefused <= 1, 'the core refused the image or it did not');
  return slotFacts(facts, slot).state == SLOT_CONFIRMED && facts.running == slot && facts.coreRefused != 0;
}

// --- 3: the new states --------------------------------------------------------------------------------------------------------------

function choose(facts: Facts, outcome: Outcome, slot: u32): void {
  const from = slotFacts(facts, slot);
  const to = slotOutcome(outcome, slot);
  assert(from.verdict == REASON_NONE, 'only what verified is run');
  assert(to.state != SLOT_REJECTED, 'what was rejected is not run');
  if (to.state == SLOT_CONFIRMED) {
    if (!failedWhenRun(to.reason)) to.reason = REASON_NONE;
    to.bootsLeft = 0;
    conclude(outcome, ACTION_BOOT, slot, confirmedDecision(outcome.failed));
    return;
  }
  let decision: u32 = DECISION_RESCUE;
  let bootsLeft: u32 = POLICY_TRIAL_BOOTS - 1;
  if (to.state == SLOT_TRIAL) {
    decision = DECISION_TRIAL_AGAIN;
    bootsLeft = to.bootsLeft - 1;
  } else if (to.state == SLOT_PENDING) {
    decision = from.permanent != 0 ? DECISION_PERMANENT : DECISION_TRIAL_FIRST;
  } else {
    // When no other image was ever confirmed, there is no image to go back to, and none that this one replaces.
    to.permanent = slotOutcome(outcome, slot ^ 1).state == SLOT_CONFIRMED ? 0 : 1;
  }
  assert(bootsLeft < POLICY_TRIAL_BOOTS, 'a trial has a limit');
  assert(facts.writable != 0, 'a trial needs its record');
  to.state = SLOT_TRIAL;
  to.reason = REASON_NONE;
  to.bootsLeft = bootsLeft;
  // The turn belonged to a confirmed image that is no longer in this slot.
  outcome.tried &= ~(1 << slot);
  conclude(outcome, ACTION_BOOT, slot, decision);
}

function confirmedDecision(failed: u32): u32 {
  assert(failed < 1 << (SLOT_REJECTED + 1), 'a bit for each state');
  if ((failed & (1 << SLOT_TRIAL)) != 0) return DECISION_REVERTED;
  return (failed & (1 << SLOT_CONFIRMED)) != 0 ? DECISION_FALLBACK : DECISION_CONFIRMED;
}

function conclude(outcome: Outcome, action: u32, slot: u32, decision: u32): void {
  assert((action == ACTION_VERIFY) == (decision == DECISION_NONE), 'what is not decided yet has no decision');
  assert(slot < SLOT_COUNT, 'there are two slots');
  assert(action >= ACTION_VERIFY && action <= ACTION_SAFE_MODE, 'there are three actions');
  outcome.action = action;
  outcome.slot = slot;
  outcome.decision = decision;
}
