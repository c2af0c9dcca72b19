// Activity: what the chip does, counted, because each thing it does heats the plate it sits on; and the duty the sequencers may play at.

import { Activity } from '../plant/energies.ts';
import type { Peripheral } from './svd.ts';

export const activity: Peripheral = {
  name: 'ACTIVITY',
  base: 0x4002_5000,
  doc: 'Activity counters, and the limit of the sequencers’ duty.',
  registers: [
    {
      name: 'DUTY',
      offset: 0x00,
      reset: 100,
      access: 'read-write',
      doc: 'Share of the time the sequencers may play, for shedding load.',
      fields: [
        {
          name: 'PERCENT',
          bits: [6, 0],
          doc: 'Percent',
          values: {
            MUTED: { value: 0, doc: 'Nothing is played' },
            QUARTER: { value: 25, doc: 'One millisecond in four' },
            HALF: { value: 50, doc: 'One millisecond in two' },
            FULL: { value: 100, doc: 'As programmed' },
          },
        },
      ],
    },
    {
      name: 'COUNT',
      offset: 0x40,
      count: Activity.KINDS,
      reset: 0,
      access: 'read-only',
      doc: 'One counter a kind of activity (protocol/plant/energies.ts), since reset, wrapping.',
    },
  ],
};
