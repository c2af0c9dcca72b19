// Numbers with a binary point that floats, by integers: mantissa times a power of two. For the few calculations whose range no fixed point has.
//
//   i64 = mantissa << 32 | exponent        value = mantissa * 2^exponent;  2^30 <= |mantissa| < 2^31, or both are 0
//
// A result is rounded to 31 bits: 2.4e-10, relative. What must stay true: every number here is normal; exponents stay far from their ends, because what a
// guest calculates with has at most a few hundred bits.

const MANTISSA_BITS: i32 = 31;
const EXPONENT_MOST: i32 = 1 << 20;
const LEAST: i64 = 1 << 30;
export const LOG_BITS: i32 = 16;

export const SCALED_ZERO: i64 = 0;

/** value * 2^exponent. */
export function scaled(value: i64, exponent: i32): i64 {
  assert(exponent < EXPONENT_MOST && exponent > -EXPONENT_MOST, 'an exponent far from its ends');
  if (value == 0) return SCALED_ZERO;
  const size = value < 0 ? 0 - <u64>value : <u64>value;
  let shift = 64 - MANTISSA_BITS - <i32>clz(size);
  let mantissa = shift > 0 ? (size + ((<u64>1) << (shift - 1))) >> shift : size << -shift;
  // Rounded up to the next power of two.
  if (mantissa == (<u64>LEAST) << 1) {
    mantissa >>= 1;
    shift++;
  }
  assert(mantissa >= <u64>LEAST && mantissa < (<u64>LEAST) << 1, 'a mantissa is normal');
  const signed = value < 0 ? -(<i64>mantissa) : <i64>mantissa;
  return (signed << 32) | (<i64>(exponent + shift) & 0xffff_ffff);
}

/** A number of 96 bits in two's complement. */
export function scaledWide(low: u64, high: i32): i64 {
  const isBelow = high < 0;
  // The size, in which nothing cancels.
  const sizeLow = isBelow ? 0 - low : low;
  const sizeHigh: u64 = isBelow ? <u64>~(<i64>high) + (low == 0 ? 1 : 0) : <u64>high;
  assert(sizeHigh <= (<u64>1) << 31, 'a number of 96 bits');
  const upper = <i64>((sizeHigh << 32) | (sizeLow >> 32));
  const size = plus(scaled(upper, 32), scaled(<i64>(sizeLow & 0xffff_ffff), 0));
  assert(size >= 0, 'a size has no sign');
  return isBelow ? negative(size) : size;
}

function mantissaOf(a: i64): i64 {
  assert(a == 0 || abs(a >> 32) >= LEAST, 'a number that was made here');
  return a >> 32;
}

function exponentOf(a: i64): i32 {
  assert(<i32>a < EXPONENT_MOST && <i32>a > -EXPONENT_MOST, 'an exponent far from its ends');
  return <i32>a;
}

export function isNegative(a: i64): bool {
  assert(a != 0 || mantissaOf(a) == 0, 'zero has no sign');
  return mantissaOf(a) < 0;
}

export function negative(a: i64): i64 {
  return a == 0 ? a : (-mantissaOf(a) << 32) | (a & 0xffff_ffff);
}

export function times(a: i64, b: i64): i64 {
  const product = mantissaOf(a) * mantissaOf(b);
  assert(product > i64.MIN_VALUE, 'two mantissas fit 62 bits');
  return product == 0 ? SCALED_ZERO : scaled(product, exponentOf(a) + exponentOf(b));
}

export function over(a: i64, b: i64): i64 {
  assert(b != 0, 'a divisor is not zero');
  if (a == 0) return SCALED_ZERO;
  const quotient = (mantissaOf(a) << 31) / mantissaOf(b);
  assert(quotient != 0, 'a quotient of normal mantissas is none');
  return scaled(quotient, exponentOf(a) - exponentOf(b) - 31);
}

export function plus(a: i64, b: i64): i64 {
  if (a == 0 || b == 0) return a | b;
  const isFirst = exponentOf(a) >= exponentOf(b);
  const large = isFirst ? a : b;
  const small = isFirst ? b : a;
  const apart = exponentOf(large) - exponentOf(small);
  assert(apart >= 0, 'the larger exponent is that of the larger one');
  if (apart > 62) return large;
  const sum = (mantissaOf(large) << 31) + ((mantissaOf(small) << 31) >> apart);
  assert(abs(sum) >= 0, 'both fit 62 bits, and their sum 63');
  return scaled(sum, exponentOf(large) - 31);
}

export function minus(a: i64, b: i64): i64 {
  assert(b == 0 || isNegative(negative(b)) != isNegative(b), 'a number and its negative have two signs');
  return plus(a, negative(b));
}

/** a * 2^bits as an integer, rounded; it must fit. */
export function wholeOf(a: i64, bits: i32): i64 {
  const shift = exponentOf(a) + bits;
  assert(a == 0 || shift <= 32, 'it fits an i64');
  if (shift >= 0) return mantissaOf(a) << shift;
  if (shift < -62) return 0;
  assert(shift < 0, 'bits are left out');
  assert(abs(mantissaOf(a)) < LEAST << 1, 'a mantissa of 31 bits can be rounded');
  return (mantissaOf(a) + ((<i64>1) << (-shift - 1))) >> -shift;
}

/** Logarithm to base 2 of a positive number, in 1/65536. */
export function logOf(a: i64): i32 {
  assert(a != 0 && !isNegative(a), 'a positive number');
  let square = (<u64>mantissaOf(a)) << 1;
  let log = exponentOf(a) + 30;
  assert(abs(log) < 1 << (31 - LOG_BITS), 'a logarithm has room for its fraction');
  // 1 <= x < 2 in 1/2^31: squared, it tells the next bit.
  for (let bit = 0; bit < LOG_BITS; bit++) {
    square = (square * square) >> 31;
    log <<= 1;
    if (square >= (<u64>1) << 32) {
      square >>= 1;
      log |= 1;
    }
    assert(square >= (<u64>1) << 31 && square < (<u64>1) << 32, 'between 1 and 2');
  }
  return log;
}
