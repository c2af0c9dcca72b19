// IMG upload: chunks in order into the spare slot, and a session that goes on when chunks are lost, repeated or out of order.
//
//   off 0                        a new image, unless it is the one under way (then: where it stands) or the one just completed (then: done)
//   off expected                 stored; the reply says where the next begins
//   any other                    dropped; the reply says what is expected
//   last chunk                   the whole file is hashed from flash and compared with the sha of the first chunk: `match`
//
// A completed upload is remembered: a late duplicate of any of its chunks is answered as done, where Zephyr's server would ask
// for everything again, or even erase the image. A duplicate is known by its bytes being those in flash.
//
// The key `image` is ignored: there is one image. Lengths are those of the file, TLVs included; a file padded to the whole
// slot with an MCUboot trailer (imgtool --pad) is taken as it is. What cannot fit in front of the trailer is refused with the first chunk.

import { fieldsOk, findBytes, readBoolean, readUnsigned } from '../../../protocol/guest/cbor-fields';
import { cborContent, cborContentLength } from '../../../protocol/guest/cbor-reader';
import { writeBooleanField, writeUnsignedField } from '../../../protocol/guest/cbor-writer';
import { copyFromBus } from '../../../protocol/guest/dma';
import {
  EVENT_UPLOAD_DONE,
  EVENT_UPLOAD_START,
  IMAGE_HEADER_SIZE_MIN,
  IMAGE_MAGIC,
  IMG_ERR_CURRENT_VERSION_IS_NEWER,
  IMG_ERR_INVALID_HASH,
  IMG_ERR_INVALID_IMAGE_DATA_OVERRUN,
  IMG_ERR_INVALID_IMAGE_HEADER,
  IMG_ERR_INVALID_IMAGE_HEADER_MAGIC,
  IMG_ERR_INVALID_IMAGE_TOO_LARGE,
  IMG_ERR_INVALID_LENGTH,
  IMG_ERR_INVALID_OFFSET,
  IMG_ERR_NO_FREE_SLOT,
  MAP_IMAGE_SIZE_MAX,
  MAP_SLOT_SIZE,
  MGMT_EINVAL,
} from '../../../protocol/guest/generated/constants';
import { recordEvent } from '../../../protocol/guest/record-event';
import { sameBytes } from '../../../protocol/guest/same-bytes';
import { giveReason, openRequest } from '../../../protocol/guest/smp/request';
import { STATUS_AGAIN, STATUS_DEFERRED, STATUS_GROUP } from '../../../protocol/guest/smp/status';
import { SHA256_CONTEXT_SIZE, SHA256_DIGEST_SIZE, sha256Final, sha256Init, sha256Update } from '../../crypto/sha256';
import { headerAt, versionIn } from '../header';
import { imageVersion } from '../info';
import { SLOT_COUNT, slotAddress } from '../slots';
import { activeSlot, mayUpload, NO_SLOT, readSlots, spareSlot } from './img-slots';
import { emptySlotStep, startEmptySlot, startStore, storeStep } from './img-store';

const ABSENT: u64 = u64.MAX_VALUE;
/** Hashed a step, so that the guest may do other things in between. */
const HASH_PIECE: u32 = 16384;
const BLOCK_SIZE: u32 = 1024;
/** Info, SHA-256, KEYHASH and signature: the least that stands behind what is signed. */
const TLVS_LEAST: u32 = 4 + 36 + 36 + 68;

// What is being done for the request. A request takes several steps; each step looks here first.
const IDLE: u32 = 0;
const EMPTYING: u32 = 1;
const STORING: u32 = 2;
const HASHING: u32 = 3;

// The session: the upload under way (`expected` below `total`) or completed (equal); none while `total` is 0.
let total: u32 = 0;
let expected: u32 = 0;
let slot: u32 = 0;
let shaLength: u32 = 0;
const sha: usize = memory.data(<i32>SHA256_DIGEST_SIZE);

/** What the reply asks for next. */
let wanted: u32 = 0;
let phase: u32 = 0;
let chunk: usize = 0;
let chunkLength: u32 = 0;
let hashed: u32 = 0;
let matches: bool = false;
const context: usize = memory.data(<i32>SHA256_CONTEXT_SIZE, 8);
const block: usize = memory.data(<i32>BLOCK_SIZE, 8);
const digest: usize = memory.data(<i32>SHA256_DIGEST_SIZE, 4);

/** Forgets the session, under way or completed: its slot is about to change. */
export function forgetUpload(): void {
  assert(expected <= total, 'no more is stored than was announced');
  total = 0;
  expected = 0;
  phase = IDLE;
}

export function answerUpload(step: u32): u32 {
  assert(step == 0 || phase != IDLE, 'a request that goes on is being worked on');
  assert(phase <= HASHING && expected <= total, 'no more is stored than was announced');
  let status: u32 = 0;
  if (step == 0) status = takeChunk();
  if (status == 0 && phase == EMPTYING) {
    status = emptySlotStep();
    if (status == 0) startChunk();
  }
  if (status == 0 && phase == STORING) {
    status = storeStep();
    if (status == 0) finishChunk();
  }
  if (status == 0 && phase == HASHING) status = hashStep();
  if (status == STATUS_DEFERRED || status == STATUS_AGAIN) return status;
  // When a chunk could not be stored, the upload is forgotten; a refused chunk leaves the session as it was.
  if (status != 0 && phase != IDLE) forgetUpload();
  phase = IDLE;
  if (status == 0) writeProgress();
  return status;
}

function writeProgress(): void {
  assert(wanted <= total, 'no more is stored than was announced');
  assert(phase == IDLE, 'the chunk was dealt with');
  writeUnsignedField('off', wanted);
  if (!isComplete() || wanted != total || shaLength != SHA256_DIGEST_SIZE) return;
  writeBooleanField('match', matches);
  // This is not the file that was announced. It is forgotten, so that the next first chunk begins a new session.
  if (!matches) forgetUpload();
}

function isComplete(): bool {
  assert(expected <= total, 'no more is stored than was announced');
  return total != 0 && expected == total;
}

/** Looks at a new request; begins what it asks for, if anything. */
function takeChunk(): u32 {
  assert(phase == IDLE, 'the request before has been answered');
  wanted = expected;
  openRequest();
  const offset = readUnsigned('off', ABSENT);
  const data = findBytes('data');
  if (!fieldsOk()) return MGMT_EINVAL;
  if (offset == ABSENT) return STATUS_GROUP + IMG_ERR_INVALID_OFFSET;
  chunk = data == 0 ? 0 : cborContent(data);
  chunkLength = data == 0 ? 0 : cborContentLength(data);
  if (offset == 0) return takeFirst();
  if (isComplete()) {
    // A chunk that does not belong to the completed upload belongs to no session.
    if (!isDuplicate(offset)) wanted = 0;
    return 0;
  }
  if (offset != expected || chunkLength == 0) return 0;
  if (chunkLength > total - expected) return STATUS_GROUP + IMG_ERR_INVALID_IMAGE_DATA_OVERRUN;
  assert(total != 0, 'a chunk that is stored belongs to a session');
  startChunk();
  return 0;
}

function takeFirst(): u32 {
  assert(phase == IDLE, 'the request before has been answered');
  const length = readUnsigned('len', ABSENT);
  const hash = findBytes('sha');
  const upgrade = readBoolean('upgrade', false);
  if (!fieldsOk()) return MGMT_EINVAL;
  if (chunkLength < IMAGE_HEADER_SIZE_MIN) return STATUS_GROUP + IMG_ERR_INVALID_IMAGE_HEADER;
  if (length == ABSENT) return STATUS_GROUP + IMG_ERR_INVALID_LENGTH;
  if (headerAt(chunk).magic != IMAGE_MAGIC) {
    giveReason('magic mismatch');
    return STATUS_GROUP + IMG_ERR_INVALID_IMAGE_HEADER_MAGIC;
  }
  const hashLength: u32 = hash == 0 ? 0 : cborContentLength(hash);
  if (hashLength > SHA256_DIGEST_SIZE) return STATUS_GROUP + IMG_ERR_INVALID_HASH;
  if (hashLength != 0 && isSameFile(cborContent(hash), hashLength)) {
    if (!isComplete() || (length == total && isDuplicate(0))) return 0;
  }
  readSlots();
  if (!mayUpload()) {
    giveReason('no slot');
    return STATUS_GROUP + IMG_ERR_NO_FREE_SLOT;
  }
  if (!fitsSlot(length)) {
    giveReason('too large for a slot');
    return STATUS_GROUP + IMG_ERR_INVALID_IMAGE_TOO_LARGE;
  }
  if (chunkLength > <u32>length) return STATUS_GROUP + IMG_ERR_INVALID_IMAGE_DATA_OVERRUN;
  if (upgrade && !isUpgrade()) {
    giveReason('downgrade');
    return STATUS_GROUP + IMG_ERR_CURRENT_VERSION_IS_NEWER;
  }
  assert(length >= chunkLength && length <= MAP_SLOT_SIZE, 'the length was checked');
  beginSession(<u32>length, hash, hashLength);
  return 0;
}

/**
 * Whether a file of this length, with the header in the first chunk, can be an image of this device: in front of the trailer's sector there is
 * room for all of it, including the TLVs that every image needs. A file may end before that sector, or be padded to the whole slot.
 */
function fitsSlot(length: u64): bool {
  if (length > MAP_IMAGE_SIZE_MAX && length != MAP_SLOT_SIZE) return false;
  assert(chunkLength >= IMAGE_HEADER_SIZE_MIN, 'the first chunk has the whole header');
  const header = headerAt(chunk);
  // In 64 bits: the sizes come from outside, and their sum must not wrap.
  return <u64>header.imageSize + header.headerSize + header.protectedSize + TLVS_LEAST <= MAP_IMAGE_SIZE_MAX;
}

function beginSession(length: u32, hash: usize, hashLength: u32): void {
  assert(length != 0 && hashLength <= SHA256_DIGEST_SIZE, 'lengths were checked');
  slot = spareSlot();
  assert(slot < SLOT_COUNT && slot != activeSlot(), 'the image that runs is not overwritten');
  total = length;
  expected = 0;
  shaLength = hashLength;
  if (hashLength != 0) memory.copy(sha, cborContent(hash), hashLength);
  matches = false;
  phase = EMPTYING;
  recordEvent(EVENT_UPLOAD_START, slot, length);
  startEmptySlot(slot);
}

function isSameFile(hash: usize, length: u32): bool {
  assert(length != 0 && length <= SHA256_DIGEST_SIZE, 'the length was checked');
  assert(shaLength <= SHA256_DIGEST_SIZE, 'a session keeps a digest at most');
  return total != 0 && length == shaLength && sameBytes(hash, sha, length);
}

/** Whether the chunk's bytes are what the completed upload left at this offset. */
function isDuplicate(offset: u64): bool {
  assert(isComplete(), 'only what is complete is compared');
  if (chunkLength == 0 || offset >= total || chunkLength > total - <u32>offset) return false;
  assert(<u32>offset + chunkLength <= MAP_SLOT_SIZE, 'what is compared is in the slot');
  for (let done: u32 = 0; done < chunkLength; ) {
    const piece = min<u32>(chunkLength - done, BLOCK_SIZE);
    copyFromBus(block, slotAddress(slot) + <u32>offset + done, piece);
    if (!sameBytes(block, chunk + done, piece)) return false;
    done += piece;
  }
  return true;
}

/** Newer than the running image; where none runs, anything is. */
function isUpgrade(): bool {
  const active = activeSlot();
  if (active == NO_SLOT) return true;
  assert(chunkLength >= IMAGE_HEADER_SIZE_MIN, 'the first chunk has the whole header');
  return versionIn(headerAt(chunk)) > imageVersion(active);
}

function startChunk(): void {
  assert(chunkLength != 0 && chunkLength <= total - expected, 'a chunk ends with its file');
  assert(phase == IDLE || phase == EMPTYING, 'one chunk at a time');
  phase = STORING;
  startStore(expected, chunk, chunkLength);
}

function finishChunk(): void {
  assert(phase == STORING, 'the chunk was stored');
  expected += chunkLength;
  assert(expected <= total, 'no more is stored than was announced');
  wanted = expected;
  phase = IDLE;
  if (!isComplete()) return;
  if (shaLength != SHA256_DIGEST_SIZE) {
    recordEvent(EVENT_UPLOAD_DONE, slot, 2);
    return;
  }
  phase = HASHING;
  hashed = 0;
  sha256Init(context);
}

/** Hashes a piece of what is in flash; 0 when it was the last. */
function hashStep(): u32 {
  assert(phase == HASHING && hashed <= total, 'a complete file is hashed, from its start to its end');
  const end = min<u32>(total, hashed + HASH_PIECE);
  while (hashed < end) {
    const piece = min<u32>(end - hashed, BLOCK_SIZE);
    copyFromBus(block, slotAddress(slot) + hashed, piece);
    sha256Update(context, block, piece);
    hashed += piece;
  }
  assert(hashed == end, 'a step ends where it was to end');
  if (hashed < total) return STATUS_AGAIN;
  sha256Final(context, digest);
  assert(hashed == total, 'the whole file was hashed');
  matches = sameBytes(digest, sha, SHA256_DIGEST_SIZE);
  recordEvent(EVENT_UPLOAD_DONE, slot, matches ? 1 : 0);
  return 0;
}
