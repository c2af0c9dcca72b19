// Thermometry: a scanner that reads one thermometer after the other by itself.

import { Channel } from '../plant/places.ts';
import type { Peripheral } from './svd.ts';

export const thermometry: Peripheral = {
  name: 'THERMOMETRY',
  base: 0x4002_0000,
  doc: 'Thermometry scanner: every PERIOD it reads all channels that have an excitation. Readings are microvolts of a diode, milliohms of a resistor.',
  interrupt: { line: 12, doc: 'Scan done' },
  registers: [
    {
      name: 'CONTROL',
      offset: 0x00,
      reset: 0,
      access: 'read-write',
      doc: 'Runs the scanner.',
      fields: [
        { name: 'ENABLE', bits: [0, 0], doc: 'Scans; the first scan ends one PERIOD after it is set' },
        { name: 'INTERRUPT', bits: [1, 1], doc: 'Raise the line while STATUS.DONE is set' },
      ],
    },
    {
      name: 'STATUS',
      offset: 0x04,
      reset: 0,
      access: 'read-write',
      doc: 'State of the scanner.',
      fields: [{ name: 'DONE', bits: [0, 0], modifiedWriteValues: 'oneToClear', doc: 'A scan has ended' }],
    },
    {
      name: 'PERIOD',
      offset: 0x08,
      reset: 500,
      access: 'read-write',
      doc: 'Milliseconds from the end of one scan to the end of the next: 10 to 65535; less is a bus fault.',
      fields: [{ name: 'MILLISECONDS', bits: [15, 0], doc: 'Milliseconds' }],
    },
    { name: 'SEQUENCE', offset: 0x0c, reset: 0, access: 'read-only', doc: 'Scans since reset.' },
    {
      name: 'EXCITATION',
      offset: 0x40,
      count: Channel.COUNT,
      reset: 0,
      access: 'read-write',
      doc: 'Nanoamperes through the thermometer of each channel; zero leaves the channel out.',
      fields: [{ name: 'NANOAMPERES', bits: [19, 0], doc: 'Nanoamperes' }],
    },
    {
      name: 'READING',
      offset: 0x60,
      count: Channel.COUNT,
      reset: 0,
      access: 'read-only',
      doc: 'Reading of each channel at the end of the last scan.',
    },
    {
      name: 'FLAGS',
      offset: 0x80,
      count: Channel.COUNT,
      reset: 0,
      access: 'read-only',
      doc: 'What the converter says of that reading.',
      fields: [
        { name: 'VALID', bits: [0, 0], doc: 'It was taken, and is in the range of the converter' },
        { name: 'OPEN', bits: [1, 1], doc: 'No current flows: the converter is at its upper end' },
        { name: 'SHORT', bits: [2, 2], doc: 'No voltage: the converter is at its lower end' },
      ],
    },
  ],
};
