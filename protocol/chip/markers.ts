// Marker outputs.

import type { Peripheral } from './svd.ts';

export const markers: Peripheral = {
  name: 'MARKERS',
  base: 0x4001_2000,
  doc: 'Four marker outputs: those of all sequencers OR-ed. All low while the gate OUTPUTS.DAC is closed.',
  registers: [
    {
      name: 'STATE',
      offset: 0x00,
      reset: 0,
      access: 'read-only',
      doc: 'The outputs, as of now.',
      fields: [{ name: 'MARKERS', bits: [3, 0], doc: 'One bit each' }],
    },
  ],
};
