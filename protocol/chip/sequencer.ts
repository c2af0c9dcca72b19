// The six pulse sequencers: loading, settings, starting and stopping. What comes out of them: dac.ts, markers.ts, acquisition.ts.

import type { Field, Peripheral } from './svd.ts';

/** One bit each. */
const sequencers = (doc: string): Field[] => [{ name: 'SEQUENCERS', bits: [5, 0], doc }];
const NUMBER: Field = { name: 'SEQUENCER', bits: [2, 0], doc: 'Sequencer, 0 to 5' };

export const sequencer: Peripheral = {
  name: 'SEQUENCER',
  base: 0x4001_0000,
  doc: 'Six pulse sequencers. Their logic is in the firmware image (custom section coldrig.sequencer); while CONTROL.RELEASE is zero they are held in reset and their memory does not exist. What a setting, a figure, a state or a flag is, and how a sequence is laid out, is in protocol/q1.',
  interrupt: { line: 8, doc: 'A sequencer has stopped, or all that run wait for each other' },
  registers: [
    {
      name: 'CONTROL',
      offset: 0x00,
      reset: 0,
      access: 'read-write',
      doc: 'Reset of all sequencers.',
      fields: [
        {
          name: 'RELEASE',
          bits: [0, 0],
          doc: 'One: released. Zero: held in reset, everything in them is lost',
        },
      ],
    },
    {
      name: 'STATUS',
      offset: 0x04,
      reset: 0,
      access: 'read-write',
      doc: 'What has happened since it was cleared; the line is high while any bit is one. Looked at every 20 us while a sequencer runs.',
      fields: [
        { name: 'STOPPED', bits: [5, 0], modifiedWriteValues: 'oneToClear', doc: 'These sequencers have stopped' },
        {
          name: 'DEADLOCK',
          bits: [8, 8],
          modifiedWriteValues: 'oneToClear',
          doc: 'Every sequencer that runs waits for what will not come',
        },
      ],
    },
    {
      name: 'BUSY',
      offset: 0x08,
      reset: 0,
      access: 'read-only',
      doc: 'Sequencers that run, or whose real-time core still does.',
      fields: sequencers('Busy ones'),
    },
    {
      name: 'ARM',
      offset: 0x0c,
      reset: 0,
      access: 'write-only',
      doc: 'Arms sequencers that hold a sequence and are not busy.',
      fields: sequencers('To be armed'),
    },
    {
      name: 'START',
      offset: 0x10,
      reset: 0,
      access: 'write-only',
      doc: 'Starts armed sequencers, all in the same cycle.',
      fields: sequencers('To be started'),
    },
    {
      name: 'STOP',
      offset: 0x14,
      reset: 0,
      access: 'write-only',
      doc: 'Stops classic cores; what they have queued is finished.',
      fields: sequencers('To be stopped'),
    },
    {
      name: 'STAGE_OFFSET',
      offset: 0x18,
      reset: 0,
      access: 'read-write',
      doc: 'Where in the staging area STAGE_DATA begins.',
      fields: [{ name: 'OFFSET', bits: [18, 0], doc: 'Bytes, a multiple of 4' }],
    },
    {
      name: 'LOAD_LENGTH',
      offset: 0x1c,
      reset: 0,
      access: 'read-write',
      doc: 'Bytes of the staged sequence.',
      fields: [{ name: 'LENGTH', bits: [18, 0], doc: 'Bytes' }],
    },
    { name: 'LOAD_CRC', offset: 0x20, reset: 0, access: 'read-write', doc: 'Its CRC-32.' },
    {
      name: 'LOAD',
      offset: 0x24,
      reset: 0,
      access: 'write-only',
      doc: 'Loads the staged sequence into a sequencer; RESULT says whether it was taken when the write returns.',
      fields: [NUMBER],
    },
    {
      name: 'RESULT',
      offset: 0x28,
      reset: 0,
      access: 'read-only',
      doc: 'What became of the last LOAD (SEQUENCER_LOAD_*) or VALUE (0: set, 1: refused).',
    },
    {
      name: 'SELECT',
      offset: 0x2c,
      reset: 0,
      access: 'read-write',
      doc: 'What VALUE sets and FIGURE shows.',
      fields: [
        NUMBER,
        { name: 'ITEM', bits: [15, 8], doc: 'Setting (SEQUENCER_SETTING_*) or figure (SEQUENCER_FIGURE_*)' },
        { name: 'INDEX', bits: [31, 16], doc: 'Its index, where it has one' },
      ],
    },
    { name: 'VALUE', offset: 0x30, reset: 0, access: 'write-only', doc: 'Sets the selected setting.' },
    { name: 'FIGURE', offset: 0x34, reset: 0, access: 'read-only', doc: 'The selected figure, as of now.' },
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
