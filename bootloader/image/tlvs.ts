// The TLV areas behind the payload. Each length is checked against the bytes that are left before it is used.
//
// What is taken and what is refused follows MCUboot's bootutil built for Ed25519 over SHA-256 with the TLV allow-list and
// rollback protection on (mcuboot 2d4bacc3, boot/bootutil/src/image_validate.c and tlv.c). We take nothing that it refuses. Where we
// refuse what it takes:
//
//   we refuse                                bootutil                         why we do
//   KEYHASH not exactly 32 bytes             compares as many as there are    a hash of no bytes matches every key
//   a second SHA-256 TLV                     checks each                      one image, one name: state lists show it
//   a second KEYHASH or signature            the last good pair counts        which key counts must not depend on order
//   a second security counter                checks each                      the counter we record must be the only one
//   SHA-384, SHA-512 beside the SHA-256      ignores them                     the variants we do not take are named as such
//   any other unprotected type:              ignores those on its list        bytes that are not signed and not read are not
//     PUBKEY, RSA, ECDSA, ENC_*                                               part of an image
//   a dependency not of 12 bytes             leaves it to the loader          there is no loader behind us
//   a protected TLV across the area's end    walks on into the next area      an entry belongs to one area
//   1 to 3 bytes behind the last TLV         reads past the area              the area's size is part of what must add up
//   a payload of no bytes                    takes it                         the core has nothing to run
//   flags for encryption, compression,       leaves them to the loader        there is no loader behind us
//     RAM load, ...; NON_BOOTABLE
//   a dependency on anything but this        leaves it to the loader          there is one image here, and one bootloader
//     bootloader's version or an older one
//   a boot record of more than 124 bytes,    copies what is there             a record that is not completed would be wrong
//     or that does not end as imgtool's does
//   a board identity of another board,       does not know them               they are our vendor TLVs
//     a revocation of no or of odd keys

import { copyFromBus } from '../../protocol/guest/dma';
import {
  BOOTLOADER_DEPENDENCY_IMAGE,
  BOOTLOADER_VERSION,
  FUSE_KEY_COUNT,
  HANDOVER_BOOT_RECORD_SIZE_MAX,
  IMAGE_TLV_INFO_MAGIC,
  IMAGE_TLV_INFO_SIZE,
  IMAGE_TLV_PROTECTED_INFO_MAGIC,
  MAP_FLASH_SIZE,
  MAP_IMAGE_SIZE_MAX,
  REASON_HASH_MISSING,
  REASON_KEY_UNKNOWN,
  REASON_NONE,
  REASON_SIGNATURE_MISSING,
  REASON_SIGNATURE_VARIANT,
  REASON_TLV_AREA,
  REASON_TLV_DUPLICATE,
  REASON_TLV_ENTRY,
  REASON_TLV_LENGTH,
  REASON_TLV_NOT_ALLOWED,
  TLV_BOARD_ID,
  TLV_BOOT_RECORD,
  TLV_DEPENDENCY,
  TLV_ED25519,
  TLV_KEY_REVOKE,
  TLV_KEYHASH,
  TLV_SECURITY_COUNTER,
  TLV_SHA256,
  TLV_SHA384,
  TLV_SHA512,
  TLV_SIG_PURE,
} from '../../protocol/guest/generated/constants';
import { ED25519_SIGNATURE_SIZE } from '../crypto/ed25519';
import {
  hashOf,
  hasSeen,
  ImageInfo,
  keyHashOf,
  markSeen,
  SEEN_BOARD,
  SEEN_COUNTER,
  SEEN_HASH,
  SEEN_HEADER,
  SEEN_KEYHASH,
  SEEN_ODD_RECORD,
  SEEN_RECORD,
  SEEN_REVOKES,
  SEEN_SIGNATURE,
  SEEN_UNMET,
  signatureOf,
} from './info';
import { slotAddress } from './slots';
import { versionNumber } from './version';

const TLV_HEADER_SIZE: u32 = 4;
export const DEPENDENCY_SIZE: u32 = 12;
const KEYHASH_SIZE: u32 = 32;
const HASH_SIZE: u32 = 32;
/** An image may revoke every key but its own. */
const REVOKES_MAX: u32 = FUSE_KEY_COUNT - 1;

/** CBOR in front of a measurement: map key 2, and the head of a byte string of 32 bytes. */
export const RECORD_TAIL: u32 = 0x205802;
export const RECORD_TAIL_SIZE: u32 = 35;

/** The head of an area, and of each entry in it: both have this layout. */
@unmanaged
class TlvHead {
  /** An area's magic, or an entry's type. */
  type: u16 = 0;
  /** Length in bytes: of an area, this head included; of an entry, without it. */
  length: u16 = 0;
}

/** The least version of another image that an image needs. */
@unmanaged
class Dependency {
  image: u8 = 0;
  zero: u8 = 0;
  zeros: u16 = 0;
  major: u8 = 0;
  minor: u8 = 0;
  revision: u16 = 0;
  build: u32 = 0;
}

const head: TlvHead = changetype<TlvHead>(memory.data(<i32>TLV_HEADER_SIZE, 4));
const dependency: Dependency = changetype<Dependency>(memory.data(<i32>DEPENDENCY_SIZE, 4));
/** The bytes of a boot record in front of its measurement. */
const recordTail: usize = memory.data(<i32>sizeof<u32>(), 4);

/** Walks both areas of the image whose header is in `info`, and copies what is found there. */
export function parseTlvs(slot: u32, info: ImageInfo): u32 {
  const payloadEnd = info.payload + info.payloadSize;
  const signedEnd = slotAddress(slot) + info.signedSize;
  assert(hasSeen(info, SEEN_HEADER) && payloadEnd <= signedEnd, 'the header was checked');
  if (signedEnd > payloadEnd) {
    const size = areaSize(payloadEnd, IMAGE_TLV_PROTECTED_INFO_MAGIC);
    if (size != signedEnd - payloadEnd) return REASON_TLV_AREA;
    const reason = walk(info, payloadEnd, signedEnd, true);
    if (reason != REASON_NONE) return reason;
  }
  const size = areaSize(signedEnd, IMAGE_TLV_INFO_MAGIC);
  const room = slotAddress(slot) + MAP_IMAGE_SIZE_MAX - signedEnd;
  assert(room >= IMAGE_TLV_INFO_SIZE && room < MAP_IMAGE_SIZE_MAX, 'the header left room for this area');
  if (size < IMAGE_TLV_INFO_SIZE || size > room) return REASON_TLV_AREA;
  info.totalSize = info.signedSize + size;
  assert(info.totalSize <= MAP_IMAGE_SIZE_MAX, 'the image ends in front of the trailer');
  const reason = walk(info, signedEnd, signedEnd + size, false);
  if (reason != REASON_NONE) return reason;
  if (!hasSeen(info, SEEN_HASH)) return REASON_HASH_MISSING;
  return hasSeen(info, SEEN_SIGNATURE) ? REASON_NONE : REASON_SIGNATURE_MISSING;
}

/** Size of the area at `address`, its info included, or 0 where there is none of this kind. */
function areaSize(address: u32, magic: u32): u32 {
  assert(IMAGE_TLV_INFO_SIZE == TLV_HEADER_SIZE, 'an area begins with a head like that of an entry');
  assert(address <= MAP_FLASH_SIZE - TLV_HEADER_SIZE, 'the sizes were checked, so the head is in flash');
  readHead(address);
  return <u32>head.type == magic ? <u32>head.length : 0;
}

function readHead(address: u32): void {
  assert(offsetof<TlvHead>() == <usize>TLV_HEADER_SIZE, 'the overlay is as long as a head');
  copyFromBus(changetype<usize>(head), address, TLV_HEADER_SIZE);
}

function walk(info: ImageInfo, area: u32, end: u32, isProtected: bool): u32 {
  let at = area + IMAGE_TLV_INFO_SIZE;
  assert(at <= end && end <= MAP_FLASH_SIZE, 'the size of the area was checked');
  while (at != end) {
    if (end - at < TLV_HEADER_SIZE) return REASON_TLV_ENTRY;
    readHead(at);
    const type: u32 = head.type;
    const length: u32 = head.length;
    at += TLV_HEADER_SIZE;
    if (length > end - at) return REASON_TLV_ENTRY;
    if (!isProtected && !allowedUnprotected(type)) return REASON_TLV_NOT_ALLOWED;
    const reason = take(info, type, length, at);
    if (reason != REASON_NONE) return reason;
    at += length;
    assert(at <= end, 'an entry ends in its area');
  }
  return REASON_NONE;
}

/** The types that an unprotected area may have: hash, signature, hash of the key, and those of hashes and signatures that are refused by name. */
function allowedUnprotected(type: u32): bool {
  assert(type <= 0xffff, 'a type has 16 bits');
  assert(TLV_SHA256 < TLV_SHA384 && TLV_SHA384 < TLV_SHA512, 'the hashes have types in a row');
  if (type >= TLV_SHA256 && type <= TLV_SHA512) return true;
  return type == TLV_KEYHASH || type == TLV_ED25519 || type == TLV_SIG_PURE;
}

function take(info: ImageInfo, type: u32, length: u32, at: u32): u32 {
  assert(length <= 0xffff, 'a length has 16 bits');
  assert(at <= MAP_FLASH_SIZE - length, 'the length was compared with what is left of the area');
  switch (type) {
    case TLV_SHA384:
    case TLV_SHA512:
    case TLV_SIG_PURE:
      return REASON_SIGNATURE_VARIANT;
    case TLV_SHA256:
      return takeField(info, SEEN_HASH, hashOf(info), HASH_SIZE, length, at);
    case TLV_KEYHASH:
      return takeField(info, SEEN_KEYHASH, keyHashOf(info), KEYHASH_SIZE, length, at);
    case TLV_ED25519:
      // bootutil passes over a signature that no KEYHASH precedes.
      if (!hasSeen(info, SEEN_KEYHASH)) return REASON_KEY_UNKNOWN;
      return takeField(info, SEEN_SIGNATURE, signatureOf(info), ED25519_SIGNATURE_SIZE, length, at);
    case TLV_SECURITY_COUNTER:
      return takeField(info, SEEN_COUNTER, changetype<usize>(info) + offsetof<ImageInfo>('counter'), 4, length, at);
    case TLV_BOARD_ID:
      return takeField(info, SEEN_BOARD, changetype<usize>(info) + offsetof<ImageInfo>('board'), 4, length, at);
    case TLV_DEPENDENCY:
      return takeDependency(info, length, at);
    case TLV_KEY_REVOKE:
      return takeRevocation(info, length, at);
    case TLV_BOOT_RECORD:
      return takeBootRecord(info, length, at);
    default:
      return REASON_NONE;
  }
}

/** An image may depend only on the bootloader. */
function takeDependency(info: ImageInfo, length: u32, at: u32): u32 {
  if (length != DEPENDENCY_SIZE) return REASON_TLV_LENGTH;
  assert(offsetof<Dependency>() == <usize>DEPENDENCY_SIZE, 'the overlay is as long as a dependency');
  copyFromBus(changetype<usize>(dependency), at, DEPENDENCY_SIZE);
  const least = versionNumber(dependency.major, dependency.minor, dependency.revision);
  const isBootloader = <u32>dependency.image == BOOTLOADER_DEPENDENCY_IMAGE;
  if (!isBootloader || least > BOOTLOADER_VERSION) markSeen(info, SEEN_UNMET);
  return REASON_NONE;
}

function takeRevocation(info: ImageInfo, length: u32, at: u32): u32 {
  if (hasSeen(info, SEEN_REVOKES)) return REASON_TLV_DUPLICATE;
  if (length == 0 || length % KEYHASH_SIZE != 0 || length > REVOKES_MAX * KEYHASH_SIZE) return REASON_TLV_LENGTH;
  info.revokes = at;
  info.revokesSize = length;
  assert(info.revokesSize >= KEYHASH_SIZE, 'a revocation names a key');
  assert(at != 0, 'no TLV is at the start of flash');
  markSeen(info, SEEN_REVOKES);
  return REASON_NONE;
}

/** A CBOR map whose last pair is the measurement: key 2, and a string of 32 bytes. */
function takeBootRecord(info: ImageInfo, length: u32, at: u32): u32 {
  if (hasSeen(info, SEEN_RECORD)) return REASON_TLV_DUPLICATE;
  if (length < RECORD_TAIL_SIZE || length > HANDOVER_BOOT_RECORD_SIZE_MAX) return REASON_TLV_LENGTH;
  info.record = at;
  info.recordSize = length;
  markSeen(info, SEEN_RECORD);
  assert(info.recordSize >= RECORD_TAIL_SIZE, 'a record is longer than what is compared of it');
  assert(RECORD_TAIL <= 0xffffff, 'three bytes are compared');
  copyFromBus(recordTail, at + length - RECORD_TAIL_SIZE, sizeof<u32>());
  if ((load<u32>(recordTail) & 0xffffff) != RECORD_TAIL) markSeen(info, SEEN_ODD_RECORD);
  return REASON_NONE;
}

function takeField(info: ImageInfo, seen: u32, place: usize, size: u32, length: u32, at: u32): u32 {
  if (hasSeen(info, seen)) return REASON_TLV_DUPLICATE;
  if (length != size) return REASON_TLV_LENGTH;
  assert(size != 0 && size <= ED25519_SIGNATURE_SIZE, 'no field is longer than the signature');
  assert(at != 0, 'no TLV is at the start of flash');
  copyFromBus(place, at, size);
  if (seen == SEEN_HASH) info.hashAt = at;
  if (seen == SEEN_SIGNATURE) info.signatureAt = at;
  markSeen(info, seen);
  return REASON_NONE;
}
