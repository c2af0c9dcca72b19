// IMG state write: test an image at the next boot, or confirm one.
//
//   who        test               confirm
//   active     refused, 33        CONFIRMED: from now on it is the one that boots. Refused with 32 while the device is not healthy, as corrupt if it
//                                 does not verify any more. Nothing to do where nothing would change
//   other      PENDING            while an image runs refused, 32: an image that never ran is never confirmed, or one command could brick the device.
//                                 In safe mode PENDING as well: it is tried, and confirms itself once it is healthy
//
// Test of the other slot's image: refused with 28 while a trial runs; verified first; nothing to do if it is to run next anyway. While an image
// runs it is refused with 27 if it is older than that, unless there is a good downgrade token for it. In safe mode a person may go back to an
// older version: what locks it out for good is the security counter.

import { fieldsOk, findBytesOrNull, readBoolean } from '../../../protocol/guest/cbor-fields';
import { cborContent, cborContentLength } from '../../../protocol/guest/cbor-reader';
import {
  IMG_ERR_CURRENT_VERSION_IS_NEWER,
  IMG_ERR_FLASH_WRITE,
  IMG_ERR_HASH_NOT_FOUND,
  IMG_ERR_IMAGE_ALREADY_PENDING,
  IMG_ERR_IMAGE_CONFIRMATION_DENIED,
  IMG_ERR_IMAGE_SETTING_TEST_TO_ACTIVE_DENIED,
  IMG_ERR_INVALID_HASH,
  IMG_ERR_NO_IMAGE,
  MGMT_EACCESSDENIED,
  MGMT_EBUSY,
  MGMT_ECORRUPT,
  MGMT_EINVAL,
  REASON_HASH_MISMATCH,
  REASON_NONE,
  RECORD_FLAG_EARNED,
  RECORD_FLAG_OLDER,
  RECORD_FLAG_PERMANENT,
  SLOT_CONFIRMED,
  SLOT_PENDING,
} from '../../../protocol/guest/generated/constants';
import { nameOfReason } from '../../../protocol/guest/generated/reasons';
import { isInRam } from '../../../protocol/guest/ram';
import { sameBytes } from '../../../protocol/guest/same-bytes';
import { giveReason, openRequest } from '../../../protocol/guest/smp/request';
import { STATUS_DEFERRED, STATUS_GROUP } from '../../../protocol/guest/smp/status';
import { imageHasHash, imageHash, imageIsRecovery, imageVerified, imageVersion } from '../info';
import { otherSlot, SLOT_COUNT } from '../slots';
import {
  confirmedLast,
  isConfirmedTwice,
  slotFlags,
  slotReason,
  slotState,
  startConfirm,
  startMarkPending,
  stateBusy,
  stateFailed,
} from '../state/boot-state';
import { slotHasToken, tokenDisplaces } from '../token';
import { verifySlot } from '../verify';
import { writeImageList } from './img-list';
import { activeSlot, bootsNext, NO_SLOT, onTrial, readSlots } from './img-slots';

const HASH_SIZE: u32 = 32;

let confirmDenied: bool = false;

/** While true the running image cannot be confirmed: the firmware's health word decides. */
export function setConfirmDenied(value: bool): void {
  confirmDenied = value;
}

export function answerStateWrite(step: u32): u32 {
  if (step == 0) {
    const status = startStateWrite();
    if (status == 0) writeImageList();
    if (status != STATUS_DEFERRED) return status;
  }
  if (stateBusy()) return STATUS_DEFERRED;
  if (stateFailed()) return STATUS_GROUP + IMG_ERR_FLASH_WRITE;
  writeImageList();
  return 0;
}

/** 0 where nothing is to be done, STATUS_DEFERRED where a change was begun, or an error. */
function startStateWrite(): u32 {
  openRequest();
  const item = findBytesOrNull('hash');
  const confirm = readBoolean('confirm', false);
  if (!fieldsOk()) return MGMT_EINVAL;
  readSlots();
  // Without a hash, with null or with no bytes, a client means the image that runs.
  if (item == 0 || cborContentLength(item) == 0) {
    if (!confirm) return STATUS_GROUP + IMG_ERR_INVALID_HASH;
    const active = activeSlot();
    return active == NO_SLOT ? STATUS_GROUP + IMG_ERR_NO_IMAGE : confirmActive(active);
  }
  if (cborContentLength(item) != HASH_SIZE) return STATUS_GROUP + IMG_ERR_INVALID_HASH;
  const slot = findByHash(cborContent(item));
  if (slot == NO_SLOT) return STATUS_GROUP + IMG_ERR_HASH_NOT_FOUND;
  assert(slot < SLOT_COUNT, 'the image is in one of two slots');
  if (slot != activeSlot()) return markOther(slot, confirm);
  return confirm ? confirmActive(slot) : STATUS_GROUP + IMG_ERR_IMAGE_SETTING_TEST_TO_ACTIVE_DENIED;
}

/**
 * The slot of the image with this hash TLV. If both hold it: the running one; in safe mode one that verifies. An upload
 * that was cut within its signature leaves the same hash behind, and does not verify.
 */
function findByHash(hash: usize): u32 {
  assert(isInRam(hash, HASH_SIZE), 'there is a whole hash');
  const active = activeSlot();
  let found = NO_SLOT;
  for (let slot: u32 = 0; slot < SLOT_COUNT; slot++) {
    if (!imageHasHash(slot) || !sameBytes(hash, imageHash(slot), HASH_SIZE)) continue;
    if (found == NO_SLOT || slot == active || (found != active && verifySlot(found) != REASON_NONE)) found = slot;
  }
  assert(found == NO_SLOT || found < SLOT_COUNT, 'one of two slots, or none');
  return found;
}

function confirmActive(active: u32): u32 {
  assert(active == activeSlot() && active < SLOT_COUNT, 'what never ran is never confirmed');
  if (isConfirmedAlready(active)) return 0;
  // A running image whose hash cannot be read in flash any more cannot be confirmed.
  if (!imageHasHash(active)) return STATUS_GROUP + IMG_ERR_NO_IMAGE;
  if (confirmDenied) {
    giveReason('not healthy');
    return STATUS_GROUP + IMG_ERR_IMAGE_CONFIRMATION_DENIED;
  }
  // The confirm locks older images out: what it keeps must be whole now.
  const reason = verifySlot(active);
  if (reason != REASON_NONE) {
    giveReason(nameOfReason(reason));
    return MGMT_ECORRUPT;
  }
  assert(imageVerified(active), 'what is confirmed verified just now');
  return startConfirm(active) ? STATUS_DEFERRED : MGMT_EBUSY;
}

/** Whether a confirm would change nothing: the image is the one that was confirmed last, and nothing is known against it. */
function isConfirmedAlready(active: u32): bool {
  assert(active < SLOT_COUNT, 'there are two slots');
  if (slotState(active) != SLOT_CONFIRMED) return false;
  return confirmedLast() == active && slotReason(active) == REASON_NONE && isConfirmedTwice(active);
}

function markOther(slot: u32, confirm: bool): u32 {
  assert(slot != activeSlot(), 'the running image is confirmed elsewhere');
  if (onTrial()) return STATUS_GROUP + IMG_ERR_IMAGE_ALREADY_PENDING;
  const inSafeMode = activeSlot() == NO_SLOT;
  if (confirm && !inSafeMode) {
    giveReason('test it first');
    return STATUS_GROUP + IMG_ERR_IMAGE_CONFIRMATION_DENIED;
  }
  if (!inSafeMode && isDowngrade(slot)) {
    giveReason('downgrade');
    return STATUS_GROUP + IMG_ERR_CURRENT_VERSION_IS_NEWER;
  }
  const flags = flagsFor(slot, confirm);
  if (slotState(slot) == SLOT_PENDING && (slotFlags(slot) & ~RECORD_FLAG_EARNED) == flags) return 0;
  const reason = verifySlot(slot);
  // The code tells every client: damaged, or not allowed. The name of the reason goes with it.
  if (reason != REASON_NONE) {
    giveReason(nameOfReason(reason));
    return reason <= REASON_HASH_MISMATCH ? MGMT_ECORRUPT : MGMT_EACCESSDENIED;
  }
  // A recovery image boots only where no other image does.
  if (imageIsRecovery(slot) && !inSafeMode) {
    giveReason('recovery image');
    return MGMT_EACCESSDENIED;
  }
  if (inSafeMode && bootsNext(slot)) return 0;
  assert(imageVerified(slot), 'what is requested verified just now');
  return startMarkPending(slot, flags) ? STATUS_DEFERRED : MGMT_EBUSY;
}

/** Whether the image is older than the one that runs, and no token lets it displace that. */
function isDowngrade(slot: u32): bool {
  const running = activeSlot();
  assert(running == otherSlot(slot), 'the requested image is compared with the one that runs');
  if (imageVersion(slot) >= imageVersion(running)) return false;
  return !slotHasToken(slot) || tokenDisplaces() < imageVersion(running);
}

/**
 * RECORD_FLAG_* of a trial that a client requests. Where a token makes the image in the other slot count as newer than its version, the versions
 * themselves were compared here (isDowngrade), so that image does not hold this one back.
 */
function flagsFor(slot: u32, confirm: bool): u32 {
  const inSafeMode = activeSlot() == NO_SLOT;
  assert(!confirm || inSafeMode, 'while an image runs only that one is confirmed');
  assert((RECORD_FLAG_OLDER & RECORD_FLAG_PERMANENT) == 0, 'each flag has a bit of its own');
  const older = inSafeMode || slotHasToken(otherSlot(slot)) ? RECORD_FLAG_OLDER : 0;
  return older | (confirm ? RECORD_FLAG_PERMANENT : 0);
}
