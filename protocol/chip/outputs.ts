// Output gates: what drives the world outside the chip does so only while its gate here is open.

import type { Field, Peripheral } from './svd.ts';

/** One bit each, at the same place in every register. */
const gates: Field[] = [
  { name: 'HEATERS', bits: [0, 0], doc: 'Heaters; closed: no current flows' },
  { name: 'DAC', bits: [1, 1], doc: 'Waveform outputs and markers; closed: muted, markers low' },
  { name: 'MULTIPLEXER', bits: [2, 2], doc: 'Multiplexer; closed: parked, every sample-and-hold cell left alone' },
];

export const outputs: Peripheral = {
  name: 'OUTPUTS',
  base: 0x4000_a000,
  doc: 'Output gates. A closed gate holds its outputs in the safe state, whatever the registers of the peripheral behind it say. Every reset closes all. Opening one takes a key; closing takes none, so that safety is one plain write.',
  registers: [
    {
      name: 'ENABLE',
      offset: 0x00,
      reset: 0,
      access: 'write-only',
      doc: 'Opens the gates whose bits are ones, and leaves the others as they are.',
      fields: [
        ...gates,
        {
          name: 'KEY',
          bits: [31, 16],
          doc: 'Must be the key, so that a stray write opens no gate',
          values: { KEY: { value: 0x0a7e, doc: 'Unlocks the write' } },
        },
      ],
    },
    {
      name: 'DISABLE',
      offset: 0x04,
      reset: 0,
      access: 'write-only',
      doc: 'Closes the gates whose bits are ones, and leaves the others as they are.',
      fields: gates,
    },
    {
      name: 'STATE',
      offset: 0x08,
      reset: 0,
      access: 'read-only',
      doc: 'The gates: one is open.',
      fields: gates,
    },
  ],
};
