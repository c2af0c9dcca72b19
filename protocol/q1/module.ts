// The interface of the sequencers' module (firmware/sequencer): its exports, and what they return.
//
//   reset()                          once, on zeroed memory
//   load_(core, length, crc)         takes the sequence in the staging area              -> SEQUENCER_LOAD_*
//   configure(core, setting, index, value)                                               -> 1, or 0 when refused
//   arm(mask), start(mask, time), stop(mask)
//   run(until, budget)               until is a time in ns, budget instructions          -> SEQUENCER_RUN_*
//   supply(flags)                    the sums of the window that the run ended with are in its place  -> SEQUENCER_SUPPLY_*
//   recordKinds(mask), recordsTaken()
//   relyInVain(mask)                 these relied on a cell that did not hold its value
//   figure(core, which, index)       what is known of a core                             -> SEQUENCER_FIGURE_*
//   output(core, which, time)        what is at its outputs                              -> SEQUENCER_OUTPUT_*
//   place(which)                     where in its memory something is                    -> SEQUENCER_PLACE_*
//
// Times are passed as low and high word. Where the setting INPUT of a sequencer says so, its acquisition ends the run with INPUT: the host
// integrates the samples of the window that SEQUENCER_PLACE_INPUT describes, writes the sums there, calls supply, and runs on.

import { constantTable, valuesOf } from '../constants.ts';

export const sequencerLoads = constantTable('SEQUENCER_LOAD', 'Why a sequence was taken or refused.', {
  GOOD: [0, 'It was taken'],
  RUNNING: [1, 'The sequencer is running; stop it first'],
  SIZE: [2, 'Its length is not that of its parts, or a part is larger than the sequencer'],
  CRC: [3, 'The CRC-32 is not that of the bytes received'],
  HEADER: [4, 'It does not begin with the header of an assembled sequence of this version'],
  INSTRUCTION: [5, 'An instruction does not exist, or has an operand out of range'],
  ROW: [6, 'A waveform or weight lies outside its samples'],
  BINS: [7, 'There are not enough bins left, or more than one sequencer may have'],
  MIXED: [8, 'An instruction is of another instruction set than one before it'],
});

export const sequencerRuns = constantTable('SEQUENCER_RUN', 'Why a run of the sequencers ended.', {
  DONE: [0, 'No sequencer runs any more'],
  UNTIL: [1, 'The time it was to go to is reached'],
  BUDGET: [2, 'Its instructions are used up'],
  RECORDS: [3, 'The record buffer is full: take them, and run on'],
  DEADLOCK: [4, 'The sequencers that run wait for each other, or for a trigger that will not come'],
  INPUT: [5, 'A window has opened on a converter: supply its sums, and run on'],
});

export const sequencerSupplies = constantTable('SEQUENCER_SUPPLY', 'What became of the sums of a window; bits.', {
  BINNED: [1, 'They are in their bin'],
  REACHED: [2, 'They reach the threshold'],
});

export const sequencerFigures = constantTable('SEQUENCER_FIGURE', 'What is known of a sequencer.', {
  STATE: [0, 'SEQUENCER_STATE_*'],
  FLAGS: [1, 'SEQUENCER_FLAG_*'],
  TIME_LOW: [2, 'Time of its real-time core in ns, low word'],
  TIME_HIGH: [3, 'High word'],
  EXECUTED_LOW: [4, 'Instructions its classic core has executed since it was armed, low word'],
  EXECUTED_HIGH: [5, 'High word'],
  FAULT_INDEX: [6, 'Instruction it stopped at in a fault; 0xffff where it did not'],
  FAULT_TIME_LOW: [7, 'When that was due, low word'],
  FAULT_TIME_HIGH: [8, 'High word'],
  LEAST_SLACK: [9, 'Least slack of its real-time instructions in ns, i32; 0x7fffffff before the first'],
  WAITING: [
    10,
    'Of all: sequencers in wait_sync, one bit each; from bit 8 those they wait for; from bit 16 those that wait for a trigger',
  ],
  REGISTER: [11, 'By index: register of the classic core'],
  COUNTER: [12, 'By index: trigger counter of address index + 1'],
  FIRST_BIN: [13, 'By index: first bin of an acquisition'],
  BINS: [14, 'By index: bins of an acquisition'],
  INSTRUCTIONS: [15, 'Instructions of its program'],
  LOAD_PLACE: [16, 'Of all: the instruction or row the last load was refused for'],
  CLASSIC_LOW: [17, 'Time of its classic core in ns, low word'],
  CLASSIC_HIGH: [18, 'High word'],
  PLAYED: [19, 'Of all: real-time instructions executed since the release, modulo 2^32'],
  EXIT_CODE: [20, 'What stop gave as exit code, i32; 0 where it gave none'],
  ALU_FLAGS: [21, 'Flags of the last calculation of the second set: bit 0 zero, 1 negative, 2 carry, 3 overflow'],
  GAIN_STEPS: [
    23,
    'How often a window of a converter met a change of the attenuation in front of it, within 1 us, since it was armed: its sums are wrong',
  ],
  WAVE_SAMPLES: [22, 'By index: samples of a waveform; 0 where there is none'],
});

export const sequencerOutputs = constantTable('SEQUENCER_OUTPUT', 'What is at the outputs of a sequencer at a time.', {
  PATH_0: [0, 'Sample of path 0, i32'],
  PATH_1: [1, 'Sample of path 1, i32'],
  MARKERS: [2, 'Markers, one bit each'],
  FREQUENCY: [3, 'Frequency of the oscillator, i32 in 1/4 Hz'],
  PHASE: [4, 'Its phase in 1/4e9 turn'],
});

export const sequencerPlaces = constantTable('SEQUENCER_PLACE', 'Addresses in the memory of the module.', {
  STAGING: [0, 'Where a sequence is put to be loaded'],
  STAGING_SIZE: [1, 'Bytes there'],
  RECORDS: [2, 'The record buffer'],
  RECORD_COUNT: [3, 'u32: records in it'],
  BINS: [4, 'Bins: {sum 0 i64, sum 1 i64, count u32, over the threshold u32}'],
  BIN_SIZE: [5, 'Bytes of a bin'],
  BINS_USED: [6, 'u32: bins in use, from the first on; behind them the memory holds nothing that is read again'],
  INPUT: [7, 'The window that waits for its sums; its words are SEQUENCER_INPUT_*'],
});

export const sequencerInputs = constantTable(
  'SEQUENCER_INPUT',
  'Words of the window that waits for its sums, by their offset in bytes.',
  {
    CORE: [0, 'Its sequencer and one; 0: no window waits'],
    CHANNEL: [4, 'Readout channel'],
    TIME: [8, 'When it opened, i64 in ns since the release'],
    LENGTH: [16, 'Its length in ns'],
    ACQUISITION: [20, 'Acquisition'],
    BIN: [24, 'Bin'],
    INDEX: [28, 'Instruction'],
    WEIGHT_0: [32, 'Address of the first sample of the weight of path 0, i32 in 1/32768 each; 0: a square window'],
    WEIGHT_0_LENGTH: [36, 'Its samples'],
    WEIGHT_1: [40, 'Likewise of path 1'],
    WEIGHT_1_LENGTH: [44, 'Its samples'],
    SUM_0: [48, 'To be written by the host: sum of path 0, i64 in sample units times ns'],
    SUM_1: [56, 'Likewise of path 1'],
    SIZE: [64, 'Bytes of all'],
  },
);

export const SequencerLoad = valuesOf(sequencerLoads);
export const SequencerRun = valuesOf(sequencerRuns);
export const SequencerFigure = valuesOf(sequencerFigures);
export const SequencerOutput = valuesOf(sequencerOutputs);
export const SequencerSupply = valuesOf(sequencerSupplies);
export const SequencerInput = valuesOf(sequencerInputs);
export const SequencerPlace = valuesOf(sequencerPlaces);

/** Custom section of the firmware's wasm module that holds the sequencers' module. */
export const sequencerSectionName = 'coldrig.sequencer';
