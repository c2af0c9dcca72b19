// Heaters: pulse-width modulated, limited, and without current while their output gate is closed.

import { Heater } from '../plant/places.ts';
import type { Peripheral } from './svd.ts';

export const heaters: Peripheral = {
  name: 'HEATERS',
  base: 0x4002_1000,
  doc: 'Heater drivers. A heater is driven while OUTPUTS.STATE.HEATERS is open and its rail is on.',
  registers: [
    {
      name: 'DUTY',
      offset: 0x00,
      count: Heater.COUNT,
      reset: 0,
      access: 'read-write',
      doc: 'Share of the time current flows, in parts of 65535. More than LIMIT is a bus fault.',
      fields: [{ name: 'DUTY', bits: [15, 0], doc: 'Share' }],
    },
    {
      name: 'LIMIT',
      offset: 0x20,
      count: Heater.COUNT,
      reset: 0xffff,
      access: 'read-write',
      doc: 'Largest DUTY the driver takes. It can only be lowered until the next reset (raising it is a bus fault); a DUTY above it is lowered with it.',
      fields: [{ name: 'DUTY', bits: [15, 0], doc: 'Share' }],
    },
    {
      name: 'MEASURED',
      offset: 0x40,
      count: Heater.COUNT,
      reset: 0,
      access: 'read-only',
      doc: 'Microwatts that really flow, as the current monitor measures them.',
    },
  ],
};
