// Signed digits of a scalar (width-w non-adjacent form): scalar = sum of digit[i] * 2^i, where a digit is 0 or odd and less
// than 2^(w-1) in size, and two that are not 0 stand at least w apart. So a walk over the bits adds only every w+1 bits or
// so, from a table of 2^(w-2) odd multiples.

import { isInRam } from '../../protocol/guest/ram';
import { SCALAR_SIZE } from './scalar';

export const SIGNED_DIGITS: u32 = 256;

const PADDING: usize = 8;

/** The scalar with eight zero bytes behind it, so that a window may be read at any bit. */
const padded: usize = memory.data(<i32>(SCALAR_SIZE + PADDING), 8);

/**
 * Writes SIGNED_DIGITS i8 digits of the 32-byte `scalar`, which must be below 2^253, and returns how many of them matter
 * (one more than the index of the highest that is not 0).
 */
export function signedDigits(out: usize, scalar: usize, width: u32): u32 {
  assert(width >= 2 && width <= 8, 'a digit fits an i8');
  assert(isInRam(out, SIGNED_DIGITS), 'there is room for the digits');
  assert(load<u64>(scalar, 24) < (<u64>1) << 61, 'the scalar leaves room for the last carry');
  memory.copy(padded, scalar, SCALAR_SIZE);
  memory.fill(out, 0, SIGNED_DIGITS);
  let bit: u32 = 0;
  let carry: u32 = 0;
  let count: u32 = 0;
  while (bit < SIGNED_DIGITS) {
    const ahead = load<u32>(padded + (bit >>> 3)) >>> (bit & 7);
    if ((ahead & 1) == carry) {
      bit++;
      continue;
    }
    // The window is odd now, carry included. One in the upper half is taken as negative, and adds 1 to the next.
    const window = (ahead & ((1 << width) - 1)) + carry;
    assert((window & 1) == 1, 'a digit that is not 0 is odd');
    carry = window >>> (width - 1);
    store<i8>(out + bit, <i8>(<i32>window - <i32>(carry << width)));
    count = bit + 1;
    bit += width;
  }
  assert(carry == 0, 'the highest digit is positive');
  assert(count <= SIGNED_DIGITS, 'the highest digit is one of those written');
  return count;
}
