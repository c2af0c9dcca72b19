// SHA-512 (FIPS 180-4), which Ed25519 needs; images are hashed by SHA-256.
// A boot hashes about a hundred bytes with it, so its rounds are a loop: a tenth of the code, and hardly any time of a boot.
//
//   context   0  state    eight u64
//            64  length   u64, bytes taken in so far; length % 128 of them wait in `pending`
//            72  pending  128 bytes, the beginning of a block not yet complete

import { isInRam } from '../../protocol/guest/ram';
import { SHA512_INITIAL, SHA512_ROUND_CONSTANTS } from './generated/sha2-constants';

export const SHA512_CONTEXT_SIZE: u32 = 200;
export const SHA512_DIGEST_SIZE: u32 = 64;

const LENGTH: usize = 64;
const PENDING: usize = 72;
const BLOCK_SIZE: u32 = 128;
const LENGTH_FIELD: u32 = 112;
const ROUNDS: usize = 80;

/** The sixteen schedule words that later rounds still need, a ring indexed by round % 16. */
const schedule: usize = memory.data(<i32>BLOCK_SIZE, 8);
/** Bytes of the longest message: its length in bits has 64 bits. FIPS 180-4 allows 128; nothing here comes near. */
const LENGTH_MAX: u64 = ((<u64>1) << 61) - 1;

const oneShotContext: usize = memory.data(<i32>SHA512_CONTEXT_SIZE, 8);

/** Begins a message in the SHA512_CONTEXT_SIZE bytes at `context`, which must be 8-byte aligned. */
export function sha512Init(context: usize): void {
  assert((context & 7) == 0, 'a hash context is 8-byte aligned');
  assert(isInRam(context, SHA512_CONTEXT_SIZE), 'there is room for a context');
  memory.copy(context, SHA512_INITIAL, 64);
  store<u64>(context + LENGTH, 0);
}

/** Takes in the next `length` bytes of the message. */
export function sha512Update(context: usize, data: usize, length: u32): void {
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
    compress(context, context + PENDING);
  }
  for (; rest >= BLOCK_SIZE; rest -= BLOCK_SIZE, data += BLOCK_SIZE) compress(context, data);
  assert(rest < BLOCK_SIZE, 'what waits is less than a block');
  memory.copy(context + PENDING, data, rest);
}

/** Ends the message and writes its 64-byte digest. The context must be begun anew before it is used again. */
export function sha512Final(context: usize, digest: usize): void {
  assert(isInRam(digest, SHA512_DIGEST_SIZE), 'there is room for the digest');
  const length = load<u64>(context + LENGTH);
  assert(length <= LENGTH_MAX, 'the length in bits fits the lower half of the 128-bit length field');
  let pending: u32 = <u32>length & (BLOCK_SIZE - 1);
  store<u8>(context + PENDING + pending, 0x80);
  pending++;
  if (pending > LENGTH_FIELD) {
    memory.fill(context + PENDING + pending, 0, BLOCK_SIZE - pending);
    compress(context, context + PENDING);
    pending = 0;
  }
  assert(pending <= LENGTH_FIELD, 'the length field is free');
  memory.fill(context + PENDING + pending, 0, BLOCK_SIZE - 8 - pending);
  store<u64>(context + PENDING + BLOCK_SIZE - 8, bswap<u64>(length << 3));
  compress(context, context + PENDING);
  for (let i: usize = 0; i < 64; i += 8) store<u64>(digest + i, bswap<u64>(load<u64>(context + i)));
}

/** The digest of one whole message. */
export function sha512(data: usize, length: u32, digest: usize): void {
  assert(data != oneShotContext && digest != oneShotContext, 'neither message nor digest is the context');
  sha512Init(oneShotContext);
  sha512Update(oneShotContext, data, length);
  sha512Final(oneShotContext, digest);
}

/** The schedule word of `round`: from the block for the first sixteen, from earlier words after that (6.4.2, step 1). */
function scheduleWord(round: usize, block: usize): u64 {
  assert(round < ROUNDS, 'there are 80 rounds');
  const slot = schedule + ((round & 15) << 3);
  let word: u64;
  if (round < 16) {
    word = bswap<u64>(load<u64>(block + (round << 3)));
  } else {
    const w1 = load<u64>(schedule + (((round + 1) & 15) << 3));
    const w9 = load<u64>(schedule + (((round + 9) & 15) << 3));
    const w14 = load<u64>(schedule + (((round + 14) & 15) << 3));
    const sigma0 = rotr<u64>(w1, 1) ^ rotr<u64>(w1, 8) ^ (w1 >>> 7);
    const sigma1 = rotr<u64>(w14, 19) ^ rotr<u64>(w14, 61) ^ (w14 >>> 6);
    word = load<u64>(slot) + sigma0 + w9 + sigma1;
  }
  store<u64>(slot, word);
  return word;
}

/** Mixes the 128 bytes at `block` into the eight u64 of `state`. */
function compress(state: usize, block: usize): void {
  assert(state != block, 'the state is not the block that is mixed into it');
  assert(isInRam(block, BLOCK_SIZE), 'there is a whole block');
  let a = load<u64>(state, 0);
  let b = load<u64>(state, 8);
  let c = load<u64>(state, 16);
  let d = load<u64>(state, 24);
  let e = load<u64>(state, 32);
  let f = load<u64>(state, 40);
  let g = load<u64>(state, 48);
  let h = load<u64>(state, 56);
  for (let round: usize = 0; round < ROUNDS; round++) {
    const sum1 = rotr<u64>(e, 14) ^ rotr<u64>(e, 18) ^ rotr<u64>(e, 41);
    const choice = g ^ (e & (f ^ g));
    const constant = load<u64>(SHA512_ROUND_CONSTANTS + (round << 3));
    const t1 = h + sum1 + choice + constant + scheduleWord(round, block);
    const sum0 = rotr<u64>(a, 28) ^ rotr<u64>(a, 34) ^ rotr<u64>(a, 39);
    const majority = (a & b) | (c & (a | b));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + sum0 + majority;
  }
  store<u64>(state, load<u64>(state, 0) + a, 0);
  store<u64>(state, load<u64>(state, 8) + b, 8);
  store<u64>(state, load<u64>(state, 16) + c, 16);
  store<u64>(state, load<u64>(state, 24) + d, 24);
  store<u64>(state, load<u64>(state, 32) + e, 32);
  store<u64>(state, load<u64>(state, 40) + f, 40);
  store<u64>(state, load<u64>(state, 48) + g, 48);
  store<u64>(state, load<u64>(state, 56) + h, 56);
}
