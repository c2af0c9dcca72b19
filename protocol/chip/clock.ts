// Clock: two references, one phase-locked loop, and an oscillator of its own that keeps the core alive without either.

import { Reference } from '../plant/places.ts';
import type { Peripheral } from './svd.ts';

export const clock: Peripheral = {
  name: 'CLOCK',
  base: 0x4002_3000,
  doc: 'Clock. The sequencers run from the loop, locked to the reference selected; the management core runs on any source that is there.',
  interrupt: { line: 14, doc: 'The loop has lost its lock' },
  registers: [
    {
      name: 'SELECT',
      offset: 0x00,
      reset: 0,
      access: 'read-write',
      doc: 'Reference the loop follows; it locks within 200 us of a reference that is there.',
      fields: [
        {
          name: 'REFERENCE',
          bits: [0, 0],
          doc: 'Reference',
          values: {
            PRIMARY: { value: Reference.PRIMARY, doc: 'From the rack' },
            SECONDARY: { value: Reference.SECONDARY, doc: 'The second line' },
          },
        },
      ],
    },
    {
      name: 'STATUS',
      offset: 0x04,
      reset: 0,
      access: 'read-only',
      doc: 'State of references and loop.',
      fields: [
        { name: 'PRIMARY', bits: [0, 0], doc: 'The primary reference is there' },
        { name: 'SECONDARY', bits: [1, 1], doc: 'The secondary reference is there' },
        { name: 'LOCKED', bits: [2, 2], doc: 'The loop is locked' },
      ],
    },
    {
      name: 'LOST',
      offset: 0x08,
      reset: 0,
      access: 'read-write',
      doc: 'The line is raised while the bit is set.',
      fields: [{ name: 'LOCK', bits: [0, 0], modifiedWriteValues: 'oneToClear', doc: 'The loop lost its lock' }],
    },
    {
      name: 'OFFSET',
      offset: 0x10,
      count: Reference.COUNT,
      reset: 0,
      access: 'read-only',
      doc: 'How far each reference is off, in parts in 10^9 of the mean of both, signed; as the counter last measured it.',
    },
    {
      name: 'JITTER',
      offset: 0x18,
      count: Reference.COUNT,
      reset: 0,
      access: 'read-only',
      doc: 'Jitter of the loop on each reference in femtoseconds, rms, as last measured.',
    },
  ],
};
