// The field of integers modulo p = 2^255 - 19: layout, bytes, and what is cheap. Products are in field-multiply.ts.
//
//   element, 40 bytes: ten i32 limbs, limb i of weight 2^ceil(25.5 i)
//
//   limb      0    1    2    3    4    5    6    7    8    9
//   bit       0   26   51   77  102  128  153  179  204  230   (255 = 0, times 19)
//   width    26   25   26   25   26   25   26   25   26   25
//
// Limbs are signed and carried late. A *tight* element has limbs within their widths, from 0 up, but for the two that end
// the carry chains: limb 1 may be 2^17 beyond, either way, and limb 6 2^13. Every product is tight. A *loose* one has even
// limbs below 2^28 and odd ones below 2^27 in size; every function here and in field-multiply.ts takes loose arguments.
// So up to three tight elements may be added or subtracted in any way before the next product, without any carry.
//
// Nothing here runs in constant time: a verifier knows no secret.

import { isInRam } from '../../protocol/guest/ram';

export const FIELD_SIZE: usize = 40;
/** Bytes of an element written below p. */
export const FIELD_ENCODED_SIZE: u32 = 32;

const LIMBS: u32 = 10;
const LAST_LIMB: usize = 36;
/** A loose value is within 8 p, so it overflows 2^255 by no more than this, either way. */
const OVERFLOW_MAX: i32 = 8;
const canonical: usize = memory.data(<i32>FIELD_SIZE, 8);
const bytes: usize = memory.data(<i32>FIELD_ENCODED_SIZE, 8);
const difference: usize = memory.data(<i32>FIELD_SIZE, 8);

/** Asserted of elements: limbs are words, and are read as words. */
export function fieldIsAligned(element: usize): bool {
  assert(isInRam(element, <u32>FIELD_SIZE), 'an element is in memory');
  return (element & (sizeof<i32>() - 1)) == 0;
}

/** Asserted of arguments: limbs are within the bounds of a loose element. */
export function fieldIsLoose(element: usize): bool {
  assert(fieldIsAligned(element), 'an element is made of words');
  for (let i: u32 = 0; i < LIMBS; i++) {
    if (!isWithin(load<i32>(element + (i << 2)), 28 - (i & 1))) return false;
  }
  return true;
}

/** Asserted of products: limbs are within the bounds of a tight element. */
export function fieldIsTight(element: usize): bool {
  assert(fieldIsAligned(element), 'an element is made of words');
  for (let i: u32 = 0; i < LIMBS; i++) {
    const slack: i32 = i == 1 ? 1 << 17 : i == 6 ? 1 << 13 : 0;
    const limb = load<i32>(element + (i << 2));
    if (limb < -slack || limb >= (1 << (26 - (i & 1))) + slack) return false;
  }
  return true;
}

/** Whether a number is below 2^bits in size, whatever its sign. */
export function isWithin(value: i64, bits: u32): bool {
  return <u64>(value + ((<i64>1) << bits)) < (<u64>2) << bits;
}

export function fieldSetSmall(out: usize, value: u32): void {
  assert(value < 1 << 26, 'a small value fits limb 0');
  assert(fieldIsAligned(out), 'an element is made of words');
  memory.fill(out, 0, FIELD_SIZE);
  store<u32>(out, value);
}

export function fieldCopy(out: usize, a: usize): void {
  assert(fieldIsAligned(out) && fieldIsAligned(a), 'elements are made of words');
  assert(out != a, 'a copy is another element');
  memory.copy(out, a, FIELD_SIZE);
}

/** out = a + b, limb by limb, without carries: the caller keeps count of the terms. */
export function fieldAdd(out: usize, a: usize, b: usize): void {
  assert(((out | a | b) & (sizeof<i32>() - 1)) == 0, 'elements are made of words');
  store<i32>(out, load<i32>(a, 0) + load<i32>(b, 0), 0);
  store<i32>(out, load<i32>(a, 4) + load<i32>(b, 4), 4);
  store<i32>(out, load<i32>(a, 8) + load<i32>(b, 8), 8);
  store<i32>(out, load<i32>(a, 12) + load<i32>(b, 12), 12);
  store<i32>(out, load<i32>(a, 16) + load<i32>(b, 16), 16);
  store<i32>(out, load<i32>(a, 20) + load<i32>(b, 20), 20);
  store<i32>(out, load<i32>(a, 24) + load<i32>(b, 24), 24);
  store<i32>(out, load<i32>(a, 28) + load<i32>(b, 28), 28);
  store<i32>(out, load<i32>(a, 32) + load<i32>(b, 32), 32);
  store<i32>(out, load<i32>(a, 36) + load<i32>(b, 36), 36);
}

/** out = a - b, limb by limb, without borrows: limbs are signed. */
export function fieldSubtract(out: usize, a: usize, b: usize): void {
  assert(((out | a | b) & (sizeof<i32>() - 1)) == 0, 'elements are made of words');
  store<i32>(out, load<i32>(a, 0) - load<i32>(b, 0), 0);
  store<i32>(out, load<i32>(a, 4) - load<i32>(b, 4), 4);
  store<i32>(out, load<i32>(a, 8) - load<i32>(b, 8), 8);
  store<i32>(out, load<i32>(a, 12) - load<i32>(b, 12), 12);
  store<i32>(out, load<i32>(a, 16) - load<i32>(b, 16), 16);
  store<i32>(out, load<i32>(a, 20) - load<i32>(b, 20), 20);
  store<i32>(out, load<i32>(a, 24) - load<i32>(b, 24), 24);
  store<i32>(out, load<i32>(a, 28) - load<i32>(b, 28), 28);
  store<i32>(out, load<i32>(a, 32) - load<i32>(b, 32), 32);
  store<i32>(out, load<i32>(a, 36) - load<i32>(b, 36), 36);
}

export function fieldNegate(out: usize, a: usize): void {
  assert(fieldIsAligned(out), 'an element is made of words');
  assert(fieldIsLoose(a), 'no limb is the one number that has no opposite');
  for (let i: usize = 0; i < FIELD_SIZE; i += 4) store<i32>(out + i, -load<i32>(a + i));
}

/** Reads 32 little-endian bytes, without bit 255. Takes any value; see fieldBytesAreCanonical. */
export function fieldFromBytes(out: usize, from: usize): void {
  assert(isInRam(from, FIELD_ENCODED_SIZE), 'there are 32 bytes to read');
  store<u32>(out, load<u32>(from, 0) & 0x3ffffff, 0);
  store<u32>(out, (load<u32>(from, 3) >>> 2) & 0x1ffffff, 4);
  store<u32>(out, (load<u32>(from, 6) >>> 3) & 0x3ffffff, 8);
  store<u32>(out, (load<u32>(from, 9) >>> 5) & 0x1ffffff, 12);
  store<u32>(out, load<u32>(from, 12) >>> 6, 16);
  store<u32>(out, load<u32>(from, 16) & 0x1ffffff, 20);
  store<u32>(out, (load<u32>(from, 19) >>> 1) & 0x3ffffff, 24);
  store<u32>(out, (load<u32>(from, 22) >>> 3) & 0x1ffffff, 28);
  store<u32>(out, (load<u32>(from, 25) >>> 4) & 0x3ffffff, 32);
  store<u32>(out, (load<u32>(from, 28) >>> 6) & 0x1ffffff, 36);
  assert(fieldIsTight(out), 'each limb takes the bits of its width');
}

/** Whether the 255-bit number at `from` is below p, so that it is the one encoding of its element. Ignores bit 255. */
export function fieldBytesAreCanonical(from: usize): bool {
  assert(isInRam(from, FIELD_ENCODED_SIZE), 'there are 32 bytes to read');
  const top = load<u64>(from, 24) & (u64.MAX_VALUE >>> 1);
  const ones = load<u64>(from, 8) & load<u64>(from, 16) & (top | ((<u64>1) << 63));
  return ones != u64.MAX_VALUE || load<u64>(from, 0) < u64.MAX_VALUE - 18;
}

/** Writes the one encoding of `a` below p as 32 little-endian bytes. */
export function fieldToBytes(out: usize, a: usize): void {
  assert(isInRam(out, FIELD_ENCODED_SIZE), 'there is room for 32 bytes');
  reduceFully(a);
  const h = canonical;
  store<u32>(out, load<u32>(h, 0) | (load<u32>(h, 4) << 26), 0);
  store<u32>(out, (load<u32>(h, 4) >>> 6) | (load<u32>(h, 8) << 19), 4);
  store<u32>(out, (load<u32>(h, 8) >>> 13) | (load<u32>(h, 12) << 13), 8);
  store<u32>(out, (load<u32>(h, 12) >>> 19) | (load<u32>(h, 16) << 6), 12);
  store<u32>(out, load<u32>(h, 20) | (load<u32>(h, 24) << 25), 16);
  store<u32>(out, (load<u32>(h, 24) >>> 7) | (load<u32>(h, 28) << 19), 20);
  store<u32>(out, (load<u32>(h, 28) >>> 13) | (load<u32>(h, 32) << 12), 24);
  store<u32>(out, (load<u32>(h, 32) >>> 20) | (load<u32>(h, 36) << 6), 28);
  assert(fieldBytesAreCanonical(out), 'what is written is below p');
  assert(load<u8>(out, FIELD_ENCODED_SIZE - 1) < 0x80, 'what is written has no sign bit yet');
}

/** The sign of RFC 8032, 5.1.2: whether the element, written below p, is odd. */
export function fieldIsNegative(a: usize): bool {
  assert(a != bytes, 'the element is not the scratch for its bytes');
  fieldToBytes(bytes, a);
  return (load<u8>(bytes) & 1) != 0;
}

export function fieldIsZero(a: usize): bool {
  fieldToBytes(bytes, a);
  return (load<u64>(bytes, 0) | load<u64>(bytes, 8) | load<u64>(bytes, 16) | load<u64>(bytes, 24)) == 0;
}

export function fieldEquals(a: usize, b: usize): bool {
  assert(a != difference && b != difference, 'neither element is the scratch for their difference');
  fieldSubtract(difference, a, b);
  return fieldIsZero(difference);
}

/** Leaves in `canonical` the limbs of `a` written below p, each within its width. */
function reduceFully(a: usize): void {
  assert(fieldIsLoose(a), 'three passes are enough for a loose element');
  fieldCopy(canonical, a);
  // A loose value is within 8 p; what overflows 2^255 comes back as 19 times itself. The first pass leaves an overflow of
  // a few units, the second of at most one, either way; the third settles it: 0 <= value < 2^255.
  let overflow = carryThrough(0);
  overflow = carryThrough(19 * overflow);
  overflow = carryThrough(19 * overflow);
  assert(overflow == 0, 'three passes bring any loose element below 2^255');
  // Adding 19 overflows exactly when value >= p, and what remains then is value - p.
  if (carryThrough(19) == 0) overflow = carryThrough(-19);
  assert(overflow == 0, 'taking back the 19 just added cannot borrow');
}

/** Adds to limb 0 of `canonical`, brings each limb within its width, and returns what overflows 2^255. */
function carryThrough(addend: i32): i32 {
  assert(abs(addend) <= 19 * OVERFLOW_MAX, 'what comes back is 19 times an overflow');
  let carry = addend;
  for (let i: u32 = 0; i < LIMBS; i++) {
    const width: i32 = 26 - <i32>(i & 1);
    const limb = load<i32>(canonical + (i << 2)) + carry;
    store<i32>(canonical + (i << 2), limb & ((1 << width) - 1));
    carry = limb >> width;
  }
  assert(load<u32>(canonical + LAST_LIMB) < 1 << 25, 'the last limb ends below 2^255');
  assert(abs(carry) <= OVERFLOW_MAX, 'a loose value is within 8 p');
  return carry;
}
