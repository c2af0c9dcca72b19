// Power rails: switches, monitors, and comparators that are faster than any firmware.

import { Rail } from '../plant/places.ts';
import type { Field, Peripheral } from './svd.ts';

const eachRail: Field = { name: 'RAILS', bits: [Rail.COUNT - 1, 0], doc: 'One bit a rail, CORE the lowest' };

export const rails: Peripheral = {
  name: 'RAILS',
  base: 0x4002_2000,
  doc: 'Supply rails. A rail more than 20 % above what it is built for is switched off by its comparator at once; CORE 20 % below resets the chip.',
  interrupt: { line: 13, doc: 'A comparator has tripped' },
  registers: [
    {
      name: 'ENABLE',
      offset: 0x00,
      reset: 1,
      access: 'read-write',
      doc: 'Rails that are on. CORE cannot be switched off; a write without its bit is a bus fault, as is one that switches on a rail whose OVER bit is set.',
      fields: [eachRail],
    },
    {
      name: 'GOOD',
      offset: 0x04,
      reset: 0,
      access: 'read-only',
      doc: 'Rails that are on, have come up (2 ms) and are within 10 % of what they are built for.',
      fields: [eachRail],
    },
    {
      name: 'TRIPPED',
      offset: 0x08,
      reset: 0,
      access: 'read-write',
      doc: 'What the comparators have seen; the line is raised while any bit is set.',
      fields: [
        {
          name: 'OVER',
          bits: [Rail.COUNT - 1, 0],
          modifiedWriteValues: 'oneToClear',
          doc: 'Rail was too high, and was switched off',
        },
        {
          name: 'UNDER',
          bits: [Rail.COUNT + 7, 8],
          modifiedWriteValues: 'oneToClear',
          doc: 'Rail that was up was too low',
        },
      ],
    },
    {
      name: 'MILLIVOLTS',
      offset: 0x20,
      count: Rail.COUNT,
      reset: 0,
      access: 'read-only',
      doc: 'Voltage of each rail now.',
    },
    {
      name: 'MICROAMPERES',
      offset: 0x40,
      count: Rail.COUNT,
      reset: 0,
      access: 'read-only',
      doc: 'Current of each rail now.',
    },
  ],
};
