// What is known of the image in each slot. parseSlot fills in what its header and TLVs say, verifySlot all of it. The state list, the decision and
// the hand-over read it from here, so that all of them use the same finding.
//
//   ImageInfo   words, then the hash TLV (32 bytes), the KEYHASH (32 bytes) and the signature (64 bytes)
//   Evidence    words, then R' of the signature (32 bytes) and the challenge k (32 bytes): what the verification computed on its way, for the
//               second look (second-look.ts)

import { REASON_NONE, REASON_SLOT_EMPTY } from '../../protocol/guest/generated/constants';
import { SLOT_COUNT } from './slots';

@unmanaged
export class ImageInfo {
  /** REASON_NONE, or why the image is refused, as far as it was looked at. */
  reason: u32 = 0;
  /** SEEN_* bits. */
  seen: u32 = 0;
  /** As version.ts compares versions. */
  version: u32 = 0;
  build: u32 = 0;
  /** Flash address of the payload, and its bytes. */
  payload: u32 = 0;
  payloadSize: u32 = 0;
  /** Bytes that are signed: header, payload and protected TLVs. */
  signedSize: u32 = 0;
  /** All bytes, TLVs included. */
  totalSize: u32 = 0;
  /** Security counter (SEEN_COUNTER). */
  counter: u32 = 0;
  /** Board identity (SEEN_BOARD). */
  board: u32 = 0;
  /** Number of the key it verified with, NO_KEY before. */
  key: u32 = 0;
  /** Flash address of the hashes of the keys to revoke, and their bytes (SEEN_REVOKES). */
  revokes: u32 = 0;
  revokesSize: u32 = 0;
  /** Flash address of the boot record, and its bytes (SEEN_RECORD). */
  record: u32 = 0;
  recordSize: u32 = 0;
  /** Flash addresses of the hash TLV and of the signature; 0 where there is none. */
  hashAt: u32 = 0;
  signatureAt: u32 = 0;
  /** Fills the last 8 bytes. */
  zero: u32 = 0;
}

@unmanaged
export class Evidence {
  /** Sum of the steps that were done (flow.ts). */
  flow: u32 = 0;
  /** Fills the last 8 bytes. */
  zero: u32 = 0;
  /** Sum over the signed bytes (checksum.ts). */
  checksum: u64 = 0;
}

const HASH_SIZE: usize = 32;
const SIGNATURE_SIZE: usize = 64;
const INFO_HASH: usize = offsetof<ImageInfo>();
const INFO_KEYHASH: usize = INFO_HASH + HASH_SIZE;
const INFO_SIGNATURE: usize = INFO_KEYHASH + HASH_SIZE;
const INFO_SIZE: u32 = <u32>(INFO_SIGNATURE + SIGNATURE_SIZE);
const EVIDENCE_POINT: usize = offsetof<Evidence>();
const EVIDENCE_CHALLENGE: usize = EVIDENCE_POINT + HASH_SIZE;
const EVIDENCE_SIZE: u32 = <u32>(EVIDENCE_CHALLENGE + HASH_SIZE);

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
/** It verified, with a key that is for recovery only. */
export const SEEN_RECOVERY: u32 = 512;
export const SEEN_RECORD: u32 = 1024;
/** Its boot record has no room for a measurement where imgtool’s has it. */
export const SEEN_ODD_RECORD: u32 = 2048;

/** All of them. */
const SEEN_ALL: u32 = (SEEN_ODD_RECORD << 1) - 1;

const REASON_MOST: u32 = 0xff;
export const NO_KEY: u32 = 0xffffffff;

const infos: usize = memory.data(<i32>(SLOT_COUNT * INFO_SIZE), 8);
const evidence: usize = memory.data(<i32>(SLOT_COUNT * EVIDENCE_SIZE), 8);

export function evidenceOf(slot: u32): Evidence {
  assert(slot < SLOT_COUNT, 'there are two slots');
  assert((EVIDENCE_SIZE & 7) == 0, 'the evidence of slot B is aligned, too');
  return changetype<Evidence>(evidence + slot * EVIDENCE_SIZE);
}

export function imageInfo(slot: u32): ImageInfo {
  assert(slot < SLOT_COUNT, 'there are two slots');
  assert((INFO_SIZE & 7) == 0, 'the info of slot B is aligned, too');
  return changetype<ImageInfo>(infos + slot * INFO_SIZE);
}

/** Asserted of an info: it is that of one of the slots. */
function isInfo(info: ImageInfo): bool {
  const place = changetype<usize>(info);
  return place == infos || place == infos + INFO_SIZE;
}

function isEvidence(proof: Evidence): bool {
  const place = changetype<usize>(proof);
  return place == evidence || place == evidence + EVIDENCE_SIZE;
}

/** Where the 32 bytes of the hash TLV are (SEEN_HASH). */
export function hashOf(info: ImageInfo): usize {
  assert(isInfo(info), 'the info of a slot');
  return changetype<usize>(info) + INFO_HASH;
}

/** Where the 32 bytes of the KEYHASH are (SEEN_KEYHASH). */
export function keyHashOf(info: ImageInfo): usize {
  assert(isInfo(info), 'the info of a slot');
  return changetype<usize>(info) + INFO_KEYHASH;
}

/** Where the 64 bytes of the signature are (SEEN_SIGNATURE). */
export function signatureOf(info: ImageInfo): usize {
  assert(isInfo(info), 'the info of a slot');
  return changetype<usize>(info) + INFO_SIGNATURE;
}

/** Where the 32 bytes of R' are, as the verification computed it. */
export function pointOf(proof: Evidence): usize {
  assert(isEvidence(proof), 'the evidence of a slot');
  return changetype<usize>(proof) + EVIDENCE_POINT;
}

/** Where the 32 bytes of the challenge k are, as the verification used it. */
export function challengeOf(proof: Evidence): usize {
  assert(isEvidence(proof), 'the evidence of a slot');
  return changetype<usize>(proof) + EVIDENCE_CHALLENGE;
}

/** Forgets what was known of the image in the slot. Returns its info, as that of an empty slot. */
export function clearInfo(slot: u32): ImageInfo {
  const info = imageInfo(slot);
  memory.fill(changetype<usize>(info), 0, INFO_SIZE);
  info.reason = REASON_SLOT_EMPTY;
  info.key = NO_KEY;
  memory.fill(changetype<usize>(evidenceOf(slot)), 0, EVIDENCE_SIZE);
  assert(info.seen == 0, 'nothing was seen yet');
  return info;
}

/** Whether all of these SEEN_* were seen. */
export function hasSeen(info: ImageInfo, what: u32): bool {
  assert(what != 0 && what <= SEEN_ALL, 'there is something to ask for');
  return (info.seen & what) == what;
}

export function markSeen(info: ImageInfo, what: u32): void {
  assert(isInfo(info), 'the info of a slot');
  assert(what != 0 && what <= SEEN_ALL, 'there is something to mark');
  info.seen |= what;
}

/** Why the image is refused as far as it was looked at, or REASON_NONE. */
export function imageReason(slot: u32): u32 {
  const reason = imageInfo(slot).reason;
  assert(reason <= REASON_MOST, 'a record keeps a reason in a byte');
  return reason;
}

/** Whether the last look at the image was a full verification, and good. */
export function imageVerified(slot: u32): bool {
  const good = hasSeen(imageInfo(slot), SEEN_VERIFIED);
  assert(!good || imageReason(slot) == REASON_NONE, 'a verified image has no reason to be refused');
  return good;
}

/** Whether the image verified, but with a key for recovery only: it boots where nothing else does. */
export function imageIsRecovery(slot: u32): bool {
  const isRecovery = hasSeen(imageInfo(slot), SEEN_RECOVERY);
  assert(!isRecovery || imageInfo(slot).key != NO_KEY, 'an image that is for recovery has a key');
  return isRecovery;
}

/** Whether the image can be named: its header is sound and its hash TLV was found. */
export function imageHasHash(slot: u32): bool {
  const named = hasSeen(imageInfo(slot), SEEN_HEADER | SEEN_HASH);
  assert(!named || imageInfo(slot).hashAt != 0, 'a hash TLV that was found has an address');
  return named;
}

/** Where the 32 bytes of the hash TLV are; meaningful when imageHasHash. */
export function imageHash(slot: u32): usize {
  return hashOf(imageInfo(slot));
}

/** The image’s version, as version.ts compares versions. */
export function imageVersion(slot: u32): u32 {
  return imageInfo(slot).version;
}

export function imageBuild(slot: u32): u32 {
  return imageInfo(slot).build;
}
