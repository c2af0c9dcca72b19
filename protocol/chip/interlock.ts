// Interlock latch: what tripped, kept where no reset and no firmware update loses it.

import type { Peripheral } from './svd.ts';

export const interlock: Peripheral = {
  name: 'INTERLOCK',
  base: 0x4002_6000,
  doc: 'Interlock latch. Survives every reset but power-on.',
  registers: [
    {
      name: 'TRIPPED',
      offset: 0x00,
      reset: 0,
      access: 'read-write',
      doc: 'Interlocks that have tripped and were not cleared, by number (protocol/plant/interlocks.ts). A one stays set until CLEAR.',
      fields: [{ name: 'TRIPPED', bits: [31, 0], modifiedWriteValues: 'oneToSet', doc: 'One bit an interlock' }],
    },
    {
      name: 'CLEAR',
      offset: 0x04,
      reset: 0,
      access: 'write-only',
      doc: 'Clears one trip.',
      fields: [
        { name: 'NUMBER', bits: [4, 0], doc: 'Interlock' },
        {
          name: 'KEY',
          bits: [31, 16],
          doc: 'Must be the key, so that a stray write clears no trip',
          values: { KEY: { value: 0x5afe, doc: 'Unlocks the write' } },
        },
      ],
    },
    {
      name: 'COUNT',
      offset: 0x08,
      reset: 0,
      access: 'read-only',
      doc: 'Trips since power-on: bits of TRIPPED that went from zero to one.',
    },
    {
      name: 'VALUE',
      offset: 0x0c,
      reset: 0,
      access: 'read-write',
      doc: 'What the last interlock to trip had measured, in its own unit; written before TRIPPED.',
    },
    {
      name: 'LAST',
      offset: 0x10,
      reset: 0xffff_ffff,
      access: 'read-only',
      doc: 'Number of the last interlock to trip; all ones: none since power-on.',
    },
    {
      name: 'TIME_LOW',
      offset: 0x14,
      reset: 0,
      access: 'read-only',
      doc: 'When that was: nanoseconds since power-on, low word.',
    },
    { name: 'TIME_HIGH', offset: 0x18, reset: 0, access: 'read-only', doc: 'High word.' },
  ],
};
