// Results of acquisitions: the bins.

import type { Peripheral } from './svd.ts';

export const acquisition: Peripheral = {
  name: 'ACQUISITION',
  base: 0x4001_3000,
  doc: 'Bins of the acquisitions of all sequencers. A sequencer that is busy has results that are not complete; RESULT registers of its bins may be read all the same.',
  registers: [
    {
      name: 'SELECT',
      offset: 0x00,
      reset: 0,
      access: 'read-write',
      doc: 'Which acquisition.',
      fields: [
        { name: 'SEQUENCER', bits: [2, 0], doc: 'Sequencer, 0 to 5' },
        { name: 'ACQUISITION', bits: [12, 8], doc: 'Its acquisition' },
      ],
    },
    {
      name: 'BIN',
      offset: 0x04,
      reset: 0,
      access: 'read-write',
      doc: 'Which bin; reading RESULT of one that does not exist is a bus fault.',
      fields: [{ name: 'BIN', bits: [23, 0], doc: 'Bin of the acquisition' }],
    },
    { name: 'BINS', offset: 0x08, reset: 0, access: 'read-only', doc: 'How many bins the acquisition has.' },
    {
      name: 'CLEAR',
      offset: 0x0c,
      reset: 0,
      access: 'write-only',
      doc: 'Empties all bins of a sequencer.',
      fields: [{ name: 'SEQUENCER', bits: [2, 0], doc: 'Sequencer, 0 to 5' }],
    },
    {
      name: 'RESULT',
      offset: 0x20,
      reset: 0,
      access: 'read-only',
      count: 6,
      doc: 'The bin: sum of path 0 low and high word, sum of path 1 low and high word (i64, sample units times ns), acquisitions in it, and of those that reached the threshold.',
    },
  ],
};
