// Comparisons without a branch, for the second checks: they gather what differs in one word instead of deciding by each comparison.

import { isInRam } from '../../protocol/guest/ram';

/** Bytes of a SHA-256 digest, of a key, of a point. */
export const COMPARED_SIZE: u32 = 32;

/** 0 where the 32 bytes are the same. */
export function hashesDiffer(one: usize, other: usize): u32 {
  assert(isInRam(one, COMPARED_SIZE) && isInRam(other, COMPARED_SIZE), 'both hashes are in memory');
  assert(one != other, 'a hash is not compared with itself');
  let difference: u64 = 0;
  let done: u32 = 0;
  for (; done < COMPARED_SIZE; done += 8) difference |= load<u64>(one + done) ^ load<u64>(other + done);
  // A loop that ended early compared too little: this counts as a difference.
  return <u32>difference | <u32>(difference >> 32) | (done ^ COMPARED_SIZE);
}

/** 1 for 0, else 0. */
export function isZero(value: u32): u32 {
  return ((value | (0 - value)) >> 31) ^ 1;
}

/** 1 where they are the same, else 0. */
export function isSame(one: u32, other: u32): u32 {
  return isZero(one ^ other);
}

/** 1 where `one` is the smaller, else 0: the difference borrows. */
export function isBelow(one: u32, other: u32): u32 {
  return <u32>((<u64>one - <u64>other) >> 63);
}
