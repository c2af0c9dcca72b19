// Is the image in this slot good? Pure: reads flash and fuses, changes nothing but the slot's info (info.ts).
//
//   parseSlot    header and TLVs: what the image says it is. Cheap; for state lists and for choosing whom to verify.
//   verifySlot   that, then: the bytes hash to what it says, a key in the fuses that is not revoked and is for images signed the
//                hash, its security counter is not too low and not too far ahead, it is for this board and this bootloader.
//
// Memory is constant: flash passes through one block. The worst case is a full slot: MAP_IMAGE_SIZE_MAX bytes hashed, one signature.
// The first thing found wrong is the reason. Damage is looked for first, then a wrong signature, then what the policy of this device refuses.

import { copyFromBus } from '../../protocol/guest/dma';
import { boardId, purposesOf, revokedKeys } from '../../protocol/guest/fuse-read';
import {
  FUSE_KEY_COUNT,
  MAP_FLASH_SIZE,
  MAP_IMAGE_SIZE_MAX,
  PURPOSE_DEVELOPMENT,
  PURPOSE_RECOVERY,
  PURPOSE_RELEASE,
  REASON_BOOT_RECORD,
  REASON_COUNTER_TOO_FAR,
  REASON_DEPENDENCY,
  REASON_HASH_MISMATCH,
  REASON_KEY_PURPOSE,
  REASON_KEY_REVOKED,
  REASON_KEY_UNKNOWN,
  REASON_NONE,
  REASON_REVOKES_ITSELF,
  REASON_SECURITY_COUNTER,
  REASON_SIGNATURE_INVALID,
  REASON_WRONG_BOARD,
} from '../../protocol/guest/generated/constants';
import { ed25519Point, ed25519Scalar, ed25519Verify } from '../crypto/ed25519';
import { addFlow, beginFlow, FLOW_DIGEST, FLOW_KEY, FLOW_POLICY, flowSum } from '../crypto/flow';
import { SHA256_CONTEXT_SIZE, SHA256_DIGEST_SIZE, sha256Final, sha256Init, sha256Update } from '../crypto/sha256';
import { addToChecksum } from './checksum';
import { parseHeader } from './header';
import {
  challengeOf,
  clearInfo,
  evidenceOf,
  hashOf,
  hasSeen,
  ImageInfo,
  imageInfo,
  keyHashOf,
  markSeen,
  pointOf,
  SEEN_BOARD,
  SEEN_COUNTER,
  SEEN_ODD_RECORD,
  SEEN_RECOVERY,
  SEEN_REVOKES,
  SEEN_UNMET,
  SEEN_VERIFIED,
  signatureOf,
} from './info';
import { findKeys, foundKey } from './keys';
import { counterFits, securityCounter } from './security-counter';
import { SLOT_COUNT, slotAddress } from './slots';
import { parseTlvs } from './tlvs';
import { slotHasToken } from './token';

const BLOCK_SIZE: u32 = 4096;
const KEYHASH_SIZE: u32 = 32;
const POINT_SIZE: usize = 32;
/** Bytes at the start of the block that are overwritten before each copy, so that an old block is never hashed again. */
const STALE_SIZE: u32 = 64;

const block: usize = memory.data(<i32>BLOCK_SIZE, 8);
const context: usize = memory.data(<i32>SHA256_CONTEXT_SIZE, 8);
const digests: usize = memory.data(<i32>(SLOT_COUNT * SHA256_DIGEST_SIZE), 8);
const revoked: usize = memory.data(<i32>KEYHASH_SIZE, 8);

/** What the image in the slot says it is. Returns a REASON_*; the findings are in the slot's info. */
export function parseSlot(slot: u32): u32 {
  const info = clearInfo(slot);
  let reason = parseHeader(slot, info);
  if (reason == REASON_NONE) reason = parseTlvs(slot, info);
  assert(reason <= 0xff, 'a record keeps a reason in a byte');
  assert(!hasSeen(info, SEEN_VERIFIED), 'to parse is not to verify');
  info.reason = reason;
  return reason;
}

/** Whether the image in the slot may be run: REASON_NONE, or why not. */
export function verifySlot(slot: u32): u32 {
  let reason = parseSlot(slot);
  if (reason != REASON_NONE) return reason;
  const info = imageInfo(slot);
  const token = slotHasToken(slot);
  assert(info.signedSize != 0 && info.signedSize < info.totalSize, 'the TLVs stand behind what is signed');
  beginFlow();
  memory.fill(measurement(slot), 0, SHA256_DIGEST_SIZE);
  reason = checkDigest(slot, info);
  if (reason == REASON_NONE) reason = checkSignature(slot, info);
  if (reason == REASON_NONE) reason = checkPolicy(info, token);
  evidenceOf(slot).flow = flowSum();
  info.reason = reason;
  if (reason == REASON_NONE) markSeen(info, SEEN_VERIFIED);
  return reason;
}

/** The 32 bytes of the slot's hash as verifySlot computed them last. */
export function measurement(slot: u32): usize {
  assert(slot < SLOT_COUNT, 'there are two slots');
  return digests + slot * SHA256_DIGEST_SIZE;
}

function checkDigest(slot: u32, info: ImageInfo): u32 {
  assert(info.signedSize <= MAP_IMAGE_SIZE_MAX, 'what is signed is in the slot');
  assert((BLOCK_SIZE & 7) == 0 && STALE_SIZE <= BLOCK_SIZE, 'pieces but the last are multiples of 8');
  let at = slotAddress(slot);
  let sum: u64 = 0;
  sha256Init(context);
  for (let rest = info.signedSize; rest != 0; ) {
    const piece = min<u32>(rest, BLOCK_SIZE);
    // If a copy is skipped, the block before must not be hashed a second time in its place.
    memory.fill(block, 0xa5, STALE_SIZE);
    copyFromBus(block, at, piece);
    sha256Update(context, block, piece);
    sum = addToChecksum(sum, block, piece);
    at += piece;
    rest -= piece;
  }
  assert(at == slotAddress(slot) + info.signedSize, 'every signed byte was hashed');
  const digest = measurement(slot);
  sha256Final(context, digest);
  evidenceOf(slot).checksum = sum;
  addFlow(FLOW_DIGEST);
  return memory.compare(digest, hashOf(info), SHA256_DIGEST_SIZE) == 0 ? REASON_NONE : REASON_HASH_MISMATCH;
}

/** A key burnt twice is revoked when either is, and may what both may. */
function checkSignature(slot: u32, info: ImageInfo): u32 {
  const keys = findKeys(keyHashOf(info));
  if (keys == 0) return REASON_KEY_UNKNOWN;
  if ((keys & revokedKeys()) != 0) return REASON_KEY_REVOKED;
  const purposes = purposesOf(keys);
  if ((purposes & (PURPOSE_RELEASE | PURPOSE_DEVELOPMENT | PURPOSE_RECOVERY)) == 0) return REASON_KEY_PURPOSE;
  if ((purposes & (PURPOSE_RELEASE | PURPOSE_DEVELOPMENT)) == 0) markSeen(info, SEEN_RECOVERY);
  info.key = ctz<u32>(keys);
  assert(info.key < FUSE_KEY_COUNT, 'a key number is one of the fuses’');
  addFlow(FLOW_KEY);
  const good = ed25519Verify(foundKey(), measurement(slot), SHA256_DIGEST_SIZE, signatureOf(info));
  memory.copy(pointOf(evidenceOf(slot)), ed25519Point(), POINT_SIZE);
  memory.copy(challengeOf(evidenceOf(slot)), ed25519Scalar(), POINT_SIZE);
  return good ? REASON_NONE : REASON_SIGNATURE_INVALID;
}

/** What an authentic image must say to be run here and now. */
function checkPolicy(info: ImageInfo, token: bool): u32 {
  const counter = info.counter;
  assert(info.key < FUSE_KEY_COUNT, 'the policy is that for an image with a good signature');
  if (!hasSeen(info, SEEN_COUNTER) || (counter < securityCounter() && !token)) return REASON_SECURITY_COUNTER;
  if (!counterFits(counter)) return REASON_COUNTER_TOO_FAR;
  if (hasSeen(info, SEEN_BOARD) && info.board != boardId()) return REASON_WRONG_BOARD;
  if (hasSeen(info, SEEN_UNMET)) return REASON_DEPENDENCY;
  if (hasSeen(info, SEEN_ODD_RECORD)) return REASON_BOOT_RECORD;
  if (revokesItself(info)) return REASON_REVOKES_ITSELF;
  addFlow(FLOW_POLICY);
  return REASON_NONE;
}

function revokesItself(info: ImageInfo): bool {
  if (!hasSeen(info, SEEN_REVOKES)) return false;
  const at = info.revokes;
  assert(info.revokesSize % KEYHASH_SIZE == 0, 'the TLV was checked');
  assert(at <= MAP_FLASH_SIZE - info.revokesSize, 'the hashes are in flash');
  for (let offset: u32 = 0; offset < info.revokesSize; offset += KEYHASH_SIZE) {
    copyFromBus(revoked, at + offset, KEYHASH_SIZE);
    if (memory.compare(revoked, keyHashOf(info), KEYHASH_SIZE) == 0) return true;
  }
  return false;
}
