// What tests and benchmarks compile: the public functions, the parts worth testing alone, and memory to call them with.
// No guest imports this file.

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
export const SLOTS: usize = memory.data(4096, 8);
export const MESSAGE: usize = memory.data(65536, 8);
