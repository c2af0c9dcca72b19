// Numbers modulo L = 2^252 + 27742317777372353535851937790883648493, the order of the base point (RFC 8032, 5.1).

import { isInRam } from '../../protocol/guest/ram';
import { ORDER, ORDER_TAIL } from './generated/curve';

export const SCALAR_SIZE: usize = 32;

// Digits of 28 bits, because 252 = 9 * 28: whatever reaches digit 9 is a multiple of 2^252 = -ORDER_TAIL (mod L).
const DIGIT_BITS: i64 = 28;
const DIGIT_MASK: i64 = 0xfffffff;
const DIGITS: usize = 9;
const TAIL_DIGITS: usize = 5;
/** 512 bits are 19 digits, the last of eight bits. */
const WIDE_DIGITS: usize = 19;

const REMAINDER_SIZE: usize = (DIGITS + 1) * sizeof<i64>();

/** The remainder so far: nine digits and a tenth that is folded away, each an i64. */
const remainder: usize = memory.data(<i32>REMAINDER_SIZE, 8);

/** Whether the 32 bytes at `scalar` are a number below L. */
export function scalarIsCanonical(scalar: usize): bool {
  assert(isInRam(scalar, <u32>SCALAR_SIZE), 'there are 32 bytes to read');
  for (let i: usize = 32; i > 0; i -= 8) {
    const word = load<u64>(scalar + i - 8);
    const limit = load<u64>(ORDER + i - 8);
    if (word != limit) return word < limit;
  }
  return false;
}

/** Writes to the 32 bytes at `out` the 64-byte number at `wide`, modulo L. */
export function scalarReduce(out: usize, wide: usize): void {
  assert(isInRam(out, <u32>SCALAR_SIZE), 'there is room for 32 bytes');
  assert(isInRam(wide, 2 * <u32>SCALAR_SIZE), 'there are 64 bytes to read');
  memory.fill(remainder, 0, REMAINDER_SIZE);
  for (let i = WIDE_DIGITS; i > 0; i--) {
    setDigit(DIGITS, (digit(DIGITS) << DIGIT_BITS) + digit(DIGITS - 1));
    for (let j = DIGITS - 1; j > 0; j--) setDigit(j, digit(j - 1));
    setDigit(0, wideDigit(wide, i - 1));
    foldTop();
  }
  store<i64>(out, digit(0) | (digit(1) << 28) | (digit(2) << 56), 0);
  store<i64>(out, (digit(2) >> 8) | (digit(3) << 20) | (digit(4) << 48), 8);
  store<i64>(out, (digit(4) >> 16) | (digit(5) << 12) | (digit(6) << 40), 16);
  store<i64>(out, (digit(6) >> 24) | (digit(7) << 4) | (digit(8) << 32) | (digit(9) << 60), 24);
  assert(scalarIsCanonical(out), 'a remainder is below L');
}

function digit(index: usize): i64 {
  assert(index <= DIGITS, 'nine digits, and the one that is folded away');
  return load<i64>(remainder + (index << 3));
}

function setDigit(index: usize, value: i64): void {
  assert(index <= DIGITS, 'nine digits, and the one that is folded away');
  store<i64>(remainder + (index << 3), value);
}

/** Digit `index` of the 64-byte number; the last word is read from byte 56, so that no byte beyond is. */
function wideDigit(wide: usize, index: usize): i64 {
  assert(index < WIDE_DIGITS, 'a digit of the 64-byte number');
  const bit = index * 28;
  const from = min<usize>(bit >>> 3, 56);
  assert(bit - (from << 3) < 64, 'the digit begins in the word that is read');
  return <i64>((load<u64>(wide + from) >>> <u64>(bit - (from << 3))) & 0xfffffff);
}

/** Replaces top * 2^252 by -top * ORDER_TAIL. The top is below 2^29 and the tail below 2^125, so one L makes up any borrow. */
function foldTop(): void {
  const top = digit(DIGITS);
  assert(top >= 0 && top < 1 << 29, 'the remainder was below L before it was shifted');
  assert(DIGITS * <usize>DIGIT_BITS == 252, 'the digit above all others counts multiples of 2^252');
  setDigit(DIGITS, 0);
  for (let i: usize = 0; i < TAIL_DIGITS; i++) setDigit(i, digit(i) - top * load<i64>(ORDER_TAIL + (i << 3)));
  if (carryDigits() == 0) return;
  for (let i: usize = 0; i < TAIL_DIGITS; i++) setDigit(i, digit(i) + load<i64>(ORDER_TAIL + (i << 3)));
  // The 2^252 of L makes up the borrow; its tail may carry into digit 9, for L itself is above 2^252.
  const carry = carryDigits();
  setDigit(DIGITS, carry);
  assert(carry == 0 || carry == 1, 'adding L cannot carry further');
}

/** Brings the nine digits within 28 bits and returns what overflows 2^252, negative for a borrow. */
function carryDigits(): i64 {
  let carry: i64 = 0;
  for (let i: usize = 0; i < DIGITS; i++) {
    const value = digit(i) + carry;
    setDigit(i, value & DIGIT_MASK);
    carry = value >> DIGIT_BITS;
  }
  assert(carry >= -1 && carry <= 1, 'a multiple of the tail is far below 2^252, so it borrows or carries one at most');
  return carry;
}
