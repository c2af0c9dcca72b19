// What can be set of a sequencer before it starts: numbers over registers and SMP alike, with the sequencer, a setting and an index.
//
// Fixed-point where the instrument's driver has fractions, for the device knows integers only. Values are u32 patterns; signed
// ones in two's complement. Reset values are those of the open simulator q1simulator, thresholds of the trigger counters included (0).

import { constantTable, valuesOf } from '../constants.ts';

export const sequencerSettings = constantTable('SEQUENCER_SETTING', 'Settings of a sequencer.', {
  SYNC_ENABLE: [0, '1: takes part in wait_sync'],
  INTEGRATION_LENGTH: [1, 'Window of acquire in ns, 4 to 2^24 - 4'],
  ROTATION_COS: [2, 'Cosine of the rotation before the threshold, i32 in 1/2^30'],
  ROTATION_SIN: [3, 'Its sine'],
  THRESHOLD: [4, 'Threshold of the rotated sum, i32 in full scale times ns'],
  TRIGGER_ENABLE: [5, '1: an acquisition that reaches the threshold sends a trigger'],
  TRIGGER_ADDRESS: [6, 'Its address, 1 to 15'],
  TRIGGER_INVERT: [7, '1: one that does not reach it sends instead'],
  TTL_AUTO_BIN: [8, '1: each crossing of a TTL acquisition goes to the next bin'],
  COUNT_THRESHOLD: [9, 'Index 0 to 14: what the counter of address index + 1 must reach'],
  COUNT_INVERT: [10, 'Index 0 to 14: 1 inverts it'],
  GAIN: [11, 'Index 0, 1: gain of the path at the start, i16'],
  OFFSET: [12, 'Index 0, 1: offset of the path at the start, i16'],
  FREQUENCY: [13, 'Frequency of the oscillator at the start, i32 in 1/4 Hz'],
  RESPONSE: [
    14,
    'Index 0 to 1023: what the input shows to the acquisitions in turn: i16 of path 0, i16 of path 1 above it',
  ],
  RESPONSE_COUNT: [15, 'Responses there are; after the last comes the first. 0: the input is silent'],
  QUEUE_DEPTH: [16, 'Entries between the two cores, 1 to 48'],
  HEAD_START: [17, 'Steps from the first real-time instruction in the queue to its execution'],
  SYNC_CREDIT: [18, 'Steps from the last sequencer in its first wait_sync to the release of all'],
  COST_MODEL: [19, 'Row of the cost table'],
  INPUT: [
    20,
    'What its acquisitions see. 0: the responses; 1 + channel: readout channel 0 to 15 of the converters (acquire_ttl always counts in the responses)',
  ],
  SYNC_AGAIN: [21, 'Steps from the last sequencer in a later wait_sync to the release; no document gives them'],
  CORRECTION_CROSS: [
    22,
    'How much of path 1 is added to path 0 at the outputs, i32 in 1/2^20, a half at most; the calibration record has it',
  ],
  CORRECTION_PHASE: [23, 'Added to the phase of the oscillator at the outputs, in 1/4e9 turn'],
  CORRECTION_GAIN: [
    24,
    'Index 0, 1: by how much more than 1 the path is multiplied at the outputs, i32 in 1/2^20, a half at most',
  ],
  CORRECTION_OFFSET: [25, 'Index 0, 1: added to the path at the outputs, i32 in steps, full scale at most'],
  CLOCK_DRIFT: [
    26,
    'Of all sequencers, also while they run: by how much the clock is fast, i32 in parts in 10^9; from now on the oscillators make up for it',
  ],
  INPUT_GAIN: [
    27,
    'Of all sequencers, also while they run; index 0, 1: what the sums of a converter line are multiplied by, 1/65536, 1 to 64: it makes up for the attenuation in front of the converter',
  ],
  RESPONSES_MAX: [1024, 'Responses a sequencer has room for'],
});

export const SequencerSetting = valuesOf(sequencerSettings);
