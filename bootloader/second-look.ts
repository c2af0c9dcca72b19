// The second of two checks that an image may run, independent of the first (image/verify.ts): other code, what matters read again from flash and
// fuses, and no verdict passed on as yes or no. In the spirit of MCUboot's fault-injection hardening.
//
//   first    verifySlot computes digest, challenge k and point R', compares, and says why not; decide.ts takes it into account
//   second   from what the first computed, not from what it said:
//              the header in flash      gives the address and size that were verified
//              the bytes in flash       are those that were hashed, by a cheaper sum (image/checksum.ts)
//              the hash TLV in flash    is the digest that was computed
//              k                        is SHA-512(R in flash | key in the fuses | digest), computed again
//              R in flash               is the R' that was computed
//              the way there            was gone in full (flow.ts)
//              key, counter, board      in the fuses are such as the protected TLVs in flash ask for
//
// All differences are gathered in one word by OR; there is no branch on any of them. The hand-over makes a mask of that word, and what it
// writes to RESET through the mask is either the image's address and the request, or nothing the chip takes. So an image runs only where both
// checks went wrong, and one glitch is one place. What the first check costs most, the image's hash and the product of points, is not done twice.

import { read32 } from '../protocol/guest/bus';
import { copyFromBus } from '../protocol/guest/dma';
import { boardId, purposesOf, readKey, revokedKeys, validKeys } from '../protocol/guest/fuse-read';
import {
  FUSE_KEY_COUNT,
  IMAGE_MAGIC,
  IMAGE_OFFSET_HEADER_SIZE,
  IMAGE_OFFSET_IMAGE_SIZE,
  IMAGE_TLV_INFO_SIZE,
  PURPOSE_DEVELOPMENT,
  PURPOSE_RECOVERY,
  PURPOSE_RELEASE,
  TLV_BOARD_ID,
  TLV_SECURITY_COUNTER,
} from '../protocol/guest/generated/constants';
import { ed25519Challenge } from './crypto/ed25519';
import { FLOW_WHOLE } from './crypto/flow';
import { addToChecksum } from './image/checksum';
import { counterInFuses } from './image/counter-again';
import {
  EVIDENCE_CHALLENGE,
  EVIDENCE_CHECKSUM,
  EVIDENCE_FLOW,
  EVIDENCE_POINT,
  evidenceOf,
  INFO_COUNTER,
  INFO_HASH_AT,
  INFO_KEY,
  INFO_PAYLOAD,
  INFO_PAYLOAD_SIZE,
  INFO_SIGNATURE_AT,
  INFO_SIGNED_SIZE,
  imageInfo,
} from './image/info';
import { slotAddress } from './image/slots';
import { slotHasToken } from './image/token';
import { measurement } from './image/verify';

/** What a second look returns where nothing differs. No call that was skipped leaves it. */
export const LOOK_GOOD: u32 = 0x6b1ce5a7;

const WORDS: u32 = 8;
const HASH_SIZE: u32 = 32;
const BLOCK_SIZE: u32 = 4096;
const ENTRY_SIZE: u32 = 8;

const block: usize = memory.data(<i32>BLOCK_SIZE, 8);
const hash: usize = memory.data(<i32>HASH_SIZE, 8);
const signature: usize = memory.data(<i32>(2 * HASH_SIZE), 8);
const key: usize = memory.data(<i32>HASH_SIZE, 8);
const challenge: usize = memory.data(<i32>HASH_SIZE, 8);
/** u16 type, u16 length, u32 value of a TLV. */
const entry: usize = memory.data(<i32>ENTRY_SIZE, 4);

/** LOOK_GOOD where the image in the slot is the one that was verified and may run, anything else where it is not. */
export function secondLook(slot: u32): u32 {
  const info = imageInfo(slot);
  const proof = evidenceOf(slot);
  let difference = load<u32>(proof, EVIDENCE_FLOW) ^ FLOW_WHOLE;
  difference |= headerDiffers(slot, info);
  difference |= bytesDiffer(slot, info, proof);
  difference |= signatureDiffers(slot, info, proof);
  difference |= keyDiffers(load<u32>(info, INFO_KEY));
  difference |= claimsDiffer(slot, info);
  return LOOK_GOOD ^ difference;
}

/** All ones where the look was good, zero where it was not; without a branch. */
export function maskOfLook(look: u32): u32 {
  const difference = look ^ LOOK_GOOD;
  return ((difference | (0 - difference)) >> 31) - 1;
}

function headerDiffers(slot: u32, info: usize): u32 {
  const base = slotAddress(slot);
  const sizes = read32(base + IMAGE_OFFSET_HEADER_SIZE);
  const imageSize = read32(base + IMAGE_OFFSET_IMAGE_SIZE);
  const headerSize = sizes & 0xffff;
  let difference = read32(base) ^ IMAGE_MAGIC;
  difference |= load<u32>(info, INFO_PAYLOAD) ^ (base + headerSize);
  difference |= load<u32>(info, INFO_PAYLOAD_SIZE) ^ imageSize;
  difference |= load<u32>(info, INFO_SIGNED_SIZE) ^ (headerSize + imageSize + (sizes >> 16));
  return difference;
}

function signatureDiffers(slot: u32, info: usize, proof: usize): u32 {
  const digest = measurement(slot);
  copyFromBus(hash, load<u32>(info, INFO_HASH_AT), HASH_SIZE);
  copyFromBus(signature, load<u32>(info, INFO_SIGNATURE_AT), HASH_SIZE);
  readKey(load<u32>(info, INFO_KEY) & (FUSE_KEY_COUNT - 1), key);
  ed25519Challenge(challenge, signature, key, digest, HASH_SIZE);
  return (
    wordsDiffer(hash, digest) |
    wordsDiffer(signature, proof + EVIDENCE_POINT) |
    wordsDiffer(challenge, proof + EVIDENCE_CHALLENGE)
  );
}

function wordsDiffer(one: usize, other: usize): u32 {
  let difference: u32 = 0;
  let words: u32 = 0;
  for (; words < WORDS; words++) difference |= load<u32>(one + (words << 2)) ^ load<u32>(other + (words << 2));
  // A loop that ended early has not compared.
  return difference | (words ^ WORDS);
}

/** Whether the key the image verified with is in use, not revoked, and may vouch for images. */
function keyDiffers(number: u32): u32 {
  const bit: u32 = 1 << (number & (FUSE_KEY_COUNT - 1));
  const fits = purposesOf(bit) & (PURPOSE_RELEASE | PURPOSE_DEVELOPMENT | PURPOSE_RECOVERY);
  return (number & ~(FUSE_KEY_COUNT - 1)) | (bit & ~validKeys()) | (bit & revokedKeys()) | isZero(fits);
}

/** Walks the protected TLVs again: counter and board are what the first walk found and what the fuses ask for. */
function claimsDiffer(slot: u32, info: usize): u32 {
  const end = slotAddress(slot) + load<u32>(info, INFO_SIGNED_SIZE);
  let at = load<u32>(info, INFO_PAYLOAD) + load<u32>(info, INFO_PAYLOAD_SIZE) + IMAGE_TLV_INFO_SIZE;
  let counters: u32 = 0;
  let counter: u32 = 0;
  let board = boardId();
  while (at < end) {
    copyFromBus(entry, at, 8);
    const type: u32 = load<u16>(entry);
    if (type == TLV_SECURITY_COUNTER) {
      counter = load<u32>(entry, 4);
      counters++;
    }
    if (type == TLV_BOARD_ID) board = load<u32>(entry, 4);
    at += 4 + <u32>load<u16>(entry, 2);
  }
  // A counter below that of the fuses borrows.
  let history = <u32>((<u64>counter - counterInFuses()) >> 63);
  if (history != 0 && slotHasToken(slot)) history = 0;
  return (at ^ end) | (counters ^ 1) | (counter ^ load<u32>(info, INFO_COUNTER)) | history | (board ^ boardId());
}

/** Reads the signed bytes once more, and sums them up: they are those that were hashed. */
function bytesDiffer(slot: u32, info: usize, proof: usize): u32 {
  let at = slotAddress(slot);
  let sum: u64 = 0;
  let rest = load<u32>(info, INFO_SIGNED_SIZE);
  while (rest != 0) {
    const piece = min<u32>(rest, BLOCK_SIZE);
    copyFromBus(block, at, piece);
    sum = addToChecksum(sum, block, piece);
    at += piece;
    rest -= piece;
  }
  const difference = sum ^ load<u64>(proof, EVIDENCE_CHECKSUM);
  return <u32>difference | <u32>(difference >> 32);
}

function isZero(value: u32): u32 {
  return ((value | (0 - value)) >> 31) ^ 1;
}
