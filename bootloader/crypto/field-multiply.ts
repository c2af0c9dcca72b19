// Products in the field, written out: this is where verification spends its time.
// Each column k collects the limb products of weight 2^ceil(25.5 k); where both limbs are odd the half bits add up to a
// factor of 2, and columns from 10 on come back as 19 times column k - 10, because 2^255 = 19 (mod p).
//
// Bounds: loose limbs are below 2^28 (even) and 2^27 (odd). Column 0 is the largest: one even product (2^56),
// 38 times five odd ones (2^54) and 19 times four even ones, together below 2^62.97. So i64 never overflows, whatever the signs.
//
// Two carry chains run side by side, from limb 0 and from limb 5, for they are on the path from one product to the next. At
// their ends less than 19 * 2^38 comes back to limb 0 and less than 2^37 to limb 5, so that less than 2^17 moves on
// into limb 1 and 2^12 into limb 6: the result is tight. The assertions at the end check these two bounds: they catch a sum that overflowed and
// most arguments that are not loose. Together with the alignment they cost 1.4 % of a verification.

import { isWithin } from './field';

const EVEN_MASK: i64 = 0x3ffffff;
const ODD_MASK: i64 = 0x1ffffff;

/** out = a * b. The three may be the same element. */
export function fieldMultiply(out: usize, a: usize, b: usize): void {
  assert(((out | a | b) & (sizeof<i32>() - 1)) == 0, 'elements are made of words');
  const f0 = <i64>load<i32>(a, 0);
  const f1 = <i64>load<i32>(a, 4);
  const f2 = <i64>load<i32>(a, 8);
  const f3 = <i64>load<i32>(a, 12);
  const f4 = <i64>load<i32>(a, 16);
  const f5 = <i64>load<i32>(a, 20);
  const f6 = <i64>load<i32>(a, 24);
  const f7 = <i64>load<i32>(a, 28);
  const f8 = <i64>load<i32>(a, 32);
  const f9 = <i64>load<i32>(a, 36);
  const g0 = <i64>load<i32>(b, 0);
  const g1 = <i64>load<i32>(b, 4);
  const g2 = <i64>load<i32>(b, 8);
  const g3 = <i64>load<i32>(b, 12);
  const g4 = <i64>load<i32>(b, 16);
  const g5 = <i64>load<i32>(b, 20);
  const g6 = <i64>load<i32>(b, 24);
  const g7 = <i64>load<i32>(b, 28);
  const g8 = <i64>load<i32>(b, 32);
  const g9 = <i64>load<i32>(b, 36);

  const o0 = f1 * g9 + f3 * g7 + f5 * g5 + f7 * g3 + f9 * g1;
  const h0 = f0 * g0 + 19 * (2 * o0 + f2 * g8 + f4 * g6 + f6 * g4 + f8 * g2);
  const l1 = f2 * g9 + f3 * g8 + f4 * g7 + f5 * g6 + f6 * g5 + f7 * g4 + f8 * g3 + f9 * g2;
  const h1 = f0 * g1 + f1 * g0 + 19 * l1;
  const o2 = f3 * g9 + f5 * g7 + f7 * g5 + f9 * g3;
  const h2 = f0 * g2 + 2 * (f1 * g1) + f2 * g0 + 19 * (2 * o2 + f4 * g8 + f6 * g6 + f8 * g4);
  const l3 = f4 * g9 + f5 * g8 + f6 * g7 + f7 * g6 + f8 * g5 + f9 * g4;
  const h3 = f0 * g3 + f1 * g2 + f2 * g1 + f3 * g0 + 19 * l3;
  const l4 = 2 * (f5 * g9 + f7 * g7 + f9 * g5) + f6 * g8 + f8 * g6;
  const h4 = f0 * g4 + f2 * g2 + f4 * g0 + 2 * (f1 * g3 + f3 * g1) + 19 * l4;
  const l5 = f6 * g9 + f7 * g8 + f8 * g7 + f9 * g6;
  const h5 = f0 * g5 + f1 * g4 + f2 * g3 + f3 * g2 + f4 * g1 + f5 * g0 + 19 * l5;
  const o6 = f1 * g5 + f3 * g3 + f5 * g1;
  const h6 = f0 * g6 + f2 * g4 + f4 * g2 + f6 * g0 + 2 * o6 + 19 * (2 * (f7 * g9 + f9 * g7) + f8 * g8);
  const l7 = f8 * g9 + f9 * g8;
  const h7 = f0 * g7 + f1 * g6 + f2 * g5 + f3 * g4 + f4 * g3 + f5 * g2 + f6 * g1 + f7 * g0 + 19 * l7;
  const o8 = f1 * g7 + f3 * g5 + f5 * g3 + f7 * g1;
  const h8 = f0 * g8 + f2 * g6 + f4 * g4 + f6 * g2 + f8 * g0 + 2 * o8 + 38 * (f9 * g9);
  const l9 = f0 * g9 + f1 * g8 + f2 * g7 + f3 * g6 + f4 * g5;
  const h9 = l9 + f5 * g4 + f6 * g3 + f7 * g2 + f8 * g1 + f9 * g0;

  const c1 = h1 + (h0 >> 26);
  const c6 = h6 + (h5 >> 25);
  const c2 = h2 + (c1 >> 25);
  const c7 = h7 + (c6 >> 26);
  const c3 = h3 + (c2 >> 26);
  const c8 = h8 + (c7 >> 25);
  const c4 = h4 + (c3 >> 25);
  const c9 = h9 + (c8 >> 26);
  const intoLimb5 = c4 >> 26;
  const intoLimb0 = c9 >> 25;
  assert(isWithin(intoLimb5, 37), 'the columns of loose arguments carry less than 2^37 into limb 5');
  assert(isWithin(intoLimb0, 38), 'the columns of loose arguments carry less than 19 * 2^38 into limb 0');
  const c5 = (h5 & ODD_MASK) + intoLimb5;
  const c0 = (h0 & EVEN_MASK) + 19 * intoLimb0;
  store<i32>(out, <i32>(c0 & EVEN_MASK), 0);
  store<i32>(out, <i32>((c1 & ODD_MASK) + (c0 >> 26)), 4);
  store<i32>(out, <i32>(c2 & EVEN_MASK), 8);
  store<i32>(out, <i32>(c3 & ODD_MASK), 12);
  store<i32>(out, <i32>(c4 & EVEN_MASK), 16);
  store<i32>(out, <i32>(c5 & ODD_MASK), 20);
  store<i32>(out, <i32>((c6 & EVEN_MASK) + (c5 >> 25)), 24);
  store<i32>(out, <i32>(c7 & ODD_MASK), 28);
  store<i32>(out, <i32>(c8 & EVEN_MASK), 32);
  store<i32>(out, <i32>(c9 & ODD_MASK), 36);
}

/** out = a * a, in 55 limb products instead of 100. */
export function fieldSquare(out: usize, a: usize): void {
  assert(((out | a) & (sizeof<i32>() - 1)) == 0, 'elements are made of words');
  const f0 = <i64>load<i32>(a, 0);
  const f1 = <i64>load<i32>(a, 4);
  const f2 = <i64>load<i32>(a, 8);
  const f3 = <i64>load<i32>(a, 12);
  const f4 = <i64>load<i32>(a, 16);
  const f5 = <i64>load<i32>(a, 20);
  const f6 = <i64>load<i32>(a, 24);
  const f7 = <i64>load<i32>(a, 28);
  const f8 = <i64>load<i32>(a, 32);
  const f9 = <i64>load<i32>(a, 36);

  const h0 = f0 * f0 + 38 * (f2 * f8 + f4 * f6 + 2 * (f1 * f9 + f3 * f7) + f5 * f5);
  const h1 = 2 * (f0 * f1) + 38 * (f2 * f9 + f3 * f8 + f4 * f7 + f5 * f6);
  const h2 = 2 * (f0 * f2 + f1 * f1) + 19 * (2 * (2 * (f3 * f9 + f5 * f7) + f4 * f8) + f6 * f6);
  const h3 = 2 * (f0 * f3 + f1 * f2) + 38 * (f4 * f9 + f5 * f8 + f6 * f7);
  const h4 = 2 * (f0 * f4 + 2 * (f1 * f3)) + f2 * f2 + 38 * (f6 * f8 + 2 * (f5 * f9) + f7 * f7);
  const h5 = 2 * (f0 * f5 + f1 * f4 + f2 * f3) + 38 * (f6 * f9 + f7 * f8);
  const h6 = 2 * (f0 * f6 + f2 * f4 + 2 * (f1 * f5) + f3 * f3) + 19 * (4 * (f7 * f9) + f8 * f8);
  const h7 = 2 * (f0 * f7 + f1 * f6 + f2 * f5 + f3 * f4) + 38 * (f8 * f9);
  const h8 = 2 * (f0 * f8 + f2 * f6 + 2 * (f1 * f7 + f3 * f5)) + f4 * f4 + 38 * (f9 * f9);
  const h9 = 2 * (f0 * f9 + f1 * f8 + f2 * f7 + f3 * f6 + f4 * f5);

  const c1 = h1 + (h0 >> 26);
  const c6 = h6 + (h5 >> 25);
  const c2 = h2 + (c1 >> 25);
  const c7 = h7 + (c6 >> 26);
  const c3 = h3 + (c2 >> 26);
  const c8 = h8 + (c7 >> 25);
  const c4 = h4 + (c3 >> 25);
  const c9 = h9 + (c8 >> 26);
  const intoLimb5 = c4 >> 26;
  const intoLimb0 = c9 >> 25;
  assert(isWithin(intoLimb5, 37), 'the columns of loose arguments carry less than 2^37 into limb 5');
  assert(isWithin(intoLimb0, 38), 'the columns of loose arguments carry less than 19 * 2^38 into limb 0');
  const c5 = (h5 & ODD_MASK) + intoLimb5;
  const c0 = (h0 & EVEN_MASK) + 19 * intoLimb0;
  store<i32>(out, <i32>(c0 & EVEN_MASK), 0);
  store<i32>(out, <i32>((c1 & ODD_MASK) + (c0 >> 26)), 4);
  store<i32>(out, <i32>(c2 & EVEN_MASK), 8);
  store<i32>(out, <i32>(c3 & ODD_MASK), 12);
  store<i32>(out, <i32>(c4 & EVEN_MASK), 16);
  store<i32>(out, <i32>(c5 & ODD_MASK), 20);
  store<i32>(out, <i32>((c6 & EVEN_MASK) + (c5 >> 25)), 24);
  store<i32>(out, <i32>(c7 & ODD_MASK), 28);
  store<i32>(out, <i32>(c8 & EVEN_MASK), 32);
  store<i32>(out, <i32>(c9 & ODD_MASK), 36);
}
