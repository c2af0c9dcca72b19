// The two fixed powers Ed25519 needs, by the addition chain both exponents share: z^(2^250 - 1) costs 249 squarings and
// ten products, because z^(2^2n - 1) = (z^(2^n - 1))^(2^n) * z^(2^n - 1).

import { FIELD_SIZE, fieldIsLoose, fieldIsTight } from './field';
import { fieldMultiply, fieldSquare } from './field-multiply';

/** Ones in the longest piece that the addition chain appends. */
const LONGEST_TAIL: u32 = 100;

const z11: usize = memory.data(<i32>FIELD_SIZE, 8);
const ones: usize = memory.data(<i32>FIELD_SIZE, 8);
const ones10: usize = memory.data(<i32>FIELD_SIZE, 8);
const ones50: usize = memory.data(<i32>FIELD_SIZE, 8);
const shifted: usize = memory.data(<i32>FIELD_SIZE, 8);

/** out = z^(p-2) = 1/z (Fermat), and 0 for z = 0; p - 2 = 2^255 - 21. */
export function fieldInvert(out: usize, z: usize): void {
  raiseToOnes250(z);
  squareTimes(shifted, ones, 5);
  fieldMultiply(out, shifted, z11);
  assert(fieldIsTight(out), 'a product is tight');
}

/** out = z^((p-5)/8), from which square roots are made (RFC 8032, 5.1.3); (p-5)/8 = 2^252 - 3. */
export function fieldPowerForRoot(out: usize, z: usize): void {
  assert(out != z, 'z is needed to the end');
  raiseToOnes250(z);
  squareTimes(shifted, ones, 2);
  fieldMultiply(out, shifted, z);
  assert(fieldIsTight(out), 'a product is tight');
}

/** Leaves z^(2^250 - 1), an exponent of 250 ones, in `ones`, and z^11 in `z11`. */
function raiseToOnes250(z: usize): void {
  assert(fieldIsLoose(z), 'a product takes loose arguments');
  assert(z != ones && z != z11 && z != shifted, 'z is none of the elements that are written before its last use');
  fieldSquare(ones, z);
  squareTimes(shifted, ones, 2);
  fieldMultiply(shifted, shifted, z);
  fieldMultiply(z11, shifted, ones);
  fieldSquare(ones, z11);
  fieldMultiply(ones, ones, shifted);
  appendOnes(5, ones);
  memory.copy(ones10, ones, FIELD_SIZE);
  appendOnes(10, ones10);
  appendOnes(20, ones);
  appendOnes(10, ones10);
  memory.copy(ones50, ones, FIELD_SIZE);
  appendOnes(50, ones50);
  appendOnes(100, ones);
  appendOnes(50, ones50);
}

/** Lengthens the exponent of `ones` by `count` ones; `tail` is z to the power of as many ones. */
function appendOnes(count: u32, tail: usize): void {
  assert(count <= LONGEST_TAIL, 'the longest tail of the chain has 100 ones');
  assert(tail != shifted, 'the tail is read after `shifted` is written');
  squareTimes(shifted, ones, count);
  fieldMultiply(ones, shifted, tail);
}

/** out = a^(2^count). */
function squareTimes(out: usize, a: usize, count: u32): void {
  assert(count > 0, 'at least one squaring');
  assert(count <= LONGEST_TAIL, 'no step of the chain is longer');
  fieldSquare(out, a);
  for (let i: u32 = 1; i < count; i++) fieldSquare(out, out);
}
