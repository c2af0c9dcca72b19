// Is the image in this slot good? Pure: reads flash and fuses, changes nothing but the slot's info (info.ts).
//
//   parseSlot    header and TLVs: what the image says it is. Cheap; for state lists and for choosing whom to verify.
//   verifySlot   that, then: the bytes hash to what it says, a key of ours that is not revoked signed the hash, its
//                security counter is not history, it is for this board.
//
// Memory is constant: flash passes through one block. The worst case is a full slot: MAP_IMAGE_SIZE_MAX bytes hashed, one signature.
// The first thing found wrong is the reason; damage is told before forgery, and forgery before policy.

import { copyFromBus } from '../../protocol/guest/dma';
import {
  FUSE_KEY_COUNT,
  REASON_HASH_MISMATCH,
  REASON_KEY_REVOKED,
  REASON_KEY_UNKNOWN,
  REASON_NONE,
  REASON_SECURITY_COUNTER,
  REASON_SIGNATURE_INVALID,
  REASON_WRONG_BOARD,
} from '../../protocol/guest/generated/constants';
import { ed25519Verify } from '../crypto/ed25519';
import { SHA256_CONTEXT_SIZE, SHA256_DIGEST_SIZE, sha256Final, sha256Init, sha256Update } from '../crypto/sha256';
import { boardId, keyIsRevoked, securityCounter } from '../fuses';
import { slotAddress } from '../slots';
import { parseHeader } from './header';
import {
  clearInfo,
  hasSeen,
  INFO_BOARD,
  INFO_COUNTER,
  INFO_HASH,
  INFO_KEY,
  INFO_KEYHASH,
  INFO_REASON,
  INFO_SIGNATURE,
  INFO_SIGNED_SIZE,
  imageInfo,
  markSeen,
  SEEN_BOARD,
  SEEN_COUNTER,
  SEEN_VERIFIED,
} from './info';
import { findKey, foundKey } from './keys';
import { parseTlvs } from './tlvs';

const BLOCK_SIZE: u32 = 4096;

const block: usize = memory.data(4096, 8);
const context: usize = memory.data(<i32>SHA256_CONTEXT_SIZE, 8);
const digest: usize = memory.data(32, 8);

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
  reason = checkDigest(slot, info);
  if (reason == REASON_NONE) reason = checkSignature(info);
  if (reason == REASON_NONE) reason = checkPolicy(info);
  store<u32>(info, reason, INFO_REASON);
  if (reason == REASON_NONE) markSeen(info, SEEN_VERIFIED);
  return reason;
}

function checkDigest(slot: u32, info: usize): u32 {
  let at = slotAddress(slot);
  sha256Init(context);
  for (let rest = load<u32>(info, INFO_SIGNED_SIZE); rest != 0; ) {
    const piece = min<u32>(rest, BLOCK_SIZE);
    copyFromBus(block, at, piece);
    sha256Update(context, block, piece);
    at += piece;
    rest -= piece;
  }
  sha256Final(context, digest);
  return memory.compare(digest, info + INFO_HASH, SHA256_DIGEST_SIZE) == 0 ? REASON_NONE : REASON_HASH_MISMATCH;
}

/** A key burnt twice is revoked when either is. */
function checkSignature(info: usize): u32 {
  const key = findKey(info + INFO_KEYHASH, 0);
  if (key == FUSE_KEY_COUNT) return REASON_KEY_UNKNOWN;
  for (let same = key; same != FUSE_KEY_COUNT; same = findKey(info + INFO_KEYHASH, same + 1)) {
    if (keyIsRevoked(same)) return REASON_KEY_REVOKED;
  }
  assert(findKey(info + INFO_KEYHASH, key) == key, 'a key found once is found again');
  store<u32>(info, key, INFO_KEY);
  const good = ed25519Verify(foundKey(), digest, SHA256_DIGEST_SIZE, info + INFO_SIGNATURE);
  return good ? REASON_NONE : REASON_SIGNATURE_INVALID;
}

/** What an authentic image must say to be run here and now. */
function checkPolicy(info: usize): u32 {
  if (!hasSeen(info, SEEN_COUNTER) || load<u32>(info, INFO_COUNTER) < securityCounter()) return REASON_SECURITY_COUNTER;
  if (hasSeen(info, SEEN_BOARD) && load<u32>(info, INFO_BOARD) != boardId()) return REASON_WRONG_BOARD;
  return REASON_NONE;
}
