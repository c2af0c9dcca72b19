// The boot state as bootloader, SMP image group and firmware see it: what each slot's image is, and the few ways to change that.
//
// A slot's entry is about one image, by hash. Where the slot holds another image, the entry says nothing, and the image is what its
// MCUboot trailer asks for (state/trailer.ts): nothing, a trial, or a trial after which it confirms itself. So `slotState` needs the slot's info: call parseSlot or verifySlot first.
//
// A change is one journal append, one or two flash jobs: start* begins it and returns false where the journal or flash is busy. After
// each FLASH interrupt (flashService) ask `stateBusy`: asking is what moves the change on; when it is false, `stateFailed` tells how it
// went. A change that changes nothing is done at once. Power lost in between leaves the old state or the new one.
//
// What is new in a record beside the entries: which slot was confirmed last, and flags of each image (protocol/image/boot-record.ts). Of images
// that count as equal, or that both were confirmed, the one confirmed last boots; that is decided in decide.ts, from what is kept here.
//
// A confirm is its record, the same record once more, and then the security counter: when both records hold, the fuses are brought up to the
// image's counter, on the FUSES line. Cut in between, the next boot of the confirmed image completes the burn (settle.ts).
//
// Why twice: a bit of flash may rot at any time. The newest record is then none, and the one before it is the state; that one must say the same
// of what a client was told. It costs one more program operation a confirm, 0.2 ms and one of the 32 places of a sector. Where power was
// cut between the two, nobody was told; a confirm that is asked again writes the second one. No other change is told as lasting, so no other
// is written twice: a mark that rots away is a trial that does not begin, and a rejection that does is found again.

import { flashBusy } from '../../../protocol/guest/flash-job';
import {
  EVENT_BOOT_REJECT,
  EVENT_IMAGE_CONFIRMED,
  EVENT_IMAGE_PENDING,
  HANDOVER_SECURITY_COUNTER,
  HANDOVER_SLOT,
  REASON_NONE,
  RECORD_CONFIRMED_LAST,
  RECORD_ENTRIES,
  RECORD_ENTRY_BOOTS_LEFT,
  RECORD_ENTRY_HASH,
  RECORD_ENTRY_REASON,
  RECORD_ENTRY_SIZE,
  RECORD_ENTRY_STATE,
  RECORD_ENTRY_VERSION,
  RECORD_FLAG_EARNED,
  RECORD_FLAG_PERMANENT,
  RECORD_FLAGS,
  RECORD_FLAGS_ALL,
  RECORD_NO_SLOT,
  RECORD_RUNNING,
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
import { entryIn as entryOf, hashIn, tailOf } from './record';
import { TRAILER_ASKS_NOTHING, TRAILER_ASKS_PERMANENT, trailerAsks } from './trailer';

const HASH_SIZE: usize = 32;

/** What the append under way will have made of which slot: SLOT_CONFIRMED, SLOT_PENDING, SLOT_REJECTED or SLOT_UNMARKED. */
let changeTo: u32 = 0;
let changedSlot: u32 = 0;
let changing: bool = false;
/** The append held, and the counter is being burnt. */
let burning: bool = false;
/** The confirm under way has written its second record. */
let repeated: bool = false;

export function loadBootState(): void {
  loadJournal();
  changing = false;
  burning = false;
}

export function entryIn(record: usize, slot: u32): usize {
  assert(slot < SLOT_COUNT, 'there are two slots');
  return record + RECORD_ENTRIES + slot * RECORD_ENTRY_SIZE;
}

/** Whether the entry speaks of the image in the slot. One that cannot be named any more is still the one we knew. */
export function entrySpeaks(slot: u32): bool {
  const entry = entryIn(current, slot);
  if (<u32>load<u8>(entry, RECORD_ENTRY_STATE) == SLOT_UNMARKED) return false;
  return !imageHasHash(slot) || sameBytes(entry + RECORD_ENTRY_HASH, imageHash(slot), HASH_SIZE);
}

/** The version the image in the slot says it has, or had when it could still be read. */
export function slotVersion(slot: u32): u32 {
  if (imageHasHash(slot) || !entrySpeaks(slot)) return imageVersion(slot);
  return load<u32>(entryIn(current, slot), RECORD_ENTRY_VERSION);
}

/** SLOT_* state of the image in the slot. */
export function slotState(slot: u32): u32 {
  if (entrySpeaks(slot)) return <u32>load<u8>(entryIn(current, slot), RECORD_ENTRY_STATE);
  if (!imageHasHash(slot) || trailerAsks(slot) == TRAILER_ASKS_NOTHING) return SLOT_UNMARKED;
  return SLOT_PENDING;
}

/** RECORD_FLAG_* of the image in the slot: as they were kept, or, while nothing is known of it, as its trailer asks for. */
export function slotFlags(slot: u32): u32 {
  assert(slot < SLOT_COUNT, 'there are two slots');
  if (entrySpeaks(slot)) return <u32>load<u8>(current + slot, RECORD_FLAGS) & RECORD_FLAGS_ALL;
  return imageHasHash(slot) && trailerAsks(slot) == TRAILER_ASKS_PERMANENT ? RECORD_FLAG_PERMANENT : 0;
}

/** Whether the image was confirmed once: it ran healthy, or the factory vouched for it. */
export function slotEarned(slot: u32): bool {
  return (slotFlags(slot) & RECORD_FLAG_EARNED) != 0;
}

/** The slot whose image was confirmed last, or RECORD_NO_SLOT. */
export function confirmedLast(): u32 {
  return load<u8>(current, RECORD_CONFIRMED_LAST);
}

/** Whether two records say that the image in the slot is confirmed, and that it was confirmed last: no single rotten bit can undo it. */
export function isConfirmedTwice(slot: u32): bool {
  assert(slotState(slot) == SLOT_CONFIRMED, 'one record says it');
  const before = recordBefore();
  if (before == 0 || <u32>tailOf(before).confirmedLast != confirmedLast()) return false;
  if (<u32>entryOf(before, slot).state != SLOT_CONFIRMED) return false;
  return sameBytes(hashIn(before, slot), hashIn(current, slot), HASH_SIZE);
}

/** Why the image was refused, as kept. With SLOT_CONFIRMED: what was wrong at the last look; it is tried again at every boot. */
export function slotReason(slot: u32): u32 {
  return entrySpeaks(slot) ? <u32>load<u8>(entryIn(current, slot), RECORD_ENTRY_REASON) : REASON_NONE;
}

/** Boots a trial has left. */
export function slotBootsLeft(slot: u32): u32 {
  return entrySpeaks(slot) ? <u32>load<u8>(entryIn(current, slot), RECORD_ENTRY_BOOTS_LEFT) : 0;
}

/** The slot handed over to last, or RECORD_NO_SLOT. */
export function lastRunning(): u32 {
  return load<u32>(current, RECORD_RUNNING);
}

/**
 * Asks for the slot's image to be run on trial at the next boot. The caller has verified it. `wishes`: RECORD_FLAG_PERMANENT where it is to
 * confirm itself, RECORD_FLAG_OLDER where it is to run although the confirmed image is newer.
 */
export function startMarkPending(slot: u32, wishes: u32): bool {
  assert(imageHasHash(slot) && imageReason(slot) == REASON_NONE, 'only a verified image is asked for');
  assert((wishes & RECORD_FLAG_EARNED) == 0, 'nobody can ask for an image to have been confirmed');
  const earned = entrySpeaks(slot) ? slotFlags(slot) & RECORD_FLAG_EARNED : 0;
  return startChange(slot, SLOT_PENDING, REASON_NONE, wishes | earned);
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
  assert(reason != REASON_NONE, 'a rejection has a reason');
  return startChange(slot, SLOT_REJECTED, reason, 0);
}

/** Forgets what was known of the slot. For an erase or an upload: after the trailer sector is erased, before any other is. */
export function startForget(slot: u32): bool {
  return startChange(slot, SLOT_UNMARKED, REASON_NONE, 0);
}

/** Moves the change under way on as far as flash lets it, and tells whether there is still something to wait for. */
export function stateBusy(): bool {
  journalService();
  if (changing && !journalBusy() && !counterBusy()) {
    if (changeTo == SLOT_CONFIRMED && !appendFailed() && !repeated && !isConfirmedTwice(changedSlot)) {
      repeated = true;
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
  return appendFailed();
}

function startChange(slot: u32, state: u32, reason: u32, flags: u32): bool {
  assert(slot < SLOT_COUNT, 'there are two slots');
  if (changing || journalBusy() || flashBusy()) return false;
  const draft = draftRecord();
  fillEntry(draft, slot, state, reason, 0, flags);
  if (state == SLOT_CONFIRMED) store<u8>(draft, <u8>slot, RECORD_CONFIRMED_LAST);
  // What is forgotten is not what was confirmed last any more.
  else if (state == SLOT_UNMARKED && confirmedLast() == slot) store<u8>(draft, RECORD_NO_SLOT, RECORD_CONFIRMED_LAST);
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
    state == SLOT_CONFIRMED ? flags == RECORD_FLAG_EARNED : asksForRun(state) || flags == 0,
    'a confirmed image has earned it, and only one that is asked for has wishes',
  );
  const known = entryIn(current, slot);
  const entry = entryIn(draft, slot);
  const version = slotVersion(slot);
  memory.copy(entry + RECORD_ENTRY_HASH, entrySpeaks(slot) ? known + RECORD_ENTRY_HASH : imageHash(slot), HASH_SIZE);
  store<u8>(entry, <u8>state, RECORD_ENTRY_STATE);
  store<u8>(entry, <u8>reason, RECORD_ENTRY_REASON);
  store<u8>(entry, <u8>bootsLeft, RECORD_ENTRY_BOOTS_LEFT);
  store<u32>(entry, version, RECORD_ENTRY_VERSION);
  store<u8>(draft + slot, <u8>flags, RECORD_FLAGS);
  if (state == SLOT_UNMARKED) memory.fill(entry, 0, RECORD_ENTRY_SIZE);
}

function asksForRun(state: u32): bool {
  return state == SLOT_PENDING || state == SLOT_TRIAL;
}

function announce(): void {
  if (changeTo == SLOT_PENDING) recordEvent(EVENT_IMAGE_PENDING, changedSlot, 0);
  else if (changeTo == SLOT_REJECTED) recordEvent(EVENT_BOOT_REJECT, changedSlot, slotReason(changedSlot));
  else if (changeTo == SLOT_CONFIRMED) {
    writeResetTrialTimeout(0);
    recordEvent(EVENT_IMAGE_CONFIRMED, changedSlot, imageVersion(changedSlot));
  }
}
