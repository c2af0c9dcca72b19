// The protected TLVs, read a second time by other code than image/tlvs.ts: what the image needs of this device, compared with flash and fuses as they
// are now. Part of the second look, so no function here decides: each returns what differs, and 0 is good. It reads by offsets on purpose, to share
// no code with the first walk.
//
//   exactly one security counter     is the one the first walk found; not below the fuses', unless a downgrade token allows it
//   a board identity                 is that of this board
//   each dependency                  is on the bootloader, in this version or an older one
//   each revoked key                 is another one than the key the image is signed with
//   a boot record                    ends with room for the measurement

import { copyFromBus } from '../protocol/guest/dma';
import { boardId } from '../protocol/guest/fuse-read';
import {
  BOOTLOADER_DEPENDENCY_IMAGE,
  BOOTLOADER_VERSION,
  FUSE_KEY_COUNT,
  HANDOVER_BOOT_RECORD_SIZE_MAX,
  IMAGE_TLV_INFO_SIZE,
  TLV_BOARD_ID,
  TLV_BOOT_RECORD,
  TLV_DEPENDENCY,
  TLV_KEY_REVOKE,
  TLV_SECURITY_COUNTER,
} from '../protocol/guest/generated/constants';
import { isInRam } from '../protocol/guest/ram';
import { counterInFuses } from './image/counter-again';
import { COMPARED_SIZE, hashesDiffer, isBelow, isZero } from './image/differences';
import { imageInfo } from './image/info';
import { keyHashAgain } from './image/keys-again';
import { addressAgain } from './image/slots';
import { DEPENDENCY_SIZE, RECORD_TAIL, RECORD_TAIL_SIZE } from './image/tlvs';
import { slotHasToken } from './image/token';

const TLV_HEADER_SIZE: u32 = 4;
const FUSES_KEY_MASK: u32 = FUSE_KEY_COUNT - 1;

/** u16 type, u16 length, and the first bytes of the value: a dependency has the most that is read here. */
const entry: usize = memory.data(<i32>(TLV_HEADER_SIZE + DEPENDENCY_SIZE), 4);
const own: usize = memory.data(<i32>COMPARED_SIZE, 8);
const named: usize = memory.data(<i32>COMPARED_SIZE, 8);

/** What the walk has met so far. */
let counters: u32 = 0;
let counter: u32 = 0;
let board: u32 = 0;

/** 0 where this device has everything that the image in the slot needs. */
export function claimsDiffer(slot: u32): u32 {
  const info = imageInfo(slot);
  assert(FUSES_KEY_MASK == 3, 'the mask takes a number of a key');
  const end = addressAgain(slot) + info.signedSize;
  let at = info.payload + info.payloadSize + IMAGE_TLV_INFO_SIZE;
  let difference: u32 = 0;
  counters = 0;
  counter = 0;
  board = boardId();
  while (at < end) {
    copyFromBus(entry, at, TLV_HEADER_SIZE + DEPENDENCY_SIZE);
    const length: u32 = load<u16>(entry, 2);
    difference |= claimDiffers(load<u16>(entry), length, at + TLV_HEADER_SIZE, info.key);
    at += TLV_HEADER_SIZE + length;
  }
  // The subtraction borrows where the counter is below that of the fuses.
  let history = <u32>((<u64>counter - counterInFuses()) >> 63);
  if (history != 0 && slotHasToken(slot)) history = 0;
  difference |= (at ^ end) | (counters ^ 1) | (counter ^ info.counter);
  return difference | history | (board ^ boardId());
}

function claimDiffers(type: u32, length: u32, at: u32, key: u32): u32 {
  assert(type <= 0xffff && length <= 0xffff, 'type and length have 16 bits');
  const value = entry + TLV_HEADER_SIZE;
  if (type == TLV_SECURITY_COUNTER) {
    counter = load<u32>(value);
    counters++;
  }
  if (type == TLV_BOARD_ID) board = load<u32>(value);
  if (type == TLV_DEPENDENCY) return dependencyDiffers(value, length);
  if (type == TLV_KEY_REVOKE) return revocationDiffers(at, length, key);
  return type == TLV_BOOT_RECORD ? recordDiffers(at, length) : 0;
}

function dependencyDiffers(value: usize, length: u32): u32 {
  assert(isInRam(value, DEPENDENCY_SIZE), 'a dependency was copied');
  const fields = load<u32>(value, 4);
  const least = (fields << 24) | ((fields & 0xff00) << 8) | (fields >> 16);
  const tooOld = isBelow(BOOTLOADER_VERSION, least);
  return tooOld | (load<u8>(value) ^ BOOTLOADER_DEPENDENCY_IMAGE) | (length ^ DEPENDENCY_SIZE);
}

/** The hash of the key is made from the fuses, not taken from the image. */
function revocationDiffers(at: u32, length: u32, key: u32): u32 {
  assert((COMPARED_SIZE & (COMPARED_SIZE - 1)) == 0, 'a mask takes the remainder');
  keyHashAgain(key & FUSES_KEY_MASK, own);
  let difference = isZero(length) | (length & (COMPARED_SIZE - 1));
  let offset: u32 = 0;
  for (; offset < length; offset += COMPARED_SIZE) {
    // If the copy is skipped, the key itself stands here, and that counts as a difference.
    memory.copy(named, own, COMPARED_SIZE);
    copyFromBus(named, at + offset, COMPARED_SIZE);
    difference |= isZero(hashesDiffer(named, own));
  }
  return difference | (offset ^ length);
}

function recordDiffers(at: u32, length: u32): u32 {
  assert(length <= 0xffff, 'a length has 16 bits');
  const tail = at + length - RECORD_TAIL_SIZE;
  copyFromBus(entry, tail, TLV_HEADER_SIZE);
  const short = isBelow(length, RECORD_TAIL_SIZE);
  const long = isBelow(HANDOVER_BOOT_RECORD_SIZE_MAX, length);
  return ((load<u32>(entry) & 0xffffff) ^ RECORD_TAIL) | short | long;
}
