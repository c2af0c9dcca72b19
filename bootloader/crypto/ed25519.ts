// Ed25519 verification (RFC 8032, 5.1.7), as a root of trust wants it: one signature, one answer, the same everywhere.
//
// Accepted is a signature R | S for the key A and the message M if and only if
//   - S < L                          else anybody could add L to S and have a second signature for the same image;
//   - A is canonical                 y < p, y is on the curve, and no sign bit with x = 0;
//   - A is not of small order        eight such points exist, and under them one signature fits many messages. The keys of a
//                                    bootloader come from fuses that we burn: such a key is a mistake or an attack;
//   - encode(S B - k A) = R          as bytes, with k = SHA-512(R | A | M) mod L.
//
// The equation is the cofactorless one: it is not multiplied by 8. So it is the stricter of the two RFC 8032 allows, is what
// imgtool's cryptography, OpenSSL and libsodium compute, and, R being compared as bytes, refuses every R that is not
// canonical without decoding it. Where verifiers are known to differ, this one is at the strict end.

import { isInRam } from '../../protocol/guest/ram';
import { doubleScalarMultiply } from './double-scalar';
import { FIELD_ENCODED_SIZE, fieldIsZero, fieldNegate } from './field';
import { addFlow, FLOW_CHALLENGE } from './flow';
import { POINT_SIZE, pointComplete, pointDouble, T, X } from './point';
import { pointDecode, pointEncode } from './point-encoding';
import { SCALAR_SIZE, scalarIsCanonical, scalarReduce } from './scalar';
import { SHA512_CONTEXT_SIZE, SHA512_DIGEST_SIZE, sha512Final, sha512Init, sha512Update } from './sha512';

export const ED25519_KEY_SIZE: u32 = 32;
export const ED25519_SIGNATURE_SIZE: u32 = 64;

/** Of the signature: R, then S. */
const HALF: u32 = ED25519_SIGNATURE_SIZE / 2;

const hash: usize = memory.data(<i32>SHA512_CONTEXT_SIZE, 8);
const digest: usize = memory.data(<i32>SHA512_DIGEST_SIZE, 8);
const k: usize = memory.data(<i32>SCALAR_SIZE, 8);
const keyPoint: usize = memory.data(<i32>POINT_SIZE, 8);
const multiple: usize = memory.data(<i32>POINT_SIZE, 8);
const completed: usize = memory.data(<i32>POINT_SIZE, 8);
const encoded: usize = memory.data(<i32>HALF, 8);

/**
 * Whether the 64 bytes at `signature` sign the message under the 32 bytes at `publicKey`. The caller has checked that the
 * bytes are there; any content is allowed. The time that it takes depends on the data, which is public.
 */
export function ed25519Verify(publicKey: usize, message: usize, messageLength: u32, signature: usize): bool {
  assert(isInRam(publicKey, ED25519_KEY_SIZE), 'there is a whole key');
  assert(isInRam(signature, ED25519_SIGNATURE_SIZE), 'there is a whole signature');
  assert(isInRam(message, messageLength), 'the message is in memory');
  const s = signature + HALF;
  memory.fill(encoded, 0, HALF);
  memory.fill(k, 0, HALF);
  if (!scalarIsCanonical(s)) return false;
  if (!pointDecode(keyPoint, publicKey)) return false;
  if (isSmallOrder(keyPoint)) return false;
  ed25519Challenge(k, signature, publicKey, message, messageLength);
  addFlow(FLOW_CHALLENGE);
  fieldNegate(keyPoint + X, keyPoint + X);
  fieldNegate(keyPoint + T, keyPoint + T);
  doubleScalarMultiply(multiple, s, k, keyPoint);
  pointEncode(encoded, multiple);
  return memory.compare(encoded, signature, HALF) == 0;
}

/** R' as the last verification computed it: 32 bytes. */
export function ed25519Point(): usize {
  assert(HALF == FIELD_ENCODED_SIZE, 'R is a point, and as long as one');
  return encoded;
}

/** k as the last verification used it: 32 bytes. */
export function ed25519Scalar(): usize {
  return k;
}

/** out = SHA-512(R | A | M) mod L, where `signature` begins with R. */
export function ed25519Challenge(
  out: usize,
  signature: usize,
  publicKey: usize,
  message: usize,
  messageLength: u32,
): void {
  assert(isInRam(out, <u32>SCALAR_SIZE), 'there is room for a scalar');
  assert(isInRam(signature, HALF) && isInRam(publicKey, HALF), 'R and the key are in memory');
  assert(signature != digest && publicKey != digest && message != digest, 'no part of the message is the digest');
  sha512Init(hash);
  sha512Update(hash, signature, HALF);
  sha512Update(hash, publicKey, HALF);
  sha512Update(hash, message, messageLength);
  sha512Final(hash, digest);
  scalarReduce(out, digest);
}

/** Small order means 8 A is the neutral element: 4 A is then it or the point (0, -1) of order 2, the only ones with x = 0. */
function isSmallOrder(point: usize): bool {
  assert(POINT_SIZE == 160, 'the scratch below holds a point');
  assert(point != multiple && point != completed, 'the point is none of the scratch points');
  pointDouble(completed, point);
  pointComplete(multiple, completed);
  pointDouble(completed, multiple);
  pointComplete(multiple, completed);
  return fieldIsZero(multiple + X);
}
