// SMP group 70: what the attestation engine of the chip signs. It is ours; other clients list it by ENUM and pass it by.
//
//   TOKEN   read   {nonce: bytes}   {token: bytes}     nonce: 32 bytes, new for each request; token: protocol/attestation.ts
//
// Safe mode does not have this group: without an image that was handed over to there is nothing to vouch for.

import { constantTable, valuesOf, withCount } from '../constants.ts';

export const attestationCommands = constantTable(
  'ATTCMD',
  'Commands of the ATTESTATION group.',
  withCount({ TOKEN: [0, 'A token about this nonce'] }),
);

export const AttestationCommand = valuesOf(attestationCommands);
