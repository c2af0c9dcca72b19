// The second of two decisions whether an image may run, by other code than the first (decide.ts). It is pure, too; permit.ts reads its facts again from
// flash, fuses and registers. second-look.ts is the same for the bytes of the image.
//
//   first    chooses one of all that could be done
//   second   checks that one choice: is it forbidden, and must the other image come first?
//
//   never runs                                           runs only where the other image is not good
//   any image, while strap or request forbid it          UNMARKED, beside a confirmed image
//   REJECTED                                             requested and older, beside a confirmed image that did not fail
//   a trial without boots left, or that has just failed  confirmed and it failed, beside one that did not fail
//   as confirmed, without EARNED                         confirmed, beside the one that was confirmed last
//   as confirmed, after its turn in a row of resets      signed with a recovery key, beside any other that may run
//
// What must stay true: whatever decide.ts chooses passes here (hil/test/boot/second-decision.test.ts tries every combination of facts). Where a
// choice does not pass, something went wrong in this very boot.

import {
  POLICY_RESETS_IN_A_ROW_MAX,
  POLICY_TRIAL_BOOTS,
  REASON_TRIAL_TIMEOUT,
  REASON_TRIALS_EXHAUSTED,
  REASON_UNCONFIRMED,
  SLOT_CONFIRMED,
  SLOT_PENDING,
  SLOT_REJECTED,
  SLOT_TRIAL,
  SLOT_UNMARKED,
} from '../protocol/guest/generated/constants';
import {
  RESET_CAUSE_CAUSE_BROWN_OUT,
  RESET_CAUSE_CAUSE_PIN,
  RESET_CAUSE_CAUSE_POWER_ON,
  RESET_RESETS_IN_A_ROW_COUNT,
  RESET_RESETS_IN_A_ROW_TRIED_SHIFT,
} from '../protocol/guest/generated/registers';
import { isBelow, isSame } from './image/differences';
import { SLOT_COUNT } from './image/slots';

/** One choice, and the facts that were read again. All fields are u32; tests build the block by that. */
@unmanaged
export class Choice {
  /** 1: the strap, or a request, keeps the bootloader in control. */
  heldBack: u32 = 0;
  /** Reset cause (RESET.CAUSE). */
  cause: u32 = 0;
  /** 1: the core refused the image that was handed over to last. */
  coreRefused: u32 = 0;
  /** RESET.RESETS_IN_A_ROW, as the boot found it. */
  row: u32 = 0;
  /** 1: a boot-state record can be written. */
  writable: u32 = 0;
  /** Slot handed over to last. */
  running: u32 = 0;
  confirmedLast: u32 = 0;
  /** The slot to boot, and what the draft makes of its image. */
  slot: u32 = 0;
  state: u32 = 0;
  bootsLeft: u32 = 0;
  /** 1: it is signed with a recovery key. */
  recovery: u32 = 0;
  /** 1: its version is lower than that of the other image, and nothing allows that. */
  isOlder: u32 = 0;
  /** What it was before this boot. */
  before: u32 = 0;
  bootsLeftBefore: u32 = 0;
  reasonBefore: u32 = 0;
  earned: u32 = 0;
  /** What the image in the other slot was before this boot. */
  otherBefore: u32 = 0;
  otherReason: u32 = 0;
}

export const CHOICE_SIZE: i32 = offsetof<Choice>();

function isFresh(it: Choice): u32 {
  assert(it.cause <= RESET_CAUSE_CAUSE_BROWN_OUT, 'the chip knows seven reset causes');
  return isSame(it.cause, RESET_CAUSE_CAUSE_POWER_ON) | isSame(it.cause, RESET_CAUSE_CAUSE_PIN);
}

/** 1 where this reason says that a confirmed image failed when it ran: image/state/failed-when-run.ts, in other code. */
export function hasFailed(reason: u32): u32 {
  assert(REASON_UNCONFIRMED < REASON_TRIALS_EXHAUSTED, 'what was found by a look has a lower number');
  const forgiven = isSame(reason, REASON_UNCONFIRMED) | isSame(reason, REASON_TRIAL_TIMEOUT);
  return (isBelow(reason, REASON_UNCONFIRMED) | forgiven | isSame(reason, REASON_TRIALS_EXHAUSTED)) ^ 1;
}

/** 1 where the confirmed image in the slot ran last and has failed with this reset: too many in a row, or the core refused it. */
export function failsNow(it: Choice, slot: u32, state: u32): u32 {
  assert(slot < SLOT_COUNT, 'there are two slots');
  const resets = (it.row & RESET_RESETS_IN_A_ROW_COUNT) + 1;
  const counts = isFresh(it) ^ 1;
  const loops = counts & (isBelow(resets, POLICY_RESETS_IN_A_ROW_MAX) ^ 1);
  return isSame(it.running, slot) & isSame(state, SLOT_CONFIRMED) & (loops | it.coreRefused);
}

/** 1 where a confirmed image in the slot has had its turn in this row of resets, or fails now. */
function hasHadTurn(it: Choice, slot: u32, state: u32): u32 {
  assert(state <= SLOT_REJECTED, 'a slot has one of five states');
  const tried = (isFresh(it) ^ 1) & (it.row >> (RESET_RESETS_IN_A_ROW_TRIED_SHIFT + slot)) & 1;
  return tried | failsNow(it, slot, state);
}

/** Not 0 where the choice is never right. */
export function forbids(it: Choice): u32 {
  assert(it.slot < SLOT_COUNT, 'there are two slots');
  assert(it.heldBack <= 1 && it.writable <= 1 && it.earned <= 1, 'these are bits');
  const isTrial = isSame(it.state, SLOT_TRIAL);
  const isConfirmed = isSame(it.state, SLOT_CONFIRMED);
  const goesOn = isSame(it.before, SLOT_TRIAL);
  const begins = isSame(it.before, SLOT_PENDING) | isSame(it.before, SLOT_UNMARKED);
  // A trial without boots left would go below zero, which no draft says.
  const bootsLeft = goesOn != 0 ? it.bootsLeftBefore - 1 : POLICY_TRIAL_BOOTS - 1;
  const lostPower = isFresh(it) | isSame(it.cause, RESET_CAUSE_CAUSE_BROWN_OUT);
  const failed = goesOn & isSame(it.running, it.slot) & (lostPower ^ 1);
  const noTrial = ((goesOn | begins) ^ 1) | (isSame(it.bootsLeft, bootsLeft) ^ 1) | failed | (it.writable ^ 1);
  const notConfirmed = (it.earned ^ 1) | hasHadTurn(it, it.slot, it.before);
  return it.heldBack | ((isTrial | isConfirmed) ^ 1) | (isTrial & noTrial) | (isConfirmed & notConfirmed);
}

/** Not 0 where the other image comes first, if it is good. */
export function givesWay(it: Choice): u32 {
  const other = it.slot ^ 1;
  assert(it.recovery <= 1 && it.isOlder <= 1, 'these are bits');
  assert(other < SLOT_COUNT, 'there are two slots');
  const isConfirmed = isSame(it.state, SLOT_CONFIRMED);
  const confirmedOther = isSame(it.otherBefore, SLOT_CONFIRMED) & (hasHadTurn(it, other, it.otherBefore) ^ 1);
  const otherFailed = hasFailed(it.otherReason);
  const failed = hasFailed(it.reasonBefore);
  // A trial of a confirmed image that failed in this boot stands behind every confirmed image.
  const fellBack = isConfirmed & (isSame(it.before, SLOT_CONFIRMED) ^ 1);
  const unmarked = (isConfirmed ^ 1) & isSame(it.before, SLOT_UNMARKED);
  const older = (isConfirmed ^ 1) & (unmarked ^ 1) & it.isOlder & (otherFailed ^ 1);
  const last = isConfirmed & isSame(it.confirmedLast, other) & (failed ^ otherFailed ^ 1);
  const worse = isConfirmed & failed & (otherFailed ^ 1);
  const requestedOther = it.writable & (isSame(it.otherBefore, SLOT_PENDING) | isSame(it.otherBefore, SLOT_UNMARKED));
  return (
    (confirmedOther & (fellBack | unmarked | older | last | worse)) | (it.recovery & (confirmedOther | requestedOther))
  );
}
