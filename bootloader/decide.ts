// What to do with this boot: a pure function from facts to an outcome. It reads no register and writes none.
//
// First, how a trial fared, by the cause of this reset. It counts only for the image that was handed over to last.
//
//   cause                      trial with boots left     with none
//   POWER_ON, PIN, BROWN_OUT   goes on                   REJECTED, TRIALS_EXHAUSTED
//   (the last a BROWN_OUT)                             REJECTED, BROWN_OUTS
//   SOFTWARE                   REJECTED, UNCONFIRMED; or POWER_BUDGET, INTERLOCK where the firmware itself gave up
//   WATCHDOG                   REJECTED, WATCHDOG
//   FAULT                      REJECTED, FAULT, or CORE_REFUSED
//   TRIAL_TIMEOUT              REJECTED, TRIAL_TIMEOUT
//
// Then, who boots. The strap, a wish, or too many resets in a row keep the bootloader in control. Else the first in this order that
// verifies:
//
//   1  whoever is CONFIRMED, PENDING or TRIAL: highest version first (build number ignored); of equal versions the one that was
//      asked for before the CONFIRMED one, then one with a downgrade token; of equals slot A
//   2  UNMARKED images, highest version first: a rescue, on trial
//   3  CONFIRMED images the core refused when they were run last
//   4  what only a recovery key vouches for, in the order of 1 to 3
//
// and if none does, safe mode. An image whose verdict is not known yet is not skipped: the outcome is VERIFY, and the caller
// decides again with the verdict. So nobody is verified who need not be, and nobody boots unverified.
//
//   chosen was          becomes      decision
//   PENDING             TRIAL        TRIAL_FIRST
//   TRIAL               TRIAL        TRIAL_AGAIN
//   PENDING permanent   CONFIRMED    PERMANENT   \ but REVERTED if a trial was rejected now,
//   CONFIRMED           CONFIRMED    CONFIRMED   / else FALLBACK if a confirmed image was found bad
//   UNMARKED            TRIAL        RESCUE
//
// Whoever was looked at and found bad is REJECTED with the reason, but for a CONFIRMED image, which keeps its state and gets the reason
// beside it: it was good once, and if flash reads right again, it may be all we have. So it is with one the core refuses to run: it is passed
// over in the boot that follows, and after that tried where nothing else is left.
// A trial needs its record written before it runs; where flash no longer takes records (`writable`), nobody goes on trial.

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
  POLICY_RESETS_IN_A_ROW_MAX,
  POLICY_TRIAL_BOOTS,
  REASON_BROWN_OUTS,
  REASON_CORE_REFUSED,
  REASON_FAULT,
  REASON_INTERLOCK,
  REASON_NONE,
  REASON_POWER_BUDGET,
  REASON_SLOT_EMPTY,
  REASON_TRIAL_TIMEOUT,
  REASON_TRIALS_EXHAUSTED,
  REASON_UNCONFIRMED,
  REASON_WATCHDOG,
  SLOT_CONFIRMED,
  SLOT_PENDING,
  SLOT_REJECTED,
  SLOT_TRIAL,
  SLOT_UNMARKED,
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
import {
  ACTION_BOOT,
  ACTION_SAFE_MODE,
  ACTION_VERIFY,
  FACT_CAUSE,
  FACT_CORE_REFUSED,
  FACT_GIVEN_UP,
  FACT_RESETS,
  FACT_RUNNING,
  FACT_SAFE_MODE_ASKED,
  FACT_STRAP,
  FACT_WRITABLE,
  OUTCOME_ACTION,
  OUTCOME_DECISION,
  OUTCOME_SLOT,
  SLOT_FACT_BOOTS_LEFT,
  SLOT_FACT_PERMANENT,
  SLOT_FACT_REASON,
  SLOT_FACT_RECOVERY,
  SLOT_FACT_STATE,
  SLOT_FACT_TOKEN,
  SLOT_FACT_VERDICT,
  SLOT_FACT_VERSION,
  SLOT_OUTCOME_BOOTS_LEFT,
  SLOT_OUTCOME_REASON,
  SLOT_OUTCOME_STATE,
  slotFacts,
  slotOutcome,
  UNCHECKED,
} from './facts';

const NOBODY: u32 = 0xffffffff;

export function decide(facts: usize, outcome: usize): void {
  let failed = judge(facts, outcome, 0) | judge(facts, outcome, 1);
  if (load<u32>(facts, FACT_STRAP) != 0) {
    conclude(outcome, ACTION_SAFE_MODE, 0, DECISION_SAFE_MODE_STRAP);
    return;
  }
  if (load<u32>(facts, FACT_SAFE_MODE_ASKED) != 0) {
    conclude(outcome, ACTION_SAFE_MODE, 0, DECISION_SAFE_MODE_REQUESTED);
    return;
  }
  // A trial that failed just now has had its remedy: the image to fall back to gets its own chances.
  if (load<u32>(facts, FACT_RESETS) >= POLICY_RESETS_IN_A_ROW_MAX && (failed & (1 << SLOT_TRIAL)) == 0) {
    conclude(outcome, ACTION_SAFE_MODE, 0, DECISION_SAFE_MODE_RESETS);
    return;
  }
  const first = ranksFirst(facts, outcome);
  let recovery = NOBODY;
  for (let turn: u32 = 0; turn < 6; turn++) {
    const slot = first ^ (turn & 1);
    if (rankOf(facts, outcome, slot) != turn >> 1) continue;
    const verdict = load<u32>(slotFacts(facts, slot), SLOT_FACT_VERDICT);
    if (verdict == UNCHECKED) {
      conclude(outcome, ACTION_VERIFY, slot, DECISION_NONE);
      return;
    }
    if (verdict != REASON_NONE) {
      failed |= refuse(outcome, slot, verdict);
    } else if (load<u32>(slotFacts(facts, slot), SLOT_FACT_RECOVERY) == 0) {
      choose(facts, outcome, slot, failed);
      return;
    } else if (recovery == NOBODY) {
      recovery = slot;
    }
  }
  if (recovery != NOBODY) choose(facts, outcome, recovery, failed);
  else conclude(outcome, ACTION_SAFE_MODE, 0, DECISION_SAFE_MODE_NO_IMAGE);
}

/** Carries the slot over, with the verdict on its last run; the state, as a bit, of an image that failed just now. */
function judge(facts: usize, outcome: usize, slot: u32): u32 {
  const from = slotFacts(facts, slot);
  const to = slotOutcome(outcome, slot);
  const state = load<u32>(from, SLOT_FACT_STATE);
  assert(state <= SLOT_REJECTED, 'a slot has one of five states');
  store<u32>(to, state, SLOT_OUTCOME_STATE);
  store<u32>(to, load<u32>(from, SLOT_FACT_REASON), SLOT_OUTCOME_REASON);
  store<u32>(to, load<u32>(from, SLOT_FACT_BOOTS_LEFT), SLOT_OUTCOME_BOOTS_LEFT);
  const ran = load<u32>(facts, FACT_RUNNING) == slot;
  let reason: u32 = REASON_NONE;
  if (state == SLOT_TRIAL && ran) reason = trialReason(facts);
  if (state == SLOT_TRIAL && reason == REASON_NONE && load<u32>(from, SLOT_FACT_BOOTS_LEFT) == 0) {
    const dipped = ran && load<u32>(facts, FACT_CAUSE) == RESET_CAUSE_CAUSE_BROWN_OUT;
    reason = dipped ? REASON_BROWN_OUTS : REASON_TRIALS_EXHAUSTED;
  }
  if (reason != REASON_NONE) reject(to, reason);
  if (refusedNow(facts, slot, state)) {
    reason = REASON_CORE_REFUSED;
    store<u32>(to, reason, SLOT_OUTCOME_REASON);
  }
  return reason == REASON_NONE ? 0 : 1 << state;
}

/** Whether this is the confirmed image that the core has just refused to run. */
function refusedNow(facts: usize, slot: u32, state: u32): bool {
  if (state != SLOT_CONFIRMED || load<u32>(facts, FACT_RUNNING) != slot) return false;
  return load<u32>(facts, FACT_CORE_REFUSED) != 0;
}

/** Why a trial that ended with this reset failed, or REASON_NONE when that was no fault of the image. */
function trialReason(facts: usize): u32 {
  const cause = load<u32>(facts, FACT_CAUSE);
  switch (cause) {
    case RESET_CAUSE_CAUSE_POWER_ON:
    case RESET_CAUSE_CAUSE_PIN:
    case RESET_CAUSE_CAUSE_BROWN_OUT:
      return REASON_NONE;
    case RESET_CAUSE_CAUSE_WATCHDOG:
      return REASON_WATCHDOG;
    case RESET_CAUSE_CAUSE_FAULT:
      return load<u32>(facts, FACT_CORE_REFUSED) != 0 ? REASON_CORE_REFUSED : REASON_FAULT;
    case RESET_CAUSE_CAUSE_TRIAL_TIMEOUT:
      return REASON_TRIAL_TIMEOUT;
    default:
      assert(cause == RESET_CAUSE_CAUSE_SOFTWARE, 'the chip knows seven reset causes');
      return givenUpReason(load<u32>(facts, FACT_GIVEN_UP));
  }
}

function givenUpReason(reason: u32): u32 {
  return reason == REASON_POWER_BUDGET || reason == REASON_INTERLOCK ? reason : REASON_UNCONFIRMED;
}

/** The slot whose image comes first by version, then by having been asked for. */
function ranksFirst(facts: usize, outcome: usize): u32 {
  const versionA = load<u32>(slotFacts(facts, 0), SLOT_FACT_VERSION);
  const versionB = load<u32>(slotFacts(facts, 1), SLOT_FACT_VERSION);
  if (versionA != versionB) return versionA > versionB ? 0 : 1;
  if (wasAskedFor(outcome, 0) != wasAskedFor(outcome, 1)) return wasAskedFor(outcome, 0) ? 0 : 1;
  return hasToken(facts, 1) && !hasToken(facts, 0) ? 1 : 0;
}

function hasToken(facts: usize, slot: u32): bool {
  return load<u32>(slotFacts(facts, slot), SLOT_FACT_TOKEN) != 0;
}

function wasAskedFor(outcome: usize, slot: u32): bool {
  const state = load<u32>(slotOutcome(outcome, slot), SLOT_OUTCOME_STATE);
  return state == SLOT_PENDING || state == SLOT_TRIAL;
}

/** When the slot has its turn: its number in the order above, less one. NOBODY where it has none. */
function rankOf(facts: usize, outcome: usize, slot: u32): u32 {
  const from = slotFacts(facts, slot);
  const state = load<u32>(slotOutcome(outcome, slot), SLOT_OUTCOME_STATE);
  const permanent = load<u32>(from, SLOT_FACT_PERMANENT) != 0;
  const wouldTry = state != SLOT_CONFIRMED && !(state == SLOT_PENDING && permanent);
  if (wouldTry && load<u32>(facts, FACT_WRITABLE) == 0) return NOBODY;
  if (refusedNow(facts, slot, state)) return NOBODY;
  if (state == SLOT_CONFIRMED) return load<u32>(from, SLOT_FACT_REASON) == REASON_CORE_REFUSED ? 2 : 0;
  if (wasAskedFor(outcome, slot)) return 0;
  return state == SLOT_UNMARKED && load<u32>(from, SLOT_FACT_VERDICT) != REASON_SLOT_EMPTY ? 1 : NOBODY;
}

function choose(facts: usize, outcome: usize, slot: u32, failed: u32): void {
  const to = slotOutcome(outcome, slot);
  const state = load<u32>(to, SLOT_OUTCOME_STATE);
  const permanent = state == SLOT_PENDING && load<u32>(slotFacts(facts, slot), SLOT_FACT_PERMANENT) != 0;
  const confirmed = permanent || state == SLOT_CONFIRMED;
  let decision: u32 = DECISION_RESCUE;
  let bootsLeft: u32 = 0;
  if (!confirmed) bootsLeft = POLICY_TRIAL_BOOTS - 1;
  if (state == SLOT_TRIAL) {
    decision = DECISION_TRIAL_AGAIN;
    bootsLeft = load<u32>(to, SLOT_OUTCOME_BOOTS_LEFT) - 1;
  } else if (confirmed) {
    decision = confirmedDecision(permanent, failed);
  } else if (state == SLOT_PENDING) {
    decision = DECISION_TRIAL_FIRST;
  }
  assert(bootsLeft < POLICY_TRIAL_BOOTS, 'a trial has a limit');
  store<u32>(to, confirmed ? SLOT_CONFIRMED : SLOT_TRIAL, SLOT_OUTCOME_STATE);
  store<u32>(to, REASON_NONE, SLOT_OUTCOME_REASON);
  store<u32>(to, bootsLeft, SLOT_OUTCOME_BOOTS_LEFT);
  conclude(outcome, ACTION_BOOT, slot, decision);
}

function confirmedDecision(permanent: bool, failed: u32): u32 {
  if ((failed & (1 << SLOT_TRIAL)) != 0) return DECISION_REVERTED;
  if ((failed & (1 << SLOT_CONFIRMED)) != 0) return DECISION_FALLBACK;
  return permanent ? DECISION_PERMANENT : DECISION_CONFIRMED;
}

/** What does not verify is refused; its state, as a bit. */
function refuse(outcome: usize, slot: u32, reason: u32): u32 {
  const to = slotOutcome(outcome, slot);
  const state = load<u32>(to, SLOT_OUTCOME_STATE);
  if (state == SLOT_CONFIRMED) store<u32>(to, reason, SLOT_OUTCOME_REASON);
  else reject(to, reason);
  return 1 << state;
}

function reject(to: usize, reason: u32): void {
  assert(reason != REASON_NONE, 'a rejection has a reason');
  store<u32>(to, SLOT_REJECTED, SLOT_OUTCOME_STATE);
  store<u32>(to, reason, SLOT_OUTCOME_REASON);
  store<u32>(to, 0, SLOT_OUTCOME_BOOTS_LEFT);
}

function conclude(outcome: usize, action: u32, slot: u32, decision: u32): void {
  assert((action == ACTION_VERIFY) == (decision == DECISION_NONE), 'what is not decided yet has no decision');
  store<u32>(outcome, action, OUTCOME_ACTION);
  store<u32>(outcome, slot, OUTCOME_SLOT);
  store<u32>(outcome, decision, OUTCOME_DECISION);
}
