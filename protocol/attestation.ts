// The attestation token of a chip: claims of an EAT (RFC 9711) in CBOR, in a COSE_Sign1 (RFC 9052) with Ed25519.
//
//   [h'a10127', {}, claims, signature]         protected header {1: -8}: EdDSA
//
//   claims   {10: nonce (32 bytes), 256: UEID (17 bytes: type 1, then the serial number), -70001: bootloader, -70002: image}
//
// Measurements are SHA-256 over a module as it was loaded from flash. They have private keys: the measurements of RFC 9711 are documents of formats
// that say more than a chip knows.

import { constantTable, valuesOf } from './constants.ts';

export const attestationSizes = constantTable('ATTESTATION', 'Sizes of an attestation, in bytes.', {
  NONCE: [32, 'What the verifier sent'],
  TOKEN_MAX: [256, 'Room for a token'],
});

export const AttestationSize = valuesOf(attestationSizes);

/** Keys of the claims. */
export const Claim = { NONCE: 10, UEID: 256, BOOTLOADER: -70001, IMAGE: -70002 } as const;
/** First byte of a UEID: what follows is a number that was given at random. */
export const ueidRandom = 1;
/** COSE: the protected header, {algorithm: EdDSA}. */
export const protectedHeader = Uint8Array.of(0xa1, 0x01, 0x27);
/** COSE: what a signature of a COSE_Sign1 begins with. */
export const signatureContext = 'Signature1';
