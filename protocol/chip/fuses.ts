// One-time-programmable fuses. protocol/memory-map.ts says which word holds what.

import type { Peripheral } from './svd.ts';

export const fuses: Peripheral = {
  name: 'FUSES',
  base: 0x4000_4000,
  doc: 'One-time-programmable words: bits go from zero to one and never back.',
  interrupt: { line: 4, doc: 'Programming done' },
  registers: [
    {
      name: 'COMMAND',
      offset: 0x00,
      reset: 0,
      access: 'write-only',
      doc: 'Burns the ones of DATA into word INDEX. A command while BUSY is a bus fault.',
      fields: [
        { name: 'OPERATION', bits: [3, 0], doc: 'What to do', values: { PROGRAM: { value: 1, doc: 'Burn' } } },
        {
          name: 'KEY',
          bits: [31, 16],
          doc: 'Must be the key',
          values: { KEY: { value: 0xf05e, doc: 'Unlocks the command' } },
        },
      ],
    },
    {
      name: 'STATUS',
      offset: 0x04,
      reset: 0,
      access: 'read-only',
      doc: 'State of the fuse programmer; raises the interrupt line while DONE is set and enabled.',
      fields: [
        { name: 'BUSY', bits: [0, 0], doc: 'Burning' },
        { name: 'DONE', bits: [1, 1], access: 'read-write', modifiedWriteValues: 'oneToClear', doc: 'Burnt' },
      ],
    },
    {
      name: 'INTERRUPT_ENABLE',
      offset: 0x08,
      reset: 0,
      access: 'read-write',
      doc: 'Which status bits raise the line.',
      fields: [{ name: 'DONE', bits: [1, 1], doc: 'Raise the line while STATUS.DONE is set' }],
    },
    {
      name: 'INDEX',
      offset: 0x0c,
      reset: 0,
      access: 'read-write',
      doc: 'Word to burn.',
      fields: [{ name: 'INDEX', bits: [6, 0], doc: 'Word, below 96' }],
    },
    { name: 'DATA', offset: 0x10, reset: 0, access: 'read-write', doc: 'Ones to burn.' },
    { name: 'WORD', offset: 0x200, count: 96, reset: 0, access: 'read-only', doc: 'The fuse words.' },
  ],
};
