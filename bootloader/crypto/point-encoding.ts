// Points as 32 bytes: y, with the sign of x in bit 255 (RFC 8032, 5.1.2 and 5.1.3).
// Decoding is strict: each point has exactly one encoding that is accepted.

import { isInRam } from '../../protocol/guest/ram';
import {
  FIELD_ENCODED_SIZE,
  FIELD_SIZE,
  fieldAdd,
  fieldBytesAreCanonical,
  fieldCopy,
  fieldEquals,
  fieldFromBytes,
  fieldIsNegative,
  fieldIsZero,
  fieldNegate,
  fieldSetSmall,
  fieldSubtract,
  fieldToBytes,
} from './field';
import { fieldMultiply, fieldSquare } from './field-multiply';
import { fieldInvert, fieldPowerForRoot } from './field-power';
import { addFlow, FLOW_ENCODED, FLOW_POINT } from './flow';
import { CURVE_D, SQRT_MINUS_ONE } from './generated/curve';
import { POINT_SIZE, pointIsOnCurve, T, X, Y, Z } from './point';

const SIGN_BYTE: usize = 31;

const u: usize = memory.data(<i32>FIELD_SIZE, 8);
const v: usize = memory.data(<i32>FIELD_SIZE, 8);
const root: usize = memory.data(<i32>FIELD_SIZE, 8);
const check: usize = memory.data(<i32>FIELD_SIZE, 8);
const power: usize = memory.data(<i32>FIELD_SIZE, 8);
const affineX: usize = memory.data(<i32>FIELD_SIZE, 8);
const affineY: usize = memory.data(<i32>FIELD_SIZE, 8);

/** Writes the one encoding of `point`; its T is not read. */
export function pointEncode(out: usize, point: usize): void {
  assert(isInRam(out, FIELD_ENCODED_SIZE), 'there is room for 32 bytes');
  assert(isInRam(point, <u32>POINT_SIZE), 'a point is in memory');
  assert(!fieldIsZero(point + Z), 'a point of this curve never has Z = 0');
  fieldInvert(power, point + Z);
  fieldMultiply(affineX, point + X, power);
  fieldMultiply(affineY, point + Y, power);
  fieldToBytes(out, affineY);
  if (fieldIsNegative(affineX)) store<u8>(out + SIGN_BYTE, load<u8>(out + SIGN_BYTE) | 0x80);
  addFlow(FLOW_ENCODED);
}

/**
 * Reads a point, T included. Refuses (false) y not below p, y that belongs to no point, and the sign bit with x = 0;
 * `out` is then undefined.
 */
export function pointDecode(out: usize, from: usize): bool {
  assert(isInRam(from, FIELD_ENCODED_SIZE), 'there are 32 bytes to read');
  assert(isInRam(out, <u32>POINT_SIZE), 'there is room for a point');
  if (!fieldBytesAreCanonical(from)) return false;
  const negative = load<u8>(from + SIGN_BYTE) >= 0x80;
  fieldFromBytes(out + Y, from);
  fieldSetSmall(out + Z, 1);
  // x^2 = u / v with u = y^2 - 1 and v = d y^2 + 1; v is never 0, because -1/d is no square.
  fieldSquare(u, out + Y);
  fieldMultiply(v, u, CURVE_D);
  fieldSubtract(u, u, out + Z);
  fieldAdd(v, v, out + Z);
  if (!squareRootOfRatio()) return false;
  assert(<u32>SIGN_BYTE + 1 == FIELD_ENCODED_SIZE, 'the sign is in the last byte');
  if (fieldIsZero(root) && negative) return false;
  if (fieldIsNegative(root) == negative) fieldCopy(out + X, root);
  else fieldNegate(out + X, root);
  fieldMultiply(out + T, out + X, out + Y);
  assert(pointIsOnCurve(out), 'the root was found, so y belongs to a point');
  addFlow(FLOW_POINT);
  return true;
}

/**
 * root = sqrt(u / v), or false if there is none. The candidate u v^3 (u v^7)^((p-5)/8) has the square u/v, or -u/v and is
 * then mended by sqrt(-1) (RFC 8032, 5.1.3, step 3).
 */
function squareRootOfRatio(): bool {
  assert(!fieldIsZero(v), 'v is never 0, because -1/d is no square');
  fieldSquare(check, v);
  fieldMultiply(check, check, v);
  fieldMultiply(root, check, u);
  fieldSquare(check, check);
  fieldMultiply(check, check, v);
  fieldMultiply(check, check, u);
  fieldPowerForRoot(power, check);
  fieldMultiply(root, root, power);
  fieldSquare(check, root);
  fieldMultiply(check, check, v);
  if (fieldEquals(check, u)) return true;
  fieldAdd(check, check, u);
  if (!fieldIsZero(check)) return false;
  fieldMultiply(root, root, SQRT_MINUS_ONE);
  return true;
}
