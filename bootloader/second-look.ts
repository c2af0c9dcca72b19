// The second of two checks that an image may run, independent of the first (image/verify.ts): it is other code, it reads everything that matters again
// from flash and fuses, and its result is never a single yes or no. MCUboot's fault-injection hardening has the same aim.
//
//   first    verifySlot computes digest, challenge k and point R', compares them, and says why not; decide.ts uses that
//   second   takes what the first computed, not what it said:
//              the header in flash      gives the address and size that were verified, and no flag that keeps an image from running
//              the bytes in flash       are those that were hashed, by a cheaper sum (image/checksum.ts)
//              the hash TLV in flash    is the digest that was computed
//              k                        is SHA-512(R in flash | key in the fuses | digest), computed again
//              R in flash               is the R' that was computed
//              the steps of the first   were all done (flow.ts)
//              key, counter, board      in the fuses are what the protected TLVs in flash ask for
//              dependencies             are met, no revocation names the image's own key, a boot record has room for the measurement
//              the decision             is the one that permit.ts let pass, and the boot state in flash says the same
//
// All differences are gathered in one word by OR; there is no branch on any of them. The hand-over makes a mask of that word. Through this mask it
// writes to RESET either the image's address and the request, or nothing that the chip accepts. So an image runs only where both checks went
// wrong, and a single fault reaches one of them. The most expensive parts of the first check, the image's hash and the product of points, are
// not done twice.

import { read32 } from '../protocol/guest/bus';
import { copyFromBus } from '../protocol/guest/dma';
import { readKey, revokedKeys, validKeys } from '../protocol/guest/fuse-read';
import {
  FUSE_KEY_COUNT,
  IMAGE_FLAG_NON_BOOTABLE,
  IMAGE_FLAGS_UNSUPPORTED,
  IMAGE_MAGIC,
  IMAGE_OFFSET_FLAGS,
  IMAGE_OFFSET_HEADER_SIZE,
  IMAGE_OFFSET_IMAGE_SIZE,
  IMAGE_OFFSET_PROTECTED_SIZE,
} from '../protocol/guest/generated/constants';
import { claimsDiffer } from './claims-again';
import { ED25519_KEY_SIZE, ed25519Challenge } from './crypto/ed25519';
import { FLOW_WHOLE } from './crypto/flow';
import { SHA256_DIGEST_SIZE } from './crypto/sha256';
import { addToChecksum } from './image/checksum';
import { COMPARED_SIZE, hashesDiffer, isZero } from './image/differences';
import { challengeOf, Evidence, evidenceOf, ImageInfo, imageInfo, pointOf } from './image/info';
import { imagePurposesAgain } from './image/keys-again';
import { addressAgain, SLOT_COUNT } from './image/slots';
import { measurement } from './image/verify';
import { decisionDiffers } from './permit';

/** What a second look returns where nothing differs. No call that was skipped leaves it. */
export const LOOK_GOOD: u32 = 0x6b1ce5a7;

const BLOCK_SIZE: u32 = 4096;

const block: usize = memory.data(<i32>BLOCK_SIZE, 8);
const hash: usize = memory.data(<i32>SHA256_DIGEST_SIZE, 8);
/** R, the first half of the signature. */
const point: usize = memory.data(<i32>COMPARED_SIZE, 8);
const key: usize = memory.data(<i32>ED25519_KEY_SIZE, 8);
const challenge: usize = memory.data(<i32>COMPARED_SIZE, 8);

/** LOOK_GOOD where the image in the slot is the one that was verified and may run in this state, anything else where it is not. */
export function secondLook(slot: u32, state: u32): u32 {
  assert(slot < SLOT_COUNT, 'there are two slots');
  const info = imageInfo(slot);
  const proof = evidenceOf(slot);
  let difference = proof.flow ^ FLOW_WHOLE;
  difference |= headerDiffers(slot, info);
  difference |= bytesDiffer(slot, info, proof);
  difference |= signatureDiffers(slot, info, proof);
  difference |= keyDiffers(info.key);
  difference |= claimsDiffer(slot);
  difference |= decisionDiffers(slot, state);
  return LOOK_GOOD ^ difference;
}

/** All ones where the look was good, zero where it was not; without a branch. */
export function maskOfLook(look: u32): u32 {
  const difference = look ^ LOOK_GOOD;
  return ((difference | (0 - difference)) >> 31) - 1;
}

function headerDiffers(slot: u32, info: ImageInfo): u32 {
  assert(IMAGE_OFFSET_PROTECTED_SIZE == IMAGE_OFFSET_HEADER_SIZE + 2, 'both sizes are read as one word');
  const base = addressAgain(slot);
  const sizes = read32(base + IMAGE_OFFSET_HEADER_SIZE);
  const imageSize = read32(base + IMAGE_OFFSET_IMAGE_SIZE);
  const headerSize = sizes & 0xffff;
  let difference = read32(base) ^ IMAGE_MAGIC;
  difference |= info.payload ^ (base + headerSize);
  difference |= info.payloadSize ^ imageSize;
  difference |= info.signedSize ^ (headerSize + imageSize + (sizes >> 16));
  return difference | (read32(base + IMAGE_OFFSET_FLAGS) & (IMAGE_FLAGS_UNSUPPORTED | IMAGE_FLAG_NON_BOOTABLE));
}

function signatureDiffers(slot: u32, info: ImageInfo, proof: Evidence): u32 {
  const digest = measurement(slot);
  assert(
    COMPARED_SIZE == SHA256_DIGEST_SIZE && COMPARED_SIZE == ED25519_KEY_SIZE,
    'digests, keys and points have the same size',
  );
  copyFromBus(hash, info.hashAt, SHA256_DIGEST_SIZE);
  copyFromBus(point, info.signatureAt, COMPARED_SIZE);
  readKey(info.key & (FUSE_KEY_COUNT - 1), key);
  ed25519Challenge(challenge, point, key, digest, SHA256_DIGEST_SIZE);
  return hashesDiffer(hash, digest) | hashesDiffer(point, pointOf(proof)) | hashesDiffer(challenge, challengeOf(proof));
}

/** Not 0 where the key that the image verified with is not in use, revoked, or not for images. */
function keyDiffers(number: u32): u32 {
  assert((FUSE_KEY_COUNT & (FUSE_KEY_COUNT - 1)) == 0, 'a mask takes the number');
  const inRange = number & (FUSE_KEY_COUNT - 1);
  const bit: u32 = 1 << inRange;
  return (number ^ inRange) | (bit & ~validKeys()) | (bit & revokedKeys()) | isZero(imagePurposesAgain(inRange));
}

/** Reads the signed bytes once more, and sums them up: they are those that were hashed. */
function bytesDiffer(slot: u32, info: ImageInfo, proof: Evidence): u32 {
  assert((BLOCK_SIZE & 7) == 0, 'pieces but the last are multiples of 8');
  let at = addressAgain(slot);
  let sum: u64 = 0;
  let rest = info.signedSize;
  while (rest != 0) {
    const piece = min<u32>(rest, BLOCK_SIZE);
    copyFromBus(block, at, piece);
    sum = addToChecksum(sum, block, piece);
    at += piece;
    rest -= piece;
  }
  const difference = sum ^ proof.checksum;
  return <u32>difference | <u32>(difference >> 32);
}
