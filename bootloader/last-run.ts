// How the run that ended with this reset went, and what that makes of each slot: the first table of decide.ts. Pure, as that is.

import {
  POLICY_RESETS_IN_A_ROW_MAX,
  POLICY_TRIAL_BOOTS,
  REASON_BROWN_OUTS,
  REASON_CORE_REFUSED,
  REASON_FAULT,
  REASON_INTERLOCK,
  REASON_LOOPING,
  REASON_NONE,
  REASON_POWER_BUDGET,
  REASON_TRIAL_TIMEOUT,
  REASON_TRIALS_EXHAUSTED,
  REASON_UNCONFIRMED,
  REASON_WATCHDOG,
  SLOT_CONFIRMED,
  SLOT_REJECTED,
  SLOT_TRIAL,
} from '../protocol/guest/generated/constants';
import {
  RESET_CAUSE_CAUSE_BROWN_OUT,
  RESET_CAUSE_CAUSE_FAULT,
  RESET_CAUSE_CAUSE_PIN,
  RESET_CAUSE_CAUSE_POWER_ON,
  RESET_CAUSE_CAUSE_SOFTWARE,
  RESET_CAUSE_CAUSE_TRIAL_TIMEOUT,
  RESET_CAUSE_CAUSE_WATCHDOG,
} from '../protocol/guest/generated/registers';
import { Facts, Outcome, SlotFacts, SlotOutcome, slotFacts, slotOutcome, UNCHECKED } from './facts';

/** Carries the slot over, with the verdict on its last run. */
export function judge(facts: Facts, outcome: Outcome, slot: u32): void {
  const from = slotFacts(facts, slot);
  const to = slotOutcome(outcome, slot);
  assert(from.state <= SLOT_REJECTED, 'a slot has one of five states');
  assert(from.bootsLeft < POLICY_TRIAL_BOOTS, 'a trial has a limit');
  to.state = from.state;
  to.reason = from.reason;
  to.bootsLeft = from.bootsLeft;
  to.permanent = from.permanent;
  const ran = facts.running == slot;
  if (from.state == SLOT_TRIAL) {
    const reason = whyTrialFailed(facts, from, ran);
    if (reason == REASON_NONE) return;
    refuse(outcome, from, to, reason);
    // The image that boots instead begins a row of its own.
    outcome.resets = 0;
  } else if (from.state == SLOT_CONFIRMED && ran) {
    judgeConfirmed(facts, outcome, to, slot);
  }
}

function judgeConfirmed(facts: Facts, outcome: Outcome, to: SlotOutcome, slot: u32): void {
  assert(to.state == SLOT_CONFIRMED, 'only a confirmed image has turns');
  assert(facts.running == slot, 'only the image that ran has failed');
  const loops = facts.resets >= POLICY_RESETS_IN_A_ROW_MAX;
  if (facts.coreRefused == 0 && !loops) return;
  to.reason = loops ? REASON_LOOPING : REASON_CORE_REFUSED;
  outcome.failed |= 1 << SLOT_CONFIRMED;
  if (!loops) return;
  outcome.tried |= 1 << slot;
  outcome.resets = 0;
}

/** Why the trial has failed by now, or REASON_NONE where it goes on. */
function whyTrialFailed(facts: Facts, from: SlotFacts, ran: bool): u32 {
  assert(from.state == SLOT_TRIAL, 'only a trial fails');
  const reason = ran ? howTrialEnded(facts) : REASON_NONE;
  if (reason != REASON_NONE || from.bootsLeft != 0) return reason;
  return ran && facts.cause == RESET_CAUSE_CAUSE_BROWN_OUT ? REASON_BROWN_OUTS : REASON_TRIALS_EXHAUSTED;
}

/** Why a trial that ended with this reset failed, or REASON_NONE when that was no fault of the image. */
function howTrialEnded(facts: Facts): u32 {
  assert(facts.coreRefused == 0 || facts.cause == RESET_CAUSE_CAUSE_FAULT, 'a refused module is a fault');
  switch (facts.cause) {
    case RESET_CAUSE_CAUSE_POWER_ON:
    case RESET_CAUSE_CAUSE_PIN:
    case RESET_CAUSE_CAUSE_BROWN_OUT:
      return REASON_NONE;
    case RESET_CAUSE_CAUSE_WATCHDOG:
      return REASON_WATCHDOG;
    case RESET_CAUSE_CAUSE_FAULT:
      return facts.coreRefused != 0 ? REASON_CORE_REFUSED : REASON_FAULT;
    case RESET_CAUSE_CAUSE_TRIAL_TIMEOUT:
      return REASON_TRIAL_TIMEOUT;
    default:
      assert(facts.cause == RESET_CAUSE_CAUSE_SOFTWARE, 'the chip knows seven reset causes');
      return givenUpReason(facts.givenUp);
  }
}

function givenUpReason(reason: u32): u32 {
  assert(
    REASON_POWER_BUDGET > REASON_UNCONFIRMED && REASON_INTERLOCK > REASON_UNCONFIRMED,
    'both are reasons of a run',
  );
  return reason == REASON_POWER_BUDGET || reason == REASON_INTERLOCK ? reason : REASON_UNCONFIRMED;
}

/** Refuses an image that failed its trial, or does not verify. One that was confirmed once stays CONFIRMED, with the reason beside it. */
export function refuse(outcome: Outcome, from: SlotFacts, to: SlotOutcome, reason: u32): void {
  assert(reason != REASON_NONE && reason != UNCHECKED, 'a refusal has a reason');
  assert(to.state != SLOT_REJECTED, 'no image is refused twice');
  outcome.failed |= 1 << to.state;
  to.state = to.state == SLOT_CONFIRMED || from.earned != 0 ? SLOT_CONFIRMED : SLOT_REJECTED;
  to.reason = reason;
  to.bootsLeft = 0;
  assert(from.earned == 0 || to.state == SLOT_CONFIRMED, 'what was confirmed once is never rejected');
}
