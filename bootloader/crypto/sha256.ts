// SHA-256 (FIPS 180-4) of a message that arrives in pieces.
// All state is in the caller's context, so any number of hashes may be under way at once; nothing is allocated.
//
//   context   0  state    eight u32
//            32  length   u64, bytes taken in so far; length % 64 of them wait in `pending`
//            40  pending  64 bytes, the beginning of a block not yet complete

import { isInRam } from '../../protocol/guest/ram';
import { SHA256_INITIAL } from './generated/sha2-constants';
import { sha256Compress } from './generated/sha256-compress';

export const SHA256_CONTEXT_SIZE: u32 = 104;
export const SHA256_DIGEST_SIZE: u32 = 32;

const LENGTH: usize = 32;
const PENDING: usize = 40;
const BLOCK_SIZE: u32 = 64;
const LENGTH_FIELD: u32 = 56;

/** Bytes of the longest message: its length in bits has 64 bits. */
const LENGTH_MAX: u64 = ((<u64>1) << 61) - 1;

const oneShotContext: usize = memory.data(<i32>SHA256_CONTEXT_SIZE, 8);

/** Begins a message in the SHA256_CONTEXT_SIZE bytes at `context`, which must be 8-byte aligned. */
export function sha256Init(context: usize): void {
  assert((context & 7) == 0, 'a hash context is 8-byte aligned');
  assert(isInRam(context, SHA256_CONTEXT_SIZE), 'there is room for a context');
  memory.copy(context, SHA256_INITIAL, 32);
  store<u64>(context + LENGTH, 0);
}

/** Takes in the next `length` bytes of the message. */
export function sha256Update(context: usize, data: usize, length: u32): void {
  assert((context & 7) == 0, 'a hash context is 8-byte aligned');
  assert(isInRam(data, length), 'the bytes are in memory');
  const taken = load<u64>(context + LENGTH);
  let pending: u32 = <u32>taken & (BLOCK_SIZE - 1);
  let rest = length;
  assert(taken <= LENGTH_MAX - length, 'the length in bits fits its field');
  store<u64>(context + LENGTH, taken + length);
  if (pending != 0) {
    const part = min<u32>(rest, BLOCK_SIZE - pending);
    memory.copy(context + PENDING + pending, data, part);
    data += part;
    rest -= part;
    pending += part;
    assert(pending <= BLOCK_SIZE, 'no more is taken than completes the block');
    if (pending < BLOCK_SIZE) return;
    sha256Compress(context, context + PENDING);
  }
  for (; rest >= BLOCK_SIZE; rest -= BLOCK_SIZE, data += BLOCK_SIZE) sha256Compress(context, data);
  assert(rest < BLOCK_SIZE, 'what waits is less than a block');
  memory.copy(context + PENDING, data, rest);
}

/** Ends the message and writes its 32-byte digest. The context must be begun anew before it is used again. */
export function sha256Final(context: usize, digest: usize): void {
  assert(isInRam(digest, SHA256_DIGEST_SIZE), 'there is room for the digest');
  const length = load<u64>(context + LENGTH);
  assert(length <= LENGTH_MAX, 'the length in bits fits the 64-bit length field');
  let pending: u32 = <u32>length & (BLOCK_SIZE - 1);
  store<u8>(context + PENDING + pending, 0x80);
  pending++;
  if (pending > LENGTH_FIELD) {
    memory.fill(context + PENDING + pending, 0, BLOCK_SIZE - pending);
    sha256Compress(context, context + PENDING);
    pending = 0;
  }
  assert(pending <= LENGTH_FIELD, 'the length field is free');
  memory.fill(context + PENDING + pending, 0, LENGTH_FIELD - pending);
  store<u64>(context + PENDING + LENGTH_FIELD, bswap<u64>(length << 3));
  sha256Compress(context, context + PENDING);
  for (let i: usize = 0; i < 32; i += 4) store<u32>(digest + i, bswap<u32>(load<u32>(context + i)));
}

/** The digest of one whole message. */
export function sha256(data: usize, length: u32, digest: usize): void {
  assert(data != oneShotContext && digest != oneShotContext, 'neither message nor digest is the context');
  sha256Init(oneShotContext);
  sha256Update(oneShotContext, data, length);
  sha256Final(oneShotContext, digest);
}
