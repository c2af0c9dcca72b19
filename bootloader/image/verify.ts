// Is the image in this slot good? Pure: reads flash and fuses, changes nothing but the slot's info (info.ts).
//
//   parseSlot    header and TLVs: what the image says it is. Cheap; for state lists and for choosing whom to verify.
//   verifySlot   that, then: the bytes hash to what it says, a key of ours that is not revoked and may vouch for images signed the
//                hash, its security counter is not history and not too far ahead, it is for this board and this bootloader.
//
// Memory is constant: flash passes through one block. The worst case is a full slot: MAP_IMAGE_SIZE_MAX bytes hashed, one signature.
// The first thing found wrong is the reason; damage is told before forgery, and forgery before policy.

import { copyFromBus } from '../../protocol/guest/dma';
import { boardId, purposesOf, revokedKeys } from '../../protocol/guest/fuse-read';
import {
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
  clearInfo,
  EVIDENCE_CHALLENGE,
  EVIDENCE_CHECKSUM,
  EVIDENCE_FLOW,
  EVIDENCE_POINT,
  evidenceOf,
  hasSeen,
  INFO_BOARD,
  INFO_COUNTER,
  INFO_HASH,
  INFO_KEY,
  INFO_KEYHASH,
  INFO_REASON,
  INFO_REVOKES,
  INFO_REVOKES_SIZE,
  INFO_SIGNATURE,
  INFO_SIGNED_SIZE,
  imageInfo,
  markSeen,
  SEEN_BOARD,
  SEEN_COUNTER,
  SEEN_ODD_RECORD,
  SEEN_RECOVERY,
  SEEN_REVOKES,
  SEEN_UNMET,
  SEEN_VERIFIED,
} from './info';
import { findKeys, foundKey } from './keys';
import { counterFits, securityCounter } from './security-counter';
import { SLOT_COUNT, slotAddress } from './slots';
import { parseTlvs } from './tlvs';
import { slotHasToken } from './token';

const BLOCK_SIZE: u32 = 4096;
const KEYHASH_SIZE: u32 = 32;
const POINT_SIZE: usize = 32;
/** A block of SHA-256: none that begins so is ever a remainder. */
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
  store<u32>(info, reason, INFO_REASON);
  return reason;
}

/** Whether the image in the slot may be run: REASON_NONE, or why not. */
export function verifySlot(slot: u32): u32 {
  let reason = parseSlot(slot);
  if (reason != REASON_NONE) return reason;
  const info = imageInfo(slot);
  const token = slotHasToken(slot);
  beginFlow();
  memory.fill(measurement(slot), 0, SHA256_DIGEST_SIZE);
  reason = checkDigest(slot, info);
  if (reason == REASON_NONE) reason = checkSignature(slot, info);
  if (reason == REASON_NONE) reason = checkPolicy(info, token);
  store<u32>(evidenceOf(slot), flowSum(), EVIDENCE_FLOW);
  store<u32>(info, reason, INFO_REASON);
  if (reason == REASON_NONE) markSeen(info, SEEN_VERIFIED);
  return reason;
}

/** The 32 bytes of the slot's hash as verifySlot computed them last. */
export function measurement(slot: u32): usize {
  assert(slot < SLOT_COUNT, 'there are two slots');
  return digests + slot * SHA256_DIGEST_SIZE;
}

function checkDigest(slot: u32, info: usize): u32 {
  let at = slotAddress(slot);
  let sum: u64 = 0;
  sha256Init(context);
  for (let rest = load<u32>(info, INFO_SIGNED_SIZE); rest != 0; ) {
    const piece = min<u32>(rest, BLOCK_SIZE);
    // A copy that did not take place must not find the block before it in its place.
    memory.fill(block, 0xa5, STALE_SIZE);
    copyFromBus(block, at, piece);
    sha256Update(context, block, piece);
    sum = addToChecksum(sum, block, piece);
    at += piece;
    rest -= piece;
  }
  const digest = measurement(slot);
  sha256Final(context, digest);
  store<u64>(evidenceOf(slot), sum, EVIDENCE_CHECKSUM);
  addFlow(FLOW_DIGEST);
  return memory.compare(digest, info + INFO_HASH, SHA256_DIGEST_SIZE) == 0 ? REASON_NONE : REASON_HASH_MISMATCH;
}

/** A key burnt twice is revoked when either is, and may what both may. */
function checkSignature(slot: u32, info: usize): u32 {
  const keys = findKeys(info + INFO_KEYHASH);
  if (keys == 0) return REASON_KEY_UNKNOWN;
  if ((keys & revokedKeys()) != 0) return REASON_KEY_REVOKED;
  const purposes = purposesOf(keys);
  if ((purposes & (PURPOSE_RELEASE | PURPOSE_DEVELOPMENT | PURPOSE_RECOVERY)) == 0) return REASON_KEY_PURPOSE;
  if ((purposes & (PURPOSE_RELEASE | PURPOSE_DEVELOPMENT)) == 0) markSeen(info, SEEN_RECOVERY);
  store<u32>(info, ctz<u32>(keys), INFO_KEY);
  addFlow(FLOW_KEY);
  const good = ed25519Verify(foundKey(), measurement(slot), SHA256_DIGEST_SIZE, info + INFO_SIGNATURE);
  memory.copy(evidenceOf(slot) + EVIDENCE_POINT, ed25519Point(), POINT_SIZE);
  memory.copy(evidenceOf(slot) + EVIDENCE_CHALLENGE, ed25519Scalar(), POINT_SIZE);
  return good ? REASON_NONE : REASON_SIGNATURE_INVALID;
}

/** What an authentic image must say to be run here and now. */
function checkPolicy(info: usize, token: bool): u32 {
  const counter = load<u32>(info, INFO_COUNTER);
  if (!hasSeen(info, SEEN_COUNTER) || (counter < securityCounter() && !token)) return REASON_SECURITY_COUNTER;
  if (!counterFits(counter)) return REASON_COUNTER_TOO_FAR;
  if (hasSeen(info, SEEN_BOARD) && load<u32>(info, INFO_BOARD) != boardId()) return REASON_WRONG_BOARD;
  if (hasSeen(info, SEEN_UNMET)) return REASON_DEPENDENCY;
  if (hasSeen(info, SEEN_ODD_RECORD)) return REASON_BOOT_RECORD;
  if (revokesItself(info)) return REASON_REVOKES_ITSELF;
  addFlow(FLOW_POLICY);
  return REASON_NONE;
}

function revokesItself(info: usize): bool {
  if (!hasSeen(info, SEEN_REVOKES)) return false;
  const at = load<u32>(info, INFO_REVOKES);
  for (let offset: u32 = 0; offset < load<u32>(info, INFO_REVOKES_SIZE); offset += KEYHASH_SIZE) {
    copyFromBus(revoked, at + offset, KEYHASH_SIZE);
    if (memory.compare(revoked, info + INFO_KEYHASH, KEYHASH_SIZE) == 0) return true;
  }
  return false;
}
