// What we know of the image in each slot. Filled by parseSlot (structure) and verifySlot (everything); plain memory, so that
// the state list, the decision and the hand-over all speak of the same finding.
//
//     0  u32  reason: REASON_NONE, or why the image is refused, as far as it was looked at
//     4  u32  seen: SEEN_* bits
//     8  u32  version: major << 24 | minor << 16 | revision
//    12  u32  build number
//    16  u32  payload: flash address
//    20  u32  payload: bytes
//    24  u32  signed bytes: header, payload and protected TLVs
//    28  u32  all bytes, TLVs included
//    32  u32  security counter (SEEN_COUNTER)
//    36  u32  board (SEEN_BOARD)
//    40  u32  key it verified with, NO_KEY before
//    48       hash TLV, 32 bytes (SEEN_HASH)
//    80       KEYHASH, 32 bytes (SEEN_KEYHASH)
//   112       signature, 64 bytes (SEEN_SIGNATURE)
//   176  u32  keys to revoke: flash address of their hashes (SEEN_REVOKES)
//   180  u32  keys to revoke: bytes
//   184  u32  boot record: flash address (SEEN_RECORD)
//   188  u32  boot record: bytes
//   192  u32  hash TLV: flash address of its 32 bytes
//   196  u32  signature: flash address of its 64 bytes
//
// And what the verification of each slot computed on its way, for the second look (second-look.ts):
//
//     0  u32  sum of its steps (flow.ts)
//     8       R' of the signature, 32 bytes
//    40       challenge k, 32 bytes
//    72  u64  sum over the signed bytes (checksum.ts)

import { REASON_NONE, REASON_SLOT_EMPTY } from '../../protocol/guest/generated/constants';
import { SLOT_COUNT } from './slots';

export const INFO_SIZE: u32 = 200;
export const INFO_REASON: usize = 0;
export const INFO_SEEN: usize = 4;
export const INFO_VERSION: usize = 8;
export const INFO_BUILD: usize = 12;
export const INFO_PAYLOAD: usize = 16;
export const INFO_PAYLOAD_SIZE: usize = 20;
export const INFO_SIGNED_SIZE: usize = 24;
export const INFO_TOTAL_SIZE: usize = 28;
export const INFO_COUNTER: usize = 32;
export const INFO_BOARD: usize = 36;
export const INFO_KEY: usize = 40;
export const INFO_HASH: usize = 48;
export const INFO_KEYHASH: usize = 80;
export const INFO_SIGNATURE: usize = 112;
export const INFO_REVOKES: usize = 176;
export const INFO_REVOKES_SIZE: usize = 180;
export const INFO_RECORD: usize = 184;
export const INFO_RECORD_SIZE: usize = 188;
export const INFO_HASH_AT: usize = 192;
export const INFO_SIGNATURE_AT: usize = 196;

const EVIDENCE_SIZE: u32 = 80;
export const EVIDENCE_FLOW: usize = 0;
export const EVIDENCE_POINT: usize = 8;
export const EVIDENCE_CHALLENGE: usize = 40;
export const EVIDENCE_CHECKSUM: usize = 72;

export const SEEN_HEADER: u32 = 1;
export const SEEN_HASH: u32 = 2;
export const SEEN_KEYHASH: u32 = 4;
export const SEEN_SIGNATURE: u32 = 8;
export const SEEN_COUNTER: u32 = 16;
export const SEEN_BOARD: u32 = 32;
/** The whole image verified, at the last look. */
export const SEEN_VERIFIED: u32 = 64;
/** It depends on something this device does not have. */
export const SEEN_UNMET: u32 = 128;
export const SEEN_REVOKES: u32 = 256;
/** It verified, with a key that vouches for nothing but recovery. */
export const SEEN_RECOVERY: u32 = 512;
export const SEEN_RECORD: u32 = 1024;
/** Its boot record has no room for a measurement where imgtool’s has it. */
export const SEEN_ODD_RECORD: u32 = 2048;

export const NO_KEY: u32 = 0xffffffff;

const infos: usize = memory.data(<i32>(SLOT_COUNT * INFO_SIZE), 8);
const evidence: usize = memory.data(<i32>(SLOT_COUNT * EVIDENCE_SIZE), 8);

export function evidenceOf(slot: u32): usize {
  assert(slot < SLOT_COUNT, 'there are two slots');
  return evidence + slot * EVIDENCE_SIZE;
}

export function imageInfo(slot: u32): usize {
  assert(slot < SLOT_COUNT, 'there are two slots');
  return infos + slot * INFO_SIZE;
}

export function clearInfo(slot: u32): usize {
  const info = imageInfo(slot);
  memory.fill(info, 0, INFO_SIZE);
  store<u32>(info, REASON_SLOT_EMPTY, INFO_REASON);
  store<u32>(info, NO_KEY, INFO_KEY);
  memory.fill(evidenceOf(slot), 0, EVIDENCE_SIZE);
  return info;
}

export function hasSeen(info: usize, what: u32): bool {
  return (load<u32>(info, INFO_SEEN) & what) == what;
}

export function markSeen(info: usize, what: u32): void {
  store<u32>(info, load<u32>(info, INFO_SEEN) | what, INFO_SEEN);
}

/** Why the image is refused as far as it was looked at, or REASON_NONE. */
export function imageReason(slot: u32): u32 {
  return load<u32>(imageInfo(slot), INFO_REASON);
}

/** Whether the last look at the image was a full verification, and good. */
export function imageVerified(slot: u32): bool {
  const good = hasSeen(imageInfo(slot), SEEN_VERIFIED);
  assert(!good || imageReason(slot) == REASON_NONE, 'a verified image has no reason to be refused');
  return good;
}

/** Whether the image verified, but with a key for recovery only: it boots where nothing else does. */
export function imageIsRecovery(slot: u32): bool {
  return hasSeen(imageInfo(slot), SEEN_RECOVERY);
}

/** Whether the image can be named: its header is sound and its hash TLV was found. */
export function imageHasHash(slot: u32): bool {
  return hasSeen(imageInfo(slot), SEEN_HEADER | SEEN_HASH);
}

/** Where the 32 bytes of the hash TLV are; meaningful when imageHasHash. */
export function imageHash(slot: u32): usize {
  return imageInfo(slot) + INFO_HASH;
}

/** The image’s version, as version.ts compares versions. */
export function imageVersion(slot: u32): u32 {
  return load<u32>(imageInfo(slot), INFO_VERSION);
}

export function imageBuild(slot: u32): u32 {
  return load<u32>(imageInfo(slot), INFO_BUILD);
}
