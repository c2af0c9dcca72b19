// Waveform outputs: what the DACs show now.

import type { Peripheral } from './svd.ts';

export const dac: Peripheral = {
  name: 'DAC',
  base: 0x4001_1000,
  doc: 'Waveform outputs of the sequencers, two paths each, and their oscillators. Read-only: the sequencers drive them. Zero while the gate OUTPUTS.DAC is closed.',
  registers: [
    {
      name: 'PATH0',
      offset: 0x00,
      reset: 0,
      access: 'read-only',
      count: 6,
      doc: 'Sample of path 0 of each sequencer, as of now, before modulation.',
      fields: [{ name: 'SAMPLE', bits: [15, 0], doc: 'Two’s complement' }],
    },
    {
      name: 'PATH1',
      offset: 0x20,
      reset: 0,
      access: 'read-only',
      count: 6,
      doc: 'Sample of path 1, likewise.',
      fields: [{ name: 'SAMPLE', bits: [15, 0], doc: 'Two’s complement' }],
    },
    {
      name: 'FREQUENCY',
      offset: 0x40,
      reset: 0,
      access: 'read-only',
      count: 6,
      doc: 'Frequency of each oscillator, in quarters of a hertz, two’s complement.',
    },
    {
      name: 'PHASE',
      offset: 0x60,
      reset: 0,
      access: 'read-only',
      count: 6,
      doc: 'Phase of each oscillator now, in 1/4e9 turn.',
    },
  ],
};
