// IMG state write: test an image at the next boot, or confirm one.
//
//   who        test               confirm
//   active     refused, 33        CONFIRMED; nothing to do if it is; refused with 32 while the device is not healthy, as corrupt if it rotted
//   other      PENDING            refused, 32: what never ran is never confirmed, or one command could brick the device
//
// Test of the other slot's image: refused with 28 while a trial runs; nothing to do if it is to run next anyway; refused with 27
// if an older version than the confirmed one, which the bootloader would prefer for ever, unless a downgrade token lies beside it;
// verified first.

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
  SLOT_CONFIRMED,
  SLOT_PENDING,
} from '../../../protocol/guest/generated/constants';
import { giveReason, openRequest } from '../../../protocol/guest/smp/request';
import { STATUS_DEFERRED, STATUS_GROUP } from '../../../protocol/guest/smp/status';
import { imageHasHash, imageHash, imageIsRecovery, imageVersion } from '../info';
import { otherSlot, SLOT_COUNT } from '../slots';
import { slotState, startConfirm, startMarkPending, stateBusy, stateFailed } from '../state/boot-state';
import { slotHasToken, tokenDisplaces } from '../token';
import { verifySlot } from '../verify';
import { writeImageList } from './img-list';
import { activeSlot, holdsConfirmed, NO_SLOT, onTrial, readSlots } from './img-slots';

const HASH_SIZE: u32 = 32;

let confirmDenied: bool = false;

/** While true the running image cannot be confirmed: the firmware's health word decides. */
export function setConfirmDenied(value: bool): void {
  confirmDenied = value;
}

export function answerStateWrite(step: u32): u32 {
  if (step == 0) {
    const status = startStateWrite();
    if (status != 0) return status;
  }
  if (stateBusy()) return STATUS_DEFERRED;
  if (stateFailed()) return STATUS_GROUP + IMG_ERR_FLASH_WRITE;
  writeImageList();
  return 0;
}

function startStateWrite(): u32 {
  openRequest();
  const item = findBytesOrNull('hash');
  const confirm = readBoolean('confirm', false);
  if (!fieldsOk()) return MGMT_EINVAL;
  readSlots();
  // Clients say "the running one" by leaving the hash out, by null, or by no bytes.
  if (item == 0 || cborContentLength(item) == 0) {
    if (!confirm) return STATUS_GROUP + IMG_ERR_INVALID_HASH;
    const active = activeSlot();
    return active == NO_SLOT ? STATUS_GROUP + IMG_ERR_NO_IMAGE : confirmActive(active);
  }
  if (cborContentLength(item) != HASH_SIZE) return STATUS_GROUP + IMG_ERR_INVALID_HASH;
  const slot = findByHash(cborContent(item));
  if (slot == NO_SLOT) return STATUS_GROUP + IMG_ERR_HASH_NOT_FOUND;
  if (slot != activeSlot()) return markOther(slot, confirm);
  return confirm ? confirmActive(slot) : STATUS_GROUP + IMG_ERR_IMAGE_SETTING_TEST_TO_ACTIVE_DENIED;
}

/**
 * The slot of the image with this hash TLV. If both hold it: the running one; in safe mode one that verifies, for what an upload cut in its
 * signature left behind bears the same hash.
 */
function findByHash(hash: usize): u32 {
  const active = activeSlot();
  let found = NO_SLOT;
  for (let slot: u32 = 0; slot < SLOT_COUNT; slot++) {
    if (!imageHasHash(slot) || memory.compare(hash, imageHash(slot), HASH_SIZE) != 0) continue;
    if (found == NO_SLOT || slot == active || (found != active && verifySlot(found) != REASON_NONE)) found = slot;
  }
  return found;
}

function confirmActive(active: u32): u32 {
  if (slotState(active) == SLOT_CONFIRMED) return 0;
  // A running image whose flash no longer shows its name cannot be vouched for.
  if (!imageHasHash(active)) return STATUS_GROUP + IMG_ERR_NO_IMAGE;
  if (confirmDenied) {
    giveReason('not healthy');
    return STATUS_GROUP + IMG_ERR_IMAGE_CONFIRMATION_DENIED;
  }
  // The confirm locks older images out: what it keeps must be whole now.
  if (verifySlot(active) != REASON_NONE) return MGMT_ECORRUPT;
  return startConfirm(active) ? 0 : MGMT_EBUSY;
}

function markOther(slot: u32, confirm: bool): u32 {
  const rival = otherSlot(slot);
  assert(slot != activeSlot(), 'the running image is confirmed elsewhere');
  if (onTrial()) return STATUS_GROUP + IMG_ERR_IMAGE_ALREADY_PENDING;
  if (confirm) {
    giveReason('test it first');
    return STATUS_GROUP + IMG_ERR_IMAGE_CONFIRMATION_DENIED;
  }
  if (slotState(slot) == SLOT_PENDING) return 0;
  const mayDisplace = slotHasToken(slot) && tokenDisplaces() >= imageVersion(rival);
  if (holdsConfirmed(rival) && imageVersion(slot) < imageVersion(rival) && !mayDisplace) {
    giveReason('downgrade');
    return STATUS_GROUP + IMG_ERR_CURRENT_VERSION_IS_NEWER;
  }
  const reason = verifySlot(slot);
  // In plain words of the protocol, which every client shows: damaged, or not allowed.
  if (reason != REASON_NONE) return reason <= REASON_HASH_MISMATCH ? MGMT_ECORRUPT : MGMT_EACCESSDENIED;
  // While any other image boots, one for recovery never would.
  if (imageIsRecovery(slot) && activeSlot() != NO_SLOT) {
    giveReason('recovery image');
    return MGMT_EACCESSDENIED;
  }
  // In safe mode: the image to fall back to boots next as it is, and a trial could only cost it that.
  if (activeSlot() == NO_SLOT && holdsConfirmed(slot)) return 0;
  return startMarkPending(slot) ? 0 : MGMT_EBUSY;
}
