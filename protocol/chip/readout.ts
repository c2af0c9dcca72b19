// The readout: converters of two lines, and the demodulation of up to eight tones on each.

import { readoutCommands } from '../readout/module.ts';
import type { Peripheral } from './svd.ts';

export const readout: Peripheral = {
  name: 'READOUT',
  base: 0x4001_5000,
  doc: 'Two converter lines (12 bits, 1 GS/s, I and Q) with up to eight tones each: a readout channel is line * 8 + tone. A sequencer whose setting INPUT names a channel has its acquisitions demodulated and integrated here. The logic is in the firmware image (custom section coldrig.readout); while CONTROL.RELEASE is zero it is held in reset, and acquisitions get zeros and the flag ACQ_BINNING_COMM_ERROR. What a setting or a figure is, is in protocol/readout.',
  interrupt: { line: 10, doc: 'Samples were out of the converter’s range, or a capture is complete' },
  registers: [
    {
      name: 'CONTROL',
      offset: 0x00,
      reset: 0,
      access: 'read-write',
      doc: 'Reset of the logic.',
      fields: [
        { name: 'RELEASE', bits: [0, 0], doc: 'One: released. Zero: held in reset, settings and figures are lost' },
      ],
    },
    {
      name: 'STATUS',
      offset: 0x04,
      reset: 0,
      access: 'read-write',
      doc: 'What has happened since it was cleared; the line is high while any bit is one.',
      fields: [
        {
          name: 'CLIPPED',
          bits: [1, 0],
          modifiedWriteValues: 'oneToClear',
          doc: 'One bit for each line: a sample in a window was out of range',
        },
        { name: 'CAPTURED', bits: [8, 8], modifiedWriteValues: 'oneToClear', doc: 'The scope memory holds a capture' },
      ],
    },
    {
      name: 'SELECT',
      offset: 0x08,
      reset: 0,
      access: 'read-write',
      doc: 'What VALUE sets and FIGURE shows.',
      fields: [
        { name: 'ITEM', bits: [7, 0], doc: 'Setting (READOUT_SETTING_*) or figure (READOUT_FIGURE_*)' },
        { name: 'INDEX', bits: [12, 8], doc: 'Of this channel or line; 0 where it is of all' },
      ],
    },
    { name: 'VALUE', offset: 0x0c, reset: 0, access: 'write-only', doc: 'Sets the selected setting.' },
    { name: 'FIGURE', offset: 0x10, reset: 0, access: 'read-only', doc: 'The selected figure, as of now.' },
    {
      name: 'RESULT',
      offset: 0x14,
      reset: 0,
      access: 'read-only',
      doc: 'What became of the last VALUE: 0: set, 1: refused.',
    },
    {
      name: 'COMMAND',
      offset: 0x18,
      reset: 0,
      access: 'write-only',
      doc: 'Captures, measures or clears. It is done when the write returns.',
      fields: [
        {
          name: 'COMMAND',
          bits: [3, 0],
          doc: 'What to do',
          values: Object.fromEntries(
            Object.entries(readoutCommands.values).map(([name, [value, doc]]) => [name, { value, doc }]),
          ),
        },
        { name: 'LINE', bits: [8, 8], doc: 'The line that it is about' },
      ],
    },
    {
      name: 'SCOPE_OFFSET',
      offset: 0x1c,
      reset: 0,
      access: 'read-write',
      doc: 'Where in the scope memory SCOPE_DATA begins.',
      fields: [{ name: 'OFFSET', bits: [13, 0], doc: 'Samples' }],
    },
    {
      name: 'SCOPE_DATA',
      offset: 0x400,
      reset: 0,
      access: 'read-only',
      count: 64,
      doc: 'Window on the scope memory at SCOPE_OFFSET: I in the low half, Q in the high one, i16 codes. A sample that was not captured is a bus fault.',
    },
  ],
};
