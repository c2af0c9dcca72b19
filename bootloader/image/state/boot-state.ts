// The boot state for bootloader, SMP image group and firmware: what the image in each slot is (pending, on trial, confirmed ...), and how that is changed.
//
// A slot's entry is about one image, known by its hash. Where the slot holds another image, the entry is not about that one; then the MCUboot trailer
// counts (state/trailer.ts): it requests nothing, a trial, or a trial after which the image confirms itself. So `slotState` needs the slot's info:
// call parseSlot or verifySlot first.
//
// A change is one journal append, one or two flash jobs: start* begins it and returns false where the journal or flash is busy. After
// each FLASH interrupt (flashService) ask `stateBusy`: asking is what moves the change on; when it is false, `stateFailed` tells how it
// went. A change that changes nothing is done at once. Power lost in between leaves the old state or the new one.
//
// A record has more than the two entries: which slot was confirmed last, and flags of each image (protocol/image/boot-record.ts). Of images
// that count as equal, or that both were confirmed, the one confirmed last boots; that is decided in decide.ts, from what is kept here.
//
// A confirm is its record, the same record once more, and then the security counter: when both records hold, the fuses are brought up to the
// image's counter, on the FUSES line. Cut in between, the next boot of the confirmed image completes the burn (settle.ts).
//
// Why twice: a bit of flash may rot at any time. Then the newest record does not count, and the one before it does; so that one must say the
// same about what a client was told. It costs one more program operation a confirm, 0.2 ms and one of the 32 places of a sector. Where power was
// cut between the two, the client got no reply; a confirm that is requested again writes the second one. No other change is reported as lasting, so
// no other is written twice: where the record of a request rots, no trial begins; where that of a rejection rots, the image is refused again.

import { flashBusy } from '../../../protocol/guest/flash-job';
import {
  EVENT_BOOT_REJECT,
  EVENT_IMAGE_CONFIRMED,
  EVENT_IMAGE_PENDING,
  HANDOVER_SECURITY_COUNTER,
  HANDOVER_SLOT,
  POLICY_TRIAL_BOOTS,
  REASON_NONE,
  RECORD_ENTRY_SIZE,
  RECORD_FLAG_EARNED,
  RECORD_FLAG_PERMANENT,
  RECORD_FLAGS_ALL,
  RECORD_NO_SLOT,
  SLOT_CONFIRMED,
  SLOT_PENDING,
  SLOT_REJECTED,
  SLOT_TRIAL,
  SLOT_UNMARKED,
} from '../../../protocol/guest/generated/constants';
import { readResetMailbox, writeResetTrialTimeout } from '../../../protocol/guest/generated/registers';
import { recordEvent } from '../../../protocol/guest/record-event';
import { sameBytes } from '../../../protocol/guest/same-bytes';
import { imageHasHash, imageHash, imageReason, imageVersion } from '../info';
import { counterBusy, startCounter } from '../security-counter';
import { SLOT_COUNT } from '../slots';
import {
  appendFailed,
  appendRecord,
  current,
  draftDiffers,
  draftRecord,
  journalBusy,
  journalService,
  loadJournal,
  recordBefore,
} from './journal';
import { entryIn, flagsIn, hashIn, setFlagsIn, tailOf } from './record';
import { TRAILER_ASKS_NOTHING, TRAILER_ASKS_PERMANENT, trailerAsks } from './trailer';

const HASH_SIZE: usize = 32;

/** The slot that the append under way changes, and its new state: SLOT_CONFIRMED, SLOT_PENDING, SLOT_REJECTED or SLOT_UNMARKED. */
let changeTo: u32 = 0;
let changedSlot: u32 = 0;
let changing: bool = false;
/** The append held, and the counter is being burnt. */
let burning: bool = false;
/** The confirm under way has written its second record. */
let repeated: bool = false;

export function loadBootState(): void {
  assert(!flashBusy(), 'no flash job of an earlier change runs');
  loadJournal();
  changing = false;
  burning = false;
}

/** Whether the entry is about the image in the slot. An image whose hash cannot be read any more counts as the one of the entry. */
export function entrySpeaks(slot: u32): bool {
  if (<u32>entryIn(current, slot).state == SLOT_UNMARKED) return false;
  return !imageHasHash(slot) || sameBytes(hashIn(current, slot), imageHash(slot), HASH_SIZE);
}

/** The version the image in the slot says it has, or had when it could still be read. */
export function slotVersion(slot: u32): u32 {
  assert(slot < SLOT_COUNT, 'there are two slots');
  if (imageHasHash(slot) || !entrySpeaks(slot)) return imageVersion(slot);
  return entryIn(current, slot).version;
}

/** SLOT_* state of the image in the slot. */
export function slotState(slot: u32): u32 {
  if (entrySpeaks(slot)) {
    const state: u32 = entryIn(current, slot).state;
    assert(state != SLOT_UNMARKED && state <= SLOT_REJECTED, 'a record with another state is not valid');
    return state;
  }
  if (!imageHasHash(slot) || trailerAsks(slot) == TRAILER_ASKS_NOTHING) return SLOT_UNMARKED;
  return SLOT_PENDING;
}

/** RECORD_FLAG_* of the image in the slot: as they were kept, or, while nothing is known of it, as its trailer asks for. */
export function slotFlags(slot: u32): u32 {
  assert(slot < SLOT_COUNT, 'there are two slots');
  if (entrySpeaks(slot)) return flagsIn(current, slot) & RECORD_FLAGS_ALL;
  return imageHasHash(slot) && trailerAsks(slot) == TRAILER_ASKS_PERMANENT ? RECORD_FLAG_PERMANENT : 0;
}

/** Whether the image was confirmed once: because it ran healthy, or by the factory. */
export function slotEarned(slot: u32): bool {
  assert((RECORD_FLAGS_ALL & RECORD_FLAG_EARNED) != 0, 'it is one of the flags that are kept');
  return (slotFlags(slot) & RECORD_FLAG_EARNED) != 0;
}

/** The slot whose image was confirmed last, or RECORD_NO_SLOT. */
export function confirmedLast(): u32 {
  return tailOf(current).confirmedLast;
}

/** Whether two records say that the image in the slot is confirmed, and that it was confirmed last: no single rotten bit can undo it. */
export function isConfirmedTwice(slot: u32): bool {
  assert(slotState(slot) == SLOT_CONFIRMED, 'one record says it');
  const before = recordBefore();
  assert(before != current, 'the record before is another one');
  if (before == 0 || <u32>tailOf(before).confirmedLast != confirmedLast()) return false;
  if (<u32>entryIn(before, slot).state != SLOT_CONFIRMED) return false;
  return sameBytes(hashIn(before, slot), hashIn(current, slot), HASH_SIZE);
}

/** Why the image was refused, as kept. With SLOT_CONFIRMED: what was wrong at the last look; it is tried again at every boot. */
export function slotReason(slot: u32): u32 {
  return entrySpeaks(slot) ? <u32>entryIn(current, slot).reason : REASON_NONE;
}

/** Boots a trial has left. */
export function slotBootsLeft(slot: u32): u32 {
  const bootsLeft = entrySpeaks(slot) ? <u32>entryIn(current, slot).bootsLeft : 0;
  assert(bootsLeft < POLICY_TRIAL_BOOTS, 'a record with more is not valid');
  return bootsLeft;
}

/** The slot handed over to last, or RECORD_NO_SLOT. */
export function lastRunning(): u32 {
  return tailOf(current).running;
}

/**
 * Requests that the slot's image is run on trial at the next boot. The caller has verified it. `flags`: RECORD_FLAG_PERMANENT where it is to
 * confirm itself, RECORD_FLAG_OLDER where it is to run although the confirmed image is newer.
 */
export function startMarkPending(slot: u32, flags: u32): bool {
  assert(imageHasHash(slot) && imageReason(slot) == REASON_NONE, 'a trial is requested of a verified image only');
  assert((flags & RECORD_FLAG_EARNED) == 0, 'no request makes an image one that was confirmed');
  const earned = entrySpeaks(slot) ? slotFlags(slot) & RECORD_FLAG_EARNED : 0;
  return startChange(slot, SLOT_PENDING, REASON_NONE, flags | earned);
}

/**
 * Confirms the running image, which the caller has verified again: from here on older ones may be locked out. When the record holds,
 * the counter the bootloader found when it verified the image is burnt, and the trial timer is stopped.
 */
export function startConfirm(slot: u32): bool {
  assert(imageHasHash(slot), 'an image that runs can be named');
  assert(readResetMailbox(HANDOVER_SLOT) == slot, 'what never ran is never confirmed');
  return startChange(slot, SLOT_CONFIRMED, REASON_NONE, RECORD_FLAG_EARNED);
}

/** Refuses the slot's image until it is uploaded again. */
export function startReject(slot: u32, reason: u32): bool {
  assert(reason <= 0xff, 'a record keeps a reason in a byte');
  assert(reason != REASON_NONE, 'a rejection has a reason');
  return startChange(slot, SLOT_REJECTED, reason, 0);
}

/** Forgets what was known of the slot. For an erase or an upload: after the trailer sector is erased, before any other is. */
export function startForget(slot: u32): bool {
  return startChange(slot, SLOT_UNMARKED, REASON_NONE, 0);
}

/** Moves the change under way on as far as flash lets it, and tells whether there is still something to wait for. */
export function stateBusy(): bool {
  assert(changing || !burning, 'only a change burns a fuse');
  assert(changeTo <= SLOT_REJECTED && changedSlot < SLOT_COUNT, 'a change gives a slot one of five states');
  journalService();
  if (changing && !journalBusy() && !counterBusy()) {
    if (changeTo == SLOT_CONFIRMED && !appendFailed() && !repeated && !isConfirmedTwice(changedSlot)) {
      repeated = true;
      assert(!burning, 'no fuse is burnt before both records hold');
      draftRecord();
      appendRecord();
      return true;
    }
    if (!burning && changeTo == SLOT_CONFIRMED && !appendFailed()) {
      burning = startCounter(readResetMailbox(HANDOVER_SECURITY_COUNTER));
      if (burning) return true;
    }
    burning = false;
    changing = false;
    if (!appendFailed()) announce();
  }
  return changing;
}

/** Whether the last change could not be written. The state is then what it was before. */
export function stateFailed(): bool {
  assert(!changing, 'a change under way has not failed yet');
  return appendFailed();
}

function startChange(slot: u32, state: u32, reason: u32, flags: u32): bool {
  assert(state != SLOT_TRIAL && state <= SLOT_REJECTED, 'a trial begins at a boot');
  assert(slot < SLOT_COUNT, 'there are two slots');
  if (changing || journalBusy() || flashBusy()) return false;
  const draft = draftRecord();
  fillEntry(draft, slot, state, reason, 0, flags);
  if (state == SLOT_CONFIRMED) tailOf(draft).confirmedLast = <u8>slot;
  // What is forgotten is not what was confirmed last any more.
  else if (state == SLOT_UNMARKED && confirmedLast() == slot) tailOf(draft).confirmedLast = <u8>RECORD_NO_SLOT;
  changeTo = state;
  changedSlot = slot;
  repeated = false;
  if (draftDiffers()) {
    changing = true;
    appendRecord();
  } else if (state == SLOT_CONFIRMED) {
    // Its record holds since a cut; its counter may be missing.
    changing = true;
  } else {
    announce();
  }
  return true;
}

/** Writes the slot's entry in a draft, about the image that is in the slot, or was when it could still be read. */
export function fillEntry(draft: usize, slot: u32, state: u32, reason: u32, bootsLeft: u32, flags: u32): void {
  assert(
    state == SLOT_REJECTED || state == SLOT_CONFIRMED || reason == REASON_NONE,
    'only what was refused has a reason',
  );
  assert(state == SLOT_TRIAL || bootsLeft == 0, 'only a trial has boots left');
  assert(
    state == SLOT_CONFIRMED ? flags == RECORD_FLAG_EARNED : isRequested(state) || flags == 0,
    'a confirmed image is EARNED, and only a requested one has other flags',
  );
  assert(draft != current, 'the state in flash is read, and the draft is written');
  assert(reason <= 0xff && bootsLeft < POLICY_TRIAL_BOOTS, 'reason and boots left fit their bytes');
  const entry = entryIn(draft, slot);
  entry.version = slotVersion(slot);
  memory.copy(hashIn(draft, slot), entrySpeaks(slot) ? hashIn(current, slot) : imageHash(slot), HASH_SIZE);
  entry.state = <u8>state;
  entry.reason = <u8>reason;
  entry.bootsLeft = <u8>bootsLeft;
  setFlagsIn(draft, slot, flags);
  if (state == SLOT_UNMARKED) memory.fill(changetype<usize>(entry), 0, RECORD_ENTRY_SIZE);
}

function isRequested(state: u32): bool {
  return state == SLOT_PENDING || state == SLOT_TRIAL;
}

function announce(): void {
  assert(!changing, 'what is announced has been written');
  assert(changedSlot < SLOT_COUNT, 'there are two slots');
  if (changeTo == SLOT_PENDING) recordEvent(EVENT_IMAGE_PENDING, changedSlot, 0);
  else if (changeTo == SLOT_REJECTED) recordEvent(EVENT_BOOT_REJECT, changedSlot, slotReason(changedSlot));
  else if (changeTo == SLOT_CONFIRMED) {
    writeResetTrialTimeout(0);
    recordEvent(EVENT_IMAGE_CONFIRMED, changedSlot, imageVersion(changedSlot));
  }
}
