// The attestation engine: says, signed with a key that no guest can read, which chip this is and what was loaded into its core.

import type { Peripheral } from './svd.ts';

export const attest: Peripheral = {
  name: 'ATTEST',
  base: 0x4000_f000,
  doc: 'Signs what the chip has measured by itself, with a key from fuses that are on no bus. It signs nothing that a guest has made but the nonce.',
  registers: [
    {
      name: 'COMMAND',
      offset: 0x00,
      reset: 0,
      access: 'write-only',
      doc: 'Makes TOKEN of the measurements and NONCE; the core stalls until it is there (100 µs).',
      fields: [{ name: 'SIGN', bits: [0, 0], doc: 'Must be one', values: { SIGN: { value: 1, doc: 'Sign' } } }],
    },
    {
      name: 'LENGTH',
      offset: 0x04,
      reset: 0,
      access: 'read-only',
      doc: 'Bytes of TOKEN; 0 before the first command.',
    },
    { name: 'NONCE', offset: 0x20, count: 8, reset: 0, access: 'read-write', doc: 'What the verifier sent, 32 bytes.' },
    {
      name: 'MEASUREMENT',
      offset: 0x40,
      count: 16,
      reset: 0,
      access: 'read-only',
      doc: 'SHA-256 of the module that was loaded out of reset, and of the one that was handed over to (zeros before that), as they were in flash.',
    },
    {
      name: 'TOKEN',
      offset: 0x100,
      count: 64,
      reset: 0,
      access: 'read-only',
      doc: 'The token, a COSE_Sign1 (protocol/attestation.ts), least significant byte first.',
    },
  ],
};
