// The multiplexer: sample-and-hold cells behind a few converter lines, and the table by which they are served.

import type { Peripheral } from './svd.ts';

export const multiplexer: Peripheral = {
  name: 'MULTIPLEXER',
  base: 0x4001_4000,
  doc: 'Sample-and-hold cells that hold the voltages of gates, behind a few converter lines. The logic that serves them in time is in the firmware image (custom section coldrig.multiplexer); while CONTROL.RELEASE is zero it is held in reset, its memory does not exist, and the cells drift. What a setting, a figure or an outcome is, and how a table is laid out, is in protocol/multiplexer. A closed output gate parks it.',
  interrupt: {
    line: 9,
    doc: 'A cell is late, a switch connected the wrong cell, a table came into force or was discarded, an edge of a marker was lost, or a prepared value was refused',
  },
  registers: [
    {
      name: 'CONTROL',
      offset: 0x00,
      reset: 0,
      access: 'read-write',
      doc: 'Reset of the logic.',
      fields: [
        { name: 'RELEASE', bits: [0, 0], doc: 'One: released. Zero: held in reset, settings and table are lost' },
      ],
    },
    {
      name: 'STATUS',
      offset: 0x04,
      reset: 0,
      access: 'read-write',
      doc: 'What has happened since it was cleared; the line is high while any bit is one. Looked at every 100 ms while the logic is released.',
      fields: [
        { name: 'LATE', bits: [0, 0], modifiedWriteValues: 'oneToClear', doc: 'A cell has missed its deadline' },
        {
          name: 'SWITCH_ERROR',
          bits: [1, 1],
          modifiedWriteValues: 'oneToClear',
          doc: 'A readback named another cell than the one to be served',
        },
        { name: 'CHANGED', bits: [2, 2], modifiedWriteValues: 'oneToClear', doc: 'A table has come into force' },
        {
          name: 'GIVEN_UP',
          bits: [3, 3],
          modifiedWriteValues: 'oneToClear',
          doc: 'A table was discarded: there was no moment at which it could come into force',
        },
        {
          name: 'EDGE_LOST',
          bits: [4, 4],
          modifiedWriteValues: 'oneToClear',
          doc: 'Edges of markers came faster than the list of announced ones has room for (MUX_EDGES_MAX): a pulse window began or ended too late',
        },
        {
          name: 'VALUE_REFUSED',
          bits: [5, 5],
          modifiedWriteValues: 'oneToClear',
          doc: 'A prepared value was refused when its marker rose',
        },
      ],
    },
    {
      name: 'BOARD',
      offset: 0x08,
      reset: 0,
      access: 'read-only',
      doc: 'What this board has.',
      fields: [
        { name: 'CELLS', bits: [15, 0], doc: 'Cells' },
        { name: 'LINES', bits: [19, 16], doc: 'Converter lines' },
      ],
    },
    {
      name: 'SELECT',
      offset: 0x0c,
      reset: 0,
      access: 'read-write',
      doc: 'What VALUE sets and FIGURE shows.',
      fields: [
        { name: 'ITEM', bits: [7, 0], doc: 'Setting (MUX_SETTING_*) or figure (MUX_FIGURE_*)' },
        { name: 'CELL', bits: [26, 16], doc: 'Of this cell, where it has one' },
      ],
    },
    { name: 'VALUE', offset: 0x10, reset: 0, access: 'write-only', doc: 'Sets the selected setting.' },
    { name: 'FIGURE', offset: 0x14, reset: 0, access: 'read-only', doc: 'The selected figure, as of now.' },
    {
      name: 'RESULT',
      offset: 0x18,
      reset: 0,
      access: 'read-only',
      doc: 'What became of the last VALUE (0: set, 1: refused), LOAD (MUX_LOAD_*), COMMAND (0: done, 1: there is no table, or one is executed already) or CODE (MUX_WRITE_*).',
    },
    {
      name: 'STAGE_OFFSET',
      offset: 0x1c,
      reset: 0,
      access: 'read-write',
      doc: 'Where in the staging area STAGE_DATA begins.',
      fields: [{ name: 'OFFSET', bits: [19, 0], doc: 'Bytes, a multiple of 4' }],
    },
    {
      name: 'LOAD',
      offset: 0x20,
      reset: 0,
      access: 'write-only',
      doc: 'Judges the staged table and takes it; RESULT says whether it was taken when the write returns.',
      fields: [{ name: 'LENGTH', bits: [19, 0], doc: 'Its bytes' }],
    },
    {
      name: 'COMMAND',
      offset: 0x24,
      reset: 0,
      access: 'write-only',
      doc: 'Starts and parks.',
      fields: [
        {
          name: 'COMMAND',
          bits: [1, 0],
          doc: 'What to do',
          values: {
            START: { value: 1, doc: 'Execute the table in force' },
            PARK: { value: 2, doc: 'Leave every cell alone' },
          },
        },
      ],
    },
    {
      name: 'CELL',
      offset: 0x28,
      reset: 0,
      access: 'read-write',
      doc: 'Which cell CODE and VOLTAGE are about.',
      fields: [{ name: 'CELL', bits: [10, 0], doc: 'Cell' }],
    },
    {
      name: 'CODE',
      offset: 0x2c,
      reset: 0,
      access: 'write-only',
      doc: 'The value that the cell is to hold; its next service stores it.',
      fields: [{ name: 'CODE', bits: [15, 0], doc: 'Steps of the converter' }],
    },
    {
      name: 'VOLTAGE',
      offset: 0x30,
      reset: 0,
      access: 'read-only',
      doc: 'What the cell holds now, through the readback channel: microvolts.',
    },
    {
      name: 'INVALID',
      offset: 0x34,
      reset: 0,
      access: 'read-only',
      doc: 'Cells in use that do not hold their value; 0 while no table is executed.',
    },
    {
      name: 'STAGE_DATA',
      offset: 0x400,
      reset: 0,
      access: 'write-only',
      count: 64,
      doc: 'Window on the staging area at STAGE_OFFSET.',
    },
  ],
};
