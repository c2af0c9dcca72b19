// Front end: what the chip knows of each signal line without a qubit at its end: a pilot tone that comes back, and the converter's peaks.

import { Signal } from '../plant/places.ts';
import type { Peripheral } from './svd.ts';

export const frontend: Peripheral = {
  name: 'FRONTEND',
  base: 0x4002_4000,
  doc: 'Signal lines: pilot-tone loss, attenuation in front of the converter, peaks and clipped samples.',
  registers: [
    {
      name: 'ATTENUATION',
      offset: 0x00,
      count: Signal.COUNT,
      reset: 0,
      access: 'read-write',
      doc: 'Attenuation switched in before the converter of each line.',
      fields: [{ name: 'DECIBELS', bits: [4, 0], doc: 'Decibels' }],
    },
    {
      name: 'LOSS',
      offset: 0x20,
      count: Signal.COUNT,
      reset: 0,
      access: 'read-only',
      doc: 'Loss of the pilot tone on each line, ATTENUATION not counted, in thousandths of a decibel.',
    },
    {
      name: 'PEAK',
      offset: 0x40,
      count: Signal.COUNT,
      reset: 0,
      access: 'read-only',
      doc: 'Largest sample of each line in the last measurement, in thousandths of full scale; 1000 is clipped.',
    },
  ],
};
