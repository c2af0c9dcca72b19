// Calculations of the second instruction set: each gives its result and leaves the flags it is said to leave (protocol/q1/second-set.ts).
//
// What must stay true: flags are four bits, and a calculation sets all of them, those it has no use for to zero.

import { ALU_FLAGS } from './core';

/** Zero, negative, carry, overflow. */
export const ZF: u32 = 1;
export const NF: u32 = 2;
export const CF: u32 = 4;
export const OF: u32 = 8;

const WORD_BITS: u32 = 32;
const HALF: u32 = 0xffff;

function setFlags(core: usize, result: u32, carry: u32, overflow: u32): u32 {
  assert(carry <= 1, 'a carry is one bit');
  assert(overflow <= 1, 'an overflow is one bit');
  const zeroAndSign = (result == 0 ? ZF : 0) | ((result >> 31) * NF);
  assert(zeroAndSign <= NF, 'no result is zero and negative');
  store<u32>(core, zeroAndSign | (carry * CF) | (overflow * OF), ALU_FLAGS);
  return result;
}

/** A result without carry and overflow. */
export function plain(core: usize, result: u32): u32 {
  return setFlags(core, result, 0, 0);
}

export function sum(core: usize, a: u32, b: u32): u32 {
  const result = a + b;
  assert(result - b == a, 'a sum that wraps is still the sum modulo 2^32');
  return setFlags(core, result, result < a ? 1 : 0, ((a ^ result) & (b ^ result)) >> 31);
}

export function difference(core: usize, a: u32, b: u32): u32 {
  const result = a - b;
  assert(result + b == a, 'a difference that wraps is still the difference modulo 2^32');
  return setFlags(core, result, a < b ? 1 : 0, ((a ^ b) & (a ^ result)) >> 31);
}

/** The last bit that a shift by `by` moves out of a word, counted from the end where bits leave. */
function lastOut(bits: u32, by: u32): u32 {
  const bit = by - 1 < WORD_BITS ? (bits >> (by - 1)) & 1 : 0;
  assert(bit <= 1, 'one bit');
  assert(bits != 0 || bit == 0, 'a word of zeros has no other bits');
  return bit;
}

export function shiftedLeft(core: usize, a: u32, by: u32): u32 {
  const result = by < WORD_BITS ? a << by : 0;
  const carry = by - 1 < WORD_BITS ? (a >> (WORD_BITS - by)) & 1 : 0;
  assert(by != 0 || result == a, 'by nothing it stays as it is');
  assert(by < WORD_BITS || result == 0, 'everything is shifted out');
  return setFlags(core, result, carry, (a ^ result) >> 31);
}

export function shiftedRight(core: usize, a: u32, by: u32): u32 {
  const result = by < WORD_BITS ? a >> by : 0;
  assert(result <= a, 'zeros come in');
  assert(by != 0 || result == a, 'by nothing it stays as it is');
  return setFlags(core, result, lastOut(a, by), 0);
}

/** An arithmetic shift: copies of the sign come in. */
export function signShiftedRight(core: usize, a: u32, by: u32): u32 {
  const result = <u32>(<i32>a >> <i32>min(by, WORD_BITS - 1));
  assert(result >> 31 == a >> 31, 'the sign stays');
  assert(by < WORD_BITS || result == 0 || result == u32.MAX_VALUE, 'nothing but signs is left');
  return setFlags(core, result, lastOut(a, by), 0);
}

export function halfProduct(core: usize, a: u32, b: u32): u32 {
  assert(<u64>(a & HALF) * <u64>(b & HALF) <= <u64>u32.MAX_VALUE, 'a product of halves is a word');
  return plain(core, (a & HALF) * (b & HALF));
}

export function signedHalfProduct(core: usize, a: u32, b: u32): u32 {
  return plain(core, <u32>(<i32>(<i16>a) * <i32>(<i16>b)));
}

/** The flags are those of the whole product. */
export function product(core: usize, a: u32, b: u32): u64 {
  return wholeProduct(core, <u64>a * <u64>b);
}

export function signedProduct(core: usize, a: u32, b: u32): u64 {
  const result = <i64>(<i32>a) * <i64>(<i32>b);
  assert((a != 0 && b != 0) || result == 0, 'a product with zero is zero');
  return wholeProduct(core, <u64>result);
}

function wholeProduct(core: usize, result: u64): u64 {
  const flags = (result == 0 ? ZF : 0) | (<u32>(result >> 63) * NF);
  assert(flags <= NF, 'no product is zero and negative, and none has carry or overflow');
  assert(flags != 0 || result != 0, 'a product without flags is not zero');
  store<u32>(core, flags, ALU_FLAGS);
  return result;
}
