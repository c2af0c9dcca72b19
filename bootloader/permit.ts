// Whether what was decided may be done: the second decision (second-decision.ts), on facts that are read again, by other code than survey.ts and
// the journal.
//
//   decideAgain       before the boot state is written, of the draft: a decision that went wrong leaves nothing behind for the next boot
//   decisionDiffers   at the hand-over, of what is in flash then: the newest record must say what decideAgain let pass
//
// What must stay true: where both find nothing wrong, they change nothing; else nothing is written, nothing is handed over, and the chip resets.

import { read32 } from '../protocol/guest/bus';
import { copyFromBus } from '../protocol/guest/dma';
import {
  FUSE_KEY_COUNT,
  FUSE_STRAP,
  IMAGE_OFFSET_MAJOR,
  IMAGE_OFFSET_REVISION,
  MAP_SLOT_SIZE,
  POLICY_TRIAL_BOOTS,
  REASON_NONE,
  RECORD_FLAG_EARNED,
  RECORD_FLAG_OLDER,
  RECORD_NO_SLOT,
  RECORD_SIZE,
  SLOT_CONFIRMED,
  SLOT_PENDING,
  SLOT_REJECTED,
  SLOT_TRIAL,
  SLOT_UNMARKED,
  TRAILER_COPY_DONE,
  TRAILER_FLAG_SET,
  TRAILER_IMAGE_OK,
  TRAILER_MAGIC,
  TRAILER_MAGIC_WORD_0,
  TRAILER_MAGIC_WORD_1,
  TRAILER_MAGIC_WORD_2,
  TRAILER_MAGIC_WORD_3,
} from '../protocol/guest/generated/constants';
import {
  RESET_BOOT_REQUEST_MODE,
  RESET_BOOT_REQUEST_MODE_SAFE_MODE,
  RESET_CAUSE_CAUSE_BROWN_OUT,
  RESET_CAUSE_CAUSE_FAULT,
  RESET_FAULT_CAUSE_CAUSE_IMAGE_REFUSED,
  readFusesWord,
  readResetBootRequest,
  readResetCause,
  readResetFaultCause,
  readResetResetsInARow,
} from '../protocol/guest/generated/registers';
import { hashesDiffer, isSame, isZero } from './image/differences';
import { imageInfo } from './image/info';
import { isRecoveryKeyAgain } from './image/keys-again';
import { addressAgain, SLOT_COUNT } from './image/slots';
import { entryIn, flagsIn, hashIn, tailOf } from './image/state/record';
import { readRecordAgain } from './image/state/record-again';
import { slotHasToken, tokenDisplaces } from './image/token';
import { measurement, verifySlot } from './image/verify';
import { CHOICE_SIZE, Choice, failsNow, forbids, givesWay, hasFailed } from './second-decision';

/** What decideAgain returns where the draft passes. No call that was skipped leaves it. */
export const DECISION_GOOD: u32 = 0x5ec0deed;
const PERMISSION: u32 = 0x9e3779b9;

const choice: Choice = changetype<Choice>(memory.data(CHOICE_SIZE, 4));
/** The boot state as this boot found it, and as the hand-over finds it. */
const before: usize = memory.data(<i32>RECORD_SIZE, 8);
const now: usize = memory.data(<i32>RECORD_SIZE, 8);
const trailer: usize = memory.data(<i32>TRAILER_COPY_DONE, 8);

/** The slot, state and boots left that decideAgain let pass, as one word; 0 while it let nothing pass. */
let permitted: u32 = 0;

/** DECISION_GOOD where the draft of the boot state may become true and the slot in it may run; anything else where not. */
export function decideAgain(draft: usize, writable: u32): u32 {
  permitted = 0;
  readRecordAgain(before);
  assert(writable <= 1, 'flash takes records or it does not');
  readCircumstances(writable);
  const slot = tailOf(draft).running;
  let difference = changesDiffer(draft, slot);
  if (slot != RECORD_NO_SLOT) {
    const state: u32 = entryIn(draft, slot).state;
    const bootsLeft: u32 = entryIn(draft, slot).bootsLeft;
    readChoice(slot, state, bootsLeft);
    difference |= forbids(choice) | otherDiffers(slot);
    permitted = permission(slot, state, bootsLeft) ^ difference;
  }
  return DECISION_GOOD ^ difference;
}

/** 0 where the slot and state are what decideAgain let pass, and where the newest record in flash says the same. */
export function decisionDiffers(slot: u32, state: u32): u32 {
  assert(state == SLOT_CONFIRMED || state == SLOT_TRIAL, 'a running image is confirmed or on trial');
  assert(slot < SLOT_COUNT, 'there are two slots');
  readRecordAgain(now);
  const entry = entryIn(now, slot);
  const isTrial = isSame(state, SLOT_TRIAL);
  // A record that could not be written is no obstacle for a confirmed image: it was EARNED before.
  const bootsLeft: u32 = isTrial != 0 ? entry.bootsLeft : 0;
  let difference = permitted ^ permission(slot, state, bootsLeft);
  difference |= hashesDiffer(hashIn(now, slot), measurement(slot));
  const noTrial = (isSame(entry.state, SLOT_TRIAL) ^ 1) | (isSame(tailOf(now).running, slot) ^ 1);
  const notEarned = isZero(flagsIn(now, slot) & RECORD_FLAG_EARNED);
  return difference | (isTrial != 0 ? noTrial : notEarned);
}

/** Never 0, and another word for each choice. */
function permission(slot: u32, state: u32, bootsLeft: u32): u32 {
  assert(slot < SLOT_COUNT && state <= SLOT_REJECTED, 'a slot and a state');
  assert(bootsLeft < POLICY_TRIAL_BOOTS, 'a trial has a limit');
  return (PERMISSION << 8) | (slot << 7) | (state << 4) | bootsLeft;
}

/** No boot confirms, requests or forgets an image, none rejects what was confirmed once, and none says without a cause that it failed. */
function changesDiffer(draft: usize, booted: u32): u32 {
  assert(draft != before, 'the draft is compared with another record');
  let difference = <u32>tailOf(draft).confirmedLast ^ <u32>tailOf(before).confirmedLast;
  let slots: u32 = 0;
  for (; slots < SLOT_COUNT; slots++) {
    const is: u32 = entryIn(draft, slots).state;
    const was: u32 = entryIn(before, slots).state;
    const speaks = isSame(was, SLOT_UNMARKED) ^ 1;
    const same = speaks & isZero(hashesDiffer(hashIn(draft, slots), hashIn(before, slots)));
    const means = isSame(is, SLOT_UNMARKED) ^ 1;
    const flags = same != 0 ? flagsIn(before, slots) : 0;
    const earned = flags & RECORD_FLAG_EARNED;
    const lasts = same & isSame(entryIn(draft, slots).bootsLeft, entryIn(before, slots).bootsLeft);
    difference |= isSame(is, SLOT_CONFIRMED) & (isZero(earned) | failsWithoutCause(draft, slots));
    difference |= isSame(is, SLOT_REJECTED) & (isZero(earned) ^ 1) & (isSame(was, SLOT_REJECTED) ^ 1);
    difference |= isSame(is, SLOT_PENDING) & ((isSame(was, SLOT_PENDING) ^ 1) | (same ^ 1));
    difference |= (means ^ 1) & speaks;
    difference |= isSame(is, SLOT_TRIAL) & (isSame(slots, booted) ^ 1) & ((isSame(was, SLOT_TRIAL) ^ 1) | (lasts ^ 1));
    // Where the record is not about this image, its flags mean nothing.
    difference |= (0 - means) & flagsIn(draft, slots) & ~flags & (RECORD_FLAG_EARNED | RECORD_FLAG_OLDER);
  }
  // A loop that ended early compared too little: this counts as a difference.
  return difference | (slots ^ SLOT_COUNT);
}

function readCircumstances(writable: u32): void {
  const strap = readFusesWord(FUSE_STRAP) & 1;
  const mode = readResetBootRequest() & RESET_BOOT_REQUEST_MODE;
  choice.heldBack = strap | isSame(mode, RESET_BOOT_REQUEST_MODE_SAFE_MODE);
  choice.cause = readResetCause();
  assert(choice.cause <= RESET_CAUSE_CAUSE_BROWN_OUT, 'the chip knows seven reset causes');
  choice.coreRefused =
    isSame(choice.cause, RESET_CAUSE_CAUSE_FAULT) &
    isSame(readResetFaultCause(), RESET_FAULT_CAUSE_CAUSE_IMAGE_REFUSED);
  choice.row = readResetResetsInARow();
  choice.writable = writable;
  choice.running = tailOf(before).running;
  choice.confirmedLast = tailOf(before).confirmedLast;
}

function readChoice(slot: u32, state: u32, bootsLeft: u32): void {
  choice.slot = slot;
  choice.state = state;
  choice.bootsLeft = bootsLeft;
  choice.recovery = isRecovery(slot);
  assert(slot < SLOT_COUNT, 'there are two slots');
  const speaks = entryIsAbout(slot);
  const entry = entryIn(before, slot);
  const flags = speaks ? flagsIn(before, slot) : 0;
  choice.before = speaks ? <u32>entry.state : unknownState(slot);
  choice.bootsLeftBefore = entry.bootsLeft;
  choice.reasonBefore = speaks ? <u32>entry.reason : REASON_NONE;
  choice.earned = flags & RECORD_FLAG_EARNED;
  choice.isOlder = isZero(flags & RECORD_FLAG_OLDER) & isOlderThanOther(slot);
  choice.otherBefore = entryIn(before, slot ^ 1).state;
  choice.otherReason = entryIn(before, slot ^ 1).reason;
  assert(choice.before <= SLOT_REJECTED && choice.otherBefore <= SLOT_REJECTED, 'the record was checked');
  assert(choice.earned <= 1, 'a flag is a bit');
}

/** 1 where the draft says that a confirmed image failed when it ran, and neither this reset nor the record before says so. */
function failsWithoutCause(draft: usize, slot: u32): u32 {
  const reason: u32 = entryIn(draft, slot).reason;
  assert(slot < SLOT_COUNT, 'there are two slots');
  const was = entryIn(before, slot);
  const known = isSame(was.reason, reason) | isSame(was.state, SLOT_TRIAL);
  return hasFailed(reason) & ((known | failsNow(choice, slot, was.state)) ^ 1);
}

/** 1 where the image is signed with a key that is for recovery only. */
function isRecovery(slot: u32): u32 {
  assert(slot < SLOT_COUNT, 'there are two slots');
  return isRecoveryKeyAgain(imageInfo(slot).key & (FUSE_KEY_COUNT - 1));
}

/** Not 0 where the choice must give way to the image in the other slot. That one is verified once more only where it would matter. */
function otherDiffers(slot: u32): u32 {
  const other = slot ^ 1;
  assert(choice.slot == slot, 'the choice is about this slot');
  if ((givesWay(choice) | choice.recovery) == 0) return 0;
  if (verifySlot(other) != REASON_NONE || isRecovery(other) != 0) return 0;
  if (!entryIsAbout(other)) choice.otherBefore = SLOT_UNMARKED;
  return givesWay(choice);
}

/** Whether the boot state is about the image in the slot, which was verified. */
function entryIsAbout(slot: u32): bool {
  assert(slot < SLOT_COUNT, 'there are two slots');
  const state: u32 = entryIn(before, slot).state;
  return state != SLOT_UNMARKED && hashesDiffer(hashIn(before, slot), measurement(slot)) == 0;
}

/** The state of an image that the boot state does not know: SLOT_PENDING where its trailer requests a trial, else SLOT_UNMARKED. */
function unknownState(slot: u32): u32 {
  assert(TRAILER_MAGIC < TRAILER_IMAGE_OK && TRAILER_IMAGE_OK < TRAILER_COPY_DONE, 'copy_done is the first');
  copyFromBus(trailer, addressAgain(slot) + MAP_SLOT_SIZE - TRAILER_COPY_DONE, TRAILER_COPY_DONE);
  const magic = trailer + TRAILER_COPY_DONE - TRAILER_MAGIC;
  const imageOk: u32 = load<u8>(trailer + TRAILER_COPY_DONE - TRAILER_IMAGE_OK);
  const copyDone: u32 = load<u8>(trailer);
  let difference = (load<u32>(magic) ^ TRAILER_MAGIC_WORD_0) | (load<u32>(magic, 4) ^ TRAILER_MAGIC_WORD_1);
  difference |= (load<u32>(magic, 8) ^ TRAILER_MAGIC_WORD_2) | (load<u32>(magic, 12) ^ TRAILER_MAGIC_WORD_3);
  difference |= (isSame(imageOk, TRAILER_FLAG_SET) ^ 1) & (isSame(imageOk & copyDone, 0xff) ^ 1);
  return difference == 0 ? SLOT_PENDING : SLOT_UNMARKED;
}

/** 1 where the header in the slot says a lower version than that in the other one, and no token allows that. */
function isOlderThanOther(slot: u32): u32 {
  assert(slot < SLOT_COUNT, 'there are two slots');
  const version = versionAgain(slot);
  const displaced = versionAgain(slot ^ 1);
  if (version >= displaced) return 0;
  return slotHasToken(slot) && tokenDisplaces() >= displaced ? 0 : 1;
}

/** As version.ts compares versions. */
function versionAgain(slot: u32): u32 {
  assert(IMAGE_OFFSET_REVISION == IMAGE_OFFSET_MAJOR + 2, 'a version is read as one word');
  const fields = read32(addressAgain(slot) + IMAGE_OFFSET_MAJOR);
  return (fields << 24) | ((fields & 0xff00) << 8) | (fields >> 16);
}
