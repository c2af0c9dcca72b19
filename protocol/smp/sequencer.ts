// SMP group 64: pulse sequences to the sequencers, and results back. It is ours; other clients list it by ENUM and pass it by.
//
//   UPLOAD     w {seq, off, data, len, crc}     len and crc (CRC-32 of all) with off 0       -> {off}: where the next chunk begins
//              chunks in order, in multiples of 4 bytes; any other off is dropped and the answer says what is wanted. The last one loads it
//   CONFIGURE  w {seq, setting, value, index}   protocol/q1/settings.ts; index 0 when left out -> {}. Settings from CORRECTION_CROSS on are refused: they are the firmware's
//   START      w {mask}                         arms and starts, all in the same cycle         -> {}
//   STOP       w {mask}                                                                        -> {}
//   STATE      r {seq}   -> {state, flags, time, executed, slack, index, due, loaded, waiting, steps}   protocol/q1/module.ts; times in ns; steps: GAIN_STEPS
//   RESULTS    r {seq, acq, bin, count}         -> {bins, data}: how many the acquisition has, and 24 bytes for each of at most `count` from `bin` on
//   CLEAR      w {seq}                          empties its bins                               -> {}
//
// A sequencer that is busy refuses UPLOAD (its last chunk), CONFIGURE and START.

import { constantTable, valuesOf, withCount } from '../constants.ts';

export const sequencerCommands = constantTable('SEQ', 'Commands of the SEQUENCER group.', {
  ...withCount({
    UPLOAD: [0, 'Upload a sequence'],
    CONFIGURE: [1, 'Set a setting'],
    START: [2, 'Start sequencers'],
    STOP: [3, 'Stop sequencers'],
    STATE: [4, 'State of a sequencer'],
    RESULTS: [5, 'Bins of an acquisition'],
    CLEAR: [6, 'Empty the bins of a sequencer'],
  }),
  RESULTS_MAX: [64, 'Bins in one answer'],
});

export const sequencerErrors = constantTable('SEQ_ERR', 'Error codes of the SEQUENCER group.', {
  UNKNOWN: [1, 'Unknown error'],
  NO_SEQUENCER: [2, 'There is no such sequencer'],
  BUSY: [3, 'The sequencer is busy; stop it first'],
  NO_OFFSET: [4, 'No offset in the request'],
  LENGTH: [
    5,
    'No length with the first chunk, or more than a sequencer takes, or a chunk that is no multiple of 4 bytes',
  ],
  SIZE: [6, 'The length of the sequence is not that of its parts, or a part is larger than the sequencer'],
  CRC: [7, 'The CRC-32 is not that of the bytes received'],
  HEADER: [8, 'The bytes are no assembled sequence of this version'],
  INSTRUCTION: [9, 'An instruction does not exist, or has an operand out of range'],
  ROW: [10, 'A waveform or weight lies outside its samples'],
  BINS: [11, 'There are not enough bins left'],
  SETTING: [12, 'There is no such setting, or its value is out of range'],
  NOT_LOADED: [13, 'A sequencer to be started holds no sequence'],
  NO_BIN: [14, 'The acquisition has no such bin'],
  MIXED: [15, 'An instruction is of another instruction set than one before it'],
});

export const SeqCommand = valuesOf(sequencerCommands);
export const SeqError = valuesOf(sequencerErrors);
