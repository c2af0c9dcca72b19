// Points of edwards25519, -x^2 + y^2 = 1 + d x^2 y^2 over the field, and their addition.
// Formulas: H. Hisil, K. Wong, G. Carter, E. Dawson, "Twisted Edwards Curves Revisited" (2008), for a = -1: addition in 3.1,
// doubling in 3.3. They are complete on this curve (d is no square): no input, not even a doubled or small-order one, is an exception.
//
//   offset       0      40     80     120      bytes, each a field element
//   point        X      Y      Z      T        x = X/Z, y = Y/Z, T = XY/Z
//   completed    E      F      G      H        X = EF, Y = GH, Z = FG, T = EH: a sum before its last products
//   cached       Y+X    Y-X    2dT    2Z       a point prepared to be added often
//   affine       y+x    y-x    2dxy            the same with Z = 1, as in the base table: one product less
//
// Doubling does not read T, and computing it costs a product: only `pointComplete` writes T, `pointCompleteWithoutT` does
// not. All elements of points are tight, those of cached and completed ones sums of at most three: loose.

import { isInRam } from '../../protocol/guest/ram';
import { FIELD_SIZE, fieldAdd, fieldEquals, fieldIsAligned, fieldSetSmall, fieldSubtract } from './field';
import { fieldMultiply, fieldSquare } from './field-multiply';
import { CURVE_2D, CURVE_D } from './generated/curve';

export const POINT_SIZE: usize = 160;
export const AFFINE_SIZE: usize = 120;

export const X: usize = 0;
export const Y: usize = 40;
export const Z: usize = 80;
export const T: usize = 120;

const E: usize = 0;
const F: usize = 40;
const G: usize = 80;
const H: usize = 120;

const PLUS: usize = 0;
const MINUS: usize = 40;
const T2D: usize = 80;
const TWICE_Z: usize = 120;

const a: usize = memory.data(<i32>FIELD_SIZE, 8);
const b: usize = memory.data(<i32>FIELD_SIZE, 8);
const c: usize = memory.data(<i32>FIELD_SIZE, 8);
const d: usize = memory.data(<i32>FIELD_SIZE, 8);

/** Asserted of a point with its T: T Z = X Y, and -X^2 + Y^2 = Z^2 + d T^2. It costs six products, so it is asserted once a verification. */
export function pointIsOnCurve(point: usize): bool {
  assert(isInRam(point, <u32>POINT_SIZE), 'a point is in memory');
  fieldMultiply(a, point + T, point + Z);
  fieldMultiply(b, point + X, point + Y);
  if (!fieldEquals(a, b)) return false;
  fieldSquare(a, point + Y);
  fieldSquare(b, point + X);
  fieldSubtract(a, a, b);
  fieldSquare(b, point + T);
  fieldMultiply(b, b, CURVE_D);
  fieldSquare(c, point + Z);
  fieldAdd(b, b, c);
  return fieldEquals(a, b);
}

/** The neutral element, x = 0, y = 1. */
export function pointSetNeutral(out: usize): void {
  assert(isInRam(out, <u32>POINT_SIZE), 'there is room for a point');
  assert(fieldIsAligned(out), 'elements are made of words');
  memory.fill(out, 0, POINT_SIZE);
  fieldSetSmall(out + Y, 1);
  fieldSetSmall(out + Z, 1);
}

export function pointComplete(out: usize, completed: usize): void {
  assert(out != completed, 'E and H are read after X is written');
  pointCompleteWithoutT(out, completed);
  fieldMultiply(out + T, completed + E, completed + H);
}

export function pointCompleteWithoutT(out: usize, completed: usize): void {
  assert(out != completed, 'E and F are read after X is written');
  fieldMultiply(out + X, completed + E, completed + F);
  fieldMultiply(out + Y, completed + G, completed + H);
  fieldMultiply(out + Z, completed + F, completed + G);
}

/** completed = 2 * point. F and H have the opposite sign of the paper's, which changes all four coordinates and so no point. */
export function pointDouble(completed: usize, point: usize): void {
  assert(completed != point, 'a completed point is another value than the point');
  fieldSquare(a, point + X);
  fieldSquare(b, point + Y);
  fieldSquare(c, point + Z);
  fieldAdd(d, point + X, point + Y);
  fieldSquare(d, d);
  fieldAdd(completed + H, a, b);
  fieldSubtract(completed + E, d, completed + H);
  fieldSubtract(completed + G, b, a);
  fieldAdd(c, c, c);
  fieldSubtract(completed + F, c, completed + G);
}

/** completed = point + other, or point - other, where `other` is cached. */
export function pointAddCached(completed: usize, point: usize, other: usize, subtract: bool): void {
  assert(completed != other, 'a row of the table is not written to');
  assert(isInRam(other, <u32>POINT_SIZE), 'a cached point is in memory');
  fieldMultiply(d, point + Z, other + TWICE_Z);
  addProducts(completed, point, other, subtract);
}

/** completed = point + other, or point - other, where `other` is affine. */
export function pointAddAffine(completed: usize, point: usize, other: usize, subtract: bool): void {
  assert(completed != other, 'a row of the table is not written to');
  assert(isInRam(other, <u32>AFFINE_SIZE), 'an affine point is in memory');
  fieldAdd(d, point + Z, point + Z);
  addProducts(completed, point, other, subtract);
}

/** The part both additions share, once 2 Z1 Z2 is in `d`. -(x, y) is (-x, y): y+x and y-x change places, 2dxy its sign. */
function addProducts(completed: usize, point: usize, other: usize, subtract: bool): void {
  assert(point != other, 'a point and a prepared one are different values');
  assert(T2D + FIELD_SIZE == AFFINE_SIZE && TWICE_Z == AFFINE_SIZE, 'both kinds of prepared points begin alike');
  fieldSubtract(a, point + Y, point + X);
  fieldMultiply(a, a, other + (subtract ? PLUS : MINUS));
  fieldAdd(b, point + Y, point + X);
  fieldMultiply(b, b, other + (subtract ? MINUS : PLUS));
  fieldMultiply(c, point + T, other + T2D);
  fieldSubtract(completed + E, b, a);
  fieldSubtract(completed + (subtract ? G : F), d, c);
  fieldAdd(completed + (subtract ? F : G), d, c);
  fieldAdd(completed + H, b, a);
}

/** Prepares a point, with its T, to be added. */
export function pointCache(cached: usize, point: usize): void {
  assert(cached != point, 'the point is read after the first write');
  assert(isInRam(cached, <u32>POINT_SIZE), 'there is room for a cached point');
  fieldAdd(cached + PLUS, point + Y, point + X);
  fieldSubtract(cached + MINUS, point + Y, point + X);
  fieldMultiply(cached + T2D, point + T, CURVE_2D);
  fieldAdd(cached + TWICE_Z, point + Z, point + Z);
}
