// A second look at the image that is about to run, independent of the first (image/verify.ts): both must fail before a wrong image runs, so one
// glitch is not enough. MCUboot's fault injection hardening does the same by doubled variables and checks.
//
// - The slot is read again: header, signed bytes, protected TLVs. Nothing the first look remembered is believed but what only a key holder
//   can make fit: hash, KEYHASH and signature.
// - No branch decides. Each difference is a bit of doubt, all doubts are joined, and the answer is LOOKED with the doubt flipped into it. A
//   call that was never made leaves something else than LOOKED, too.
// - Who hands over must use the answer as data (handover.ts): a doubt then leads to an address where no image is.
//
// `prove glitch` inverts each branch and skips each call of the boot and finds no single one that runs an unsigned image.

import { copyFromBus } from '../protocol/guest/dma';
import {
  COUNTER_CELL_BITS,
  COUNTER_TICK_MAX,
  FUSE_SECURITY_COUNTER,
  FUSE_SECURITY_COUNTER_WORDS,
  IMAGE_MAGIC,
  IMAGE_OFFSET_HEADER_SIZE,
  IMAGE_OFFSET_IMAGE_SIZE,
  IMAGE_OFFSET_PROTECTED_SIZE,
  IMAGE_TLV_INFO_SIZE,
  PURPOSE_DEVELOPMENT,
  PURPOSE_RECOVERY,
  PURPOSE_RELEASE,
  TLV_BOARD_ID,
  TLV_SECURITY_COUNTER,
} from '../protocol/guest/generated/constants';
import { readFusesWord } from '../protocol/guest/generated/registers';
import { ed25519Point } from './crypto/ed25519';
import { SHA256_CONTEXT_SIZE, SHA256_DIGEST_SIZE, sha256Final, sha256Init, sha256Update } from './crypto/sha256';
import { boardId, purposesOf, revokedKeys } from './fuses/read';
import { INFO_HASH, INFO_KEYHASH, INFO_PAYLOAD, INFO_PAYLOAD_SIZE, INFO_SIGNATURE, imageInfo } from './image/info';
import { findKeys, foundKey } from './image/keys';
import { slotAddress } from './slots';

/** What a look without doubt returns: no small number, no address, about as many ones as zeros. */
export const LOOKED: u32 = 0x6c3a95e1;

const WORDS: usize = 8;
const BLOCK_SIZE: u32 = 4096;
const STABLE_READS: u32 = 8;
const ANY_PURPOSE: u32 = PURPOSE_RELEASE | PURPOSE_DEVELOPMENT | PURPOSE_RECOVERY;

const header: usize = memory.data(32, 4);
const entry: usize = memory.data(8, 4);
const block: usize = memory.data(4096, 8);
const context: usize = memory.data(<i32>SHA256_CONTEXT_SIZE, 8);
const digest: usize = memory.data(32, 8);

/** LOOKED, or anything else where the image in the slot, as it is in flash now, may not be run. */
export function secondLook(slot: u32): u32 {
  const base = slotAddress(slot);
  const info = imageInfo(slot);
  copyFromBus(header, base, 32);
  const payload = base + <u32>load<u16>(header, IMAGE_OFFSET_HEADER_SIZE);
  const payloadSize = load<u32>(header, IMAGE_OFFSET_IMAGE_SIZE);
  const protectedSize: u32 = load<u16>(header, IMAGE_OFFSET_PROTECTED_SIZE);
  const signedEnd = payload + payloadSize + protectedSize;
  hash(base, signedEnd);
  let doubt = load<u32>(header) ^ IMAGE_MAGIC;
  doubt |= load<u32>(info, INFO_PAYLOAD) ^ payload;
  doubt |= load<u32>(info, INFO_PAYLOAD_SIZE) ^ payloadSize;
  doubt |= difference(digest, info + INFO_HASH);
  doubt |= doubtAboutSignature(info);
  doubt |= doubtAboutPolicy(payload + payloadSize, signedEnd);
  return LOOKED ^ doubt;
}

function hash(from: u32, end: u32): void {
  sha256Init(context);
  for (let at = from; at < end; ) {
    const piece = min<u32>(end - at, BLOCK_SIZE);
    copyFromBus(block, at, piece);
    sha256Update(context, block, piece);
    at += piece;
  }
  sha256Final(context, digest);
}

/** Zero where 32 bytes are the same. */
function difference(a: usize, b: usize): u32 {
  let bits: u32 = 0;
  for (let word: usize = 0; word < WORDS; word++) bits |= load<u32>(a + (word << 2)) ^ load<u32>(b + (word << 2));
  return bits;
}

function doubtAboutSignature(info: usize): u32 {
  const keys = findKeys(info + INFO_KEYHASH);
  const point = ed25519Point(foundKey(), digest, SHA256_DIGEST_SIZE, info + INFO_SIGNATURE);
  const none: u32 = (point == 0 ? 1 : 0) | (keys == 0 ? 1 : 0) | ((purposesOf(keys) & ANY_PURPOSE) == 0 ? 1 : 0);
  return none | (keys & revokedKeys()) | difference(point, info + INFO_SIGNATURE);
}

/** The security counter and the board, as the protected TLVs say them. */
function doubtAboutPolicy(area: u32, end: u32): u32 {
  let counter: u32 = 0;
  let counters: u32 = 0;
  let board = boardId();
  for (let at = area + IMAGE_TLV_INFO_SIZE; at < end; ) {
    copyFromBus(entry, at, 8);
    const type: u32 = load<u16>(entry);
    if (type == TLV_SECURITY_COUNTER) {
      counter = load<u32>(entry, 4);
      counters++;
    }
    if (type == TLV_BOARD_ID) board = load<u32>(entry, 4);
    at += 4 + <u32>load<u16>(entry, 2);
  }
  const behind = <u32>((<i64>counter - <i64>counterInFuses()) >> 63);
  return behind | (counters ^ 1) | (board ^ boardId());
}

/** What fuses/security-counter.ts makes of its ticks, in other words; a one counts only if it is there at every read. */
function counterInFuses(): u64 {
  let value: u64 = 0;
  for (let word: u32 = 0; word < FUSE_SECURITY_COUNTER_WORDS; word++) {
    let ticks = u32.MAX_VALUE;
    for (let read: u32 = 0; read < STABLE_READS; read++) ticks &= readFusesWord(FUSE_SECURITY_COUNTER + word);
    for (; ticks != 0; ticks >>= COUNTER_CELL_BITS) {
      const tick = ticks & COUNTER_TICK_MAX;
      // To the next multiple of 4 to the power of tick - 1.
      const step: u64 = tick == 0 ? 0 : (<u64>1) << ((tick - 1) << 1);
      value = tick == 0 ? value : (value & ~(step - 1)) + step;
    }
  }
  return value;
}
