// The flash side of upload and erase, in steps: each begins one flash job, and the next is taken when it has ended.
//
//   empty a slot   TRAILER erased -> boot state FORGETS the image -> HEAD (first sector) erased -> IDLE: no image is there
//   store a chunk  sector by sector: erased when the chunk reaches it, programmed up to its end
//
// The order makes a power cut harmless. Without its trailer an image requests no trial. Once it is forgotten, no boot falls back to it. Only then its
// bytes are erased. Sectors behind the head are erased when an upload reaches them: to erase a whole slot takes longer than clients wait.

import { flashBusy, flashErase, flashProgram, takeFlashResult } from '../../../protocol/guest/flash-job';
import {
  IMG_ERR_FLASH_ERASE,
  IMG_ERR_FLASH_WRITE,
  MAP_SECTOR_SIZE,
  MAP_SLOT_SIZE,
  MGMT_EBUSY,
} from '../../../protocol/guest/generated/constants';
import { isInRam } from '../../../protocol/guest/ram';
import { STATUS_DEFERRED, STATUS_GROUP } from '../../../protocol/guest/smp/status';
import { slotAddress } from '../slots';
import { startForget, stateBusy, stateFailed } from '../state/boot-state';

const TRAILER_SECTOR: u32 = MAP_SLOT_SIZE - MAP_SECTOR_SIZE;

const IDLE: u32 = 0;
const TRAILER: u32 = 1;
const FORGET: u32 = 2;
const HEAD: u32 = 3;

const NO_JOB: u32 = 0;
const ERASE: u32 = 1;
const PROGRAM: u32 = 2;

let phase: u32 = 0;
let slotBase: u32 = 0;
let slotNumber: u32 = 0;
// Of the chunk being stored: where it goes in the slot, where its bytes are, how many are left.
let offset: u32 = 0;
let source: usize = 0;
let left: u32 = 0;
/** Everything before this offset is erased or already programmed. */
let erasedEnd: u32 = 0;
/** The job of this chunk that runs or has ended: NO_JOB, ERASE or PROGRAM. So its failure has the right name. */
let job: u32 = 0;

export function startEmptySlot(slot: u32): void {
  assert(!flashBusy() && !stateBusy(), 'requests are served one at a time');
  assert((TRAILER_SECTOR & (MAP_SECTOR_SIZE - 1)) == 0, 'the trailer has a sector of its own');
  slotNumber = slot;
  slotBase = slotAddress(slot);
  phase = TRAILER;
  flashErase(slotBase + TRAILER_SECTOR, MAP_SECTOR_SIZE);
}

/** 0 when the slot is empty, STATUS_DEFERRED while it is not, or an error. */
export function emptySlotStep(): u32 {
  assert(phase != IDLE && phase <= HEAD, 'a step follows a start');
  assert(slotBase == slotAddress(slotNumber), 'the slot is the one it was begun with');
  // Asking the state first: it may begin a flash job of its own.
  if (stateBusy() || flashBusy()) return STATUS_DEFERRED;
  if (phase == TRAILER) {
    if (!takeFlashResult()) return STATUS_GROUP + IMG_ERR_FLASH_ERASE;
    if (!startForget(slotNumber)) return MGMT_EBUSY;
    phase = FORGET;
    if (stateBusy()) return STATUS_DEFERRED;
  }
  if (phase == FORGET) {
    if (stateFailed()) return STATUS_GROUP + IMG_ERR_FLASH_WRITE;
    phase = HEAD;
    flashErase(slotBase, MAP_SECTOR_SIZE);
    return STATUS_DEFERRED;
  }
  assert(phase == HEAD, 'the head is the last');
  if (!takeFlashResult()) return STATUS_GROUP + IMG_ERR_FLASH_ERASE;
  phase = IDLE;
  erasedEnd = MAP_SECTOR_SIZE;
  return 0;
}

/** `length` bytes behind those stored before, from `bytes`, which must stay as they are until it is done. */
export function startStore(to: u32, bytes: usize, length: u32): void {
  assert(to <= erasedEnd && to + length <= MAP_SLOT_SIZE, 'chunks follow each other within the slot');
  assert(phase == IDLE, 'the slot was emptied first');
  assert(length == 0 || isInRam(bytes, length), 'the chunk is in memory');
  offset = to;
  source = bytes;
  left = length;
  job = NO_JOB;
}

/** 0 when the chunk is in flash, STATUS_DEFERRED while it is not, or an error. */
export function storeStep(): u32 {
  assert(offset <= erasedEnd && erasedEnd <= MAP_SLOT_SIZE, 'no byte is programmed that was not erased');
  assert(left <= MAP_SLOT_SIZE - offset, 'a chunk ends in its slot');
  if (flashBusy()) return STATUS_DEFERRED;
  if (job != NO_JOB && !takeFlashResult())
    return STATUS_GROUP + (job == PROGRAM ? IMG_ERR_FLASH_WRITE : IMG_ERR_FLASH_ERASE);
  if (left == 0) return 0;
  if (offset == erasedEnd && erasedEnd == TRAILER_SECTOR) erasedEnd = MAP_SLOT_SIZE;
  job = offset < erasedEnd ? PROGRAM : ERASE;
  if (job == ERASE) {
    flashErase(slotBase + erasedEnd, MAP_SECTOR_SIZE);
    erasedEnd += MAP_SECTOR_SIZE;
    return STATUS_DEFERRED;
  }
  const piece = min<u32>(left, erasedEnd - offset);
  assert(piece != 0, 'each step programs something');
  flashProgram(slotBase + offset, source, piece);
  offset += piece;
  source += piece;
  left -= piece;
  return STATUS_DEFERRED;
}
