// What tests and benchmarks compile: the public functions, the parts worth testing alone, and memory to call them with.
// No guest imports this file.

import { ed25519Verify } from './ed25519';
import { sha256 } from './sha256';

export { ed25519Verify } from './ed25519';
export { fieldAdd, fieldBytesAreCanonical, fieldFromBytes, fieldNegate, fieldSubtract, fieldToBytes } from './field';
export { fieldMultiply, fieldSquare } from './field-multiply';
export { fieldInvert } from './field-power';
export { pointDecode, pointEncode } from './point-encoding';
export { scalarIsCanonical, scalarReduce } from './scalar';
export { SHA256_CONTEXT_SIZE, sha256, sha256Final, sha256Init, sha256Update } from './sha256';
export { SHA512_CONTEXT_SIZE, sha512, sha512Final, sha512Init, sha512Update } from './sha512';
export { signedDigits } from './signed-digits';

/** 16 slots of 256 bytes for operands and results, then 64 KiB for messages. */
export const SLOT_SIZE: usize = 256;
const SLOT_COUNT: usize = 16;
const MESSAGE_SIZE: usize = 65536;
export const SLOTS: usize = memory.data(<i32>(SLOT_COUNT * SLOT_SIZE), 8);
export const MESSAGE: usize = memory.data(<i32>MESSAGE_SIZE, 8);

// With these it is an image as well, which the core checks, meters and runs. Operands are where ed25519Verify and sha256 are
// called with them by hand: slot 0 key, slot 1 signature, slot 2 the message's length, slot 3 what comes out.
export const VERIFY_LINE: u32 = 1;
export const SHA256_LINE: u32 = 2;

export function reset(): void {
  store<u32>(SLOTS + 3 * SLOT_SIZE, 0);
}

export function interrupt(lines: u32): void {
  assert(lines == VERIFY_LINE || lines == SHA256_LINE, 'one operation a call');
  const length = load<u32>(SLOTS + 2 * SLOT_SIZE);
  const out = SLOTS + 3 * SLOT_SIZE;
  if (lines == SHA256_LINE) sha256(MESSAGE, length, out);
  else store<u32>(out, ed25519Verify(SLOTS, MESSAGE, length, SLOTS + SLOT_SIZE) ? 1 : 0);
}
