// BOOT token: a downgrade token is checked against the image it is about, and programmed beside it. It replaces the one that was there: an image has
// one token.
//
//   checked -> (trailer sector erased, where something else is) -> programmed, read back

import { fieldsOk, findBytes } from '../../../protocol/guest/cbor-fields';
import { cborContent, cborContentLength } from '../../../protocol/guest/cbor-reader';
import { writeUnsignedField } from '../../../protocol/guest/cbor-writer';
import { copyFromBus } from '../../../protocol/guest/dma';
import { flashBusy, flashErase, flashProgram, isErased, takeFlashResult } from '../../../protocol/guest/flash-job';
import {
  BOOT_ERR_FLASH_WRITE,
  BOOT_ERR_TOKEN_FORMAT,
  BOOT_ERR_TOKEN_NO_IMAGE,
  MAP_SECTOR_SIZE,
  MGMT_EBUSY,
  MGMT_EINVAL,
  TOKEN_HASH,
  TOKEN_SIZE,
} from '../../../protocol/guest/generated/constants';
import { isInRam } from '../../../protocol/guest/ram';
import { sameBytes } from '../../../protocol/guest/same-bytes';
import { openRequest } from '../../../protocol/guest/smp/request';
import { STATUS_DEFERRED, STATUS_GROUP } from '../../../protocol/guest/smp/status';
import { imageHasHash, imageHash } from '../info';
import { SLOT_COUNT } from '../slots';
import { stateBusy } from '../state/boot-state';
import { checkToken, tokenAddress } from '../token';
import { NO_SLOT, readSlots } from './img-slots';

const HASH_SIZE: usize = 32;

const token: usize = memory.data(<i32>TOKEN_SIZE, 8);
const there: usize = memory.data(<i32>TOKEN_SIZE, 8);
let slot: u32 = 0;
let erasing: bool = false;

export function answerToken(step: u32): u32 {
  assert(step == 0 || slot < SLOT_COUNT, 'a request that goes on has found its slot');
  assert(step != 0 || !erasing, 'a new request begins without an erase of its own');
  if (step == 0) {
    const status = takeToken();
    if (status == 0) writeUnsignedField('slot', slot);
    if (status != STATUS_DEFERRED) return status;
  }
  if (flashBusy()) return STATUS_DEFERRED;
  const wasErasing = erasing;
  erasing = false;
  if (!takeFlashResult()) return STATUS_GROUP + BOOT_ERR_FLASH_WRITE;
  if (wasErasing) {
    flashProgram(tokenAddress(slot), token, TOKEN_SIZE);
    return STATUS_DEFERRED;
  }
  writeUnsignedField('slot', slot);
  return 0;
}

/** 0 where the token is in flash already, STATUS_DEFERRED where a flash job was begun, or an error. */
function takeToken(): u32 {
  openRequest();
  const item = findBytes('token');
  if (!fieldsOk() || item == 0) return MGMT_EINVAL;
  if (cborContentLength(item) != TOKEN_SIZE) return STATUS_GROUP + BOOT_ERR_TOKEN_FORMAT;
  if (stateBusy() || flashBusy()) return MGMT_EBUSY;
  memory.copy(token, cborContent(item), TOKEN_SIZE);
  readSlots();
  slot = slotOfImage(token + TOKEN_HASH);
  if (slot == NO_SLOT) return STATUS_GROUP + BOOT_ERR_TOKEN_NO_IMAGE;
  assert(slot < SLOT_COUNT && imageHasHash(slot), 'the image was found by its hash');
  const status = checkToken(token, slot);
  if (status != 0) return STATUS_GROUP + status;
  copyFromBus(there, tokenAddress(slot), TOKEN_SIZE);
  if (sameBytes(there, token, TOKEN_SIZE)) return 0;
  erasing = !isErased(tokenAddress(slot), TOKEN_SIZE);
  if (erasing) flashErase(tokenAddress(slot), MAP_SECTOR_SIZE);
  else flashProgram(tokenAddress(slot), token, TOKEN_SIZE);
  return STATUS_DEFERRED;
}

function slotOfImage(hash: usize): u32 {
  assert(isInRam(hash, <u32>HASH_SIZE), 'there is a whole hash');
  assert(TOKEN_HASH + <u32>HASH_SIZE <= TOKEN_SIZE, 'the hash is in the token');
  for (let each: u32 = 0; each < SLOT_COUNT; each++) {
    if (imageHasHash(each) && sameBytes(hash, imageHash(each), HASH_SIZE)) return each;
  }
  return NO_SLOT;
}
