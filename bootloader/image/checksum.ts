// A sum over the bytes of an image that is cheap enough to be made twice. It proves no origin. It shows that two readings of flash were the
// same: the bytes that SHA-256 read when the image was verified are those that are there when it is handed over.

import { isInRam } from '../../protocol/guest/ram';

const PRIME: u64 = 0x100000001b3;

/** The sum `before`, and `length` bytes behind those it covers. Pieces but the last are multiples of 8. */
export function addToChecksum(before: u64, bytes: usize, length: u32): u64 {
  assert(isInRam(bytes, length), 'the bytes are in memory');
  assert((bytes & 7) == 0, 'a piece begins on a word');
  let sum = before;
  let done: u32 = 0;
  // Four words a turn: the counting of a loop with one word a turn was a third of its time, 1.4 % of the verification of a full slot.
  for (; done + 32 <= length; done += 32) {
    sum = (sum ^ load<u64>(bytes + done, 0)) * PRIME;
    sum = (sum ^ load<u64>(bytes + done, 8)) * PRIME;
    sum = (sum ^ load<u64>(bytes + done, 16)) * PRIME;
    sum = (sum ^ load<u64>(bytes + done, 24)) * PRIME;
  }
  for (; done + 8 <= length; done += 8) sum = (sum ^ load<u64>(bytes + done)) * PRIME;
  for (; done < length; done++) sum = (sum ^ <u64>load<u8>(bytes + done)) * PRIME;
  assert(done == length, 'every byte is in the sum');
  return sum + done;
}
