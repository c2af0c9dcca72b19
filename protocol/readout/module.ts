// The interface of the readout's module (firmware/readout): its exports, and what they return.
//
//   reset()                              once, on zeroed memory
//   configure(index, setting, value)     of a channel, a line, or of all (index 0)            -> 1, or 0 when refused
//   weigh(slot, channel, count)          `count` weights at READOUT_PLACE_WEIGHTS become a table of this channel's tone
//   open(channel, phase, length, state)  a window of a sequencer opens: phase of its oscillator at the first sample in 1/4e9 turn; state of the qubit
//   openWeighed(channel, phase, length, state, slotI, slotQ)   likewise, weighed by two tables
//   openFree(line, timeLow, timeHigh, length)   a window of all tones of TOGETHER, each at the phase that it has at a time since the release
//   feed(count)                          the next samples of the window are at READOUT_PLACE_SAMPLES
//   judge(reached)                       whether the window that is complete has reached the sequencer's threshold
//   capture(line, count)                 the first samples at READOUT_PLACE_SAMPLES go into the scope memory   -> SEQUENCER_FLAG_ACQ_SCOPE_*
//   clear(what, line)                    READOUT_CLEAR_*
//   figure(which, index)                 what is known                                        -> READOUT_FIGURE_*
//   place(which)                         where in its memory something is                     -> READOUT_PLACE_*
//
// Samples are i32 pairs, I and Q, in codes that may exceed the range of the converter: they are clipped here. A window is complete when as many samples
// were fed as it is long; its sums are then at READOUT_PLACE_SUMS. Every piece but the last is a multiple of READOUT_BLOCK.

import { constantTable, valuesOf } from '../constants.ts';

export const readoutLimits = constantTable('READOUT', 'What the readout of the chip has.', {
  LINES: [2, 'Lines, each with a converter for I and one for Q'],
  TONES: [8, 'Tones that a line is demodulated by in one pass'],
  CHANNELS: [16, 'Channels: line * 8 + tone'],
  FULL_SCALE: [2048, 'Codes are -2048 to 2047'],
  SUM_SCALE: [16, 'Sums are codes times ns times this: the units of the bins'],
  LEVEL_SCALE: [4096, 'Levels of the statistics (a sum divided by the length of its window) are codes times this'],
  WINDOW_MAX: [0xff_fffc, 'Longest window in ns'],
  PIECE: [16_384, 'Most samples fed at once'],
  BLOCK: [1024, 'Samples that are integrated before the tone is turned to its exact phase again'],
  SCOPE_MAX: [16_384, 'Samples that the scope memory holds of each path'],
  SLOTS: [8, 'Tables of weighed tones'],
  SNR_LEAST: [
    2000,
    'SNR that a calibrated channel must have, in hundredths of a decibel: 20 log10 of distance over deviation',
  ],
  SNR_HYSTERESIS: [100, 'A channel that had less is good again when it has so much more, in hundredths of a decibel'],
  SNR_WINDOWS: [100, 'Windows in each state that an estimate of the SNR takes, at least'],
  TEST_FREQUENCY: [
    405_273_437,
    'Tone of the self-test in 1/4 Hz: 101.3 MHz, of no simple relation to the rate of the samples',
  ],
  TEST_AMPLITUDE: [29_491, 'Its amplitude in 1/32768: nine tenths of full scale'],
  OFFSET_MOST: [512 * 256, 'Largest OFFSET_I and OFFSET_Q, either sign'],
  DIAGONAL_LEAST: [0x4000, 'Least MATRIX_II and MATRIX_QQ'],
  DIAGONAL_MOST: [0x2_0000, 'Largest MATRIX_II and MATRIX_QQ'],
  OTHER_MOST: [0x8000, 'Largest MATRIX_IQ and MATRIX_QI, either sign'],
  STATE_UNKNOWN: [2, 'State of a qubit that nobody knows: the window is in no statistics'],
});

export const readoutSettings = constantTable('READOUT_SETTING', 'Settings of the readout.', {
  FREQUENCY: [0, 'By channel: frequency of its tone, i32 in 1/4 Hz, -500 to 500 MHz'],
  PHASE: [1, 'By channel: added to the phase of its tone, in 1/4e9 turn'],
  OFFSET_I: [2, 'By line: taken off every sample of I, i32 in 1/256 code, 512 codes at most'],
  OFFSET_Q: [3, 'Likewise of Q'],
  MATRIX_II: [4, 'By line: what I becomes is II * I + IQ * Q, offsets taken off before; i32 in 1/65536, 0.25 to 2'],
  MATRIX_IQ: [5, 'By line: i32 in 1/65536, -0.5 to 0.5'],
  MATRIX_QI: [6, 'By line: what Q becomes is QI * I + QQ * Q; i32 in 1/65536, -0.5 to 0.5'],
  MATRIX_QQ: [7, 'By line: i32 in 1/65536, 0.25 to 2'],
  TOGETHER: [8, 'By line: tones that every square window on it is demodulated by, one bit each, beside its own'],
  TONE_FREQUENCY: [9, 'Of all: frequency of the test tone, i32 in 1/4 Hz, -500 to 500 MHz'],
  TONE_AMPLITUDE: [10, 'Of all: its amplitude in 1/32768 of full scale, at most 65535'],
  SCOPE_SEQUENCER: [11, 'Of all: 1 + the sequencer whose windows are captured; 0: none'],
  SCOPE_LENGTH: [12, 'Of all: samples that a capture takes, 1 to 16384'],
  LENGTH: [13, 'Of all: window of a commanded measurement in ns, 4 to 2^24 - 4'],
});

export const readoutCommands = constantTable('READOUT_COMMAND', 'Commands of the readout, each about a line.', {
  CAPTURE_LINE: [
    1,
    'SCOPE_LENGTH samples of the line, from now on, go into the scope memory; nothing is played into it',
  ],
  CAPTURE_TONE: [2, 'Likewise of the test tone'],
  MEASURE_LINE: [
    3,
    'A window of LENGTH ns from now on is demodulated by the tones of TOGETHER; nothing is played into it',
  ],
  MEASURE_TONE: [4, 'Likewise of the test tone'],
  CLEAR_STATISTICS: [5, 'Statistics of all channels of the line begin anew'],
  CLEAR_COUNTERS: [6, 'Clip counters and peaks of the line begin anew'],
  CLEAR_SCOPE: [7, 'The captured samples have been read; the next capture overwrites nothing'],
  TAKE_PEAK: [8, 'The peak of the line since the last TAKE_PEAK becomes its RECENT_PEAK'],
});

export const readoutFigures = constantTable(
  'READOUT_FIGURE',
  'What is known of the readout. From MOMENTS_0 and MOMENTS_1 on: the statistics of a channel by state, READOUT_MOMENT_* added. From SETTINGS on: the settings, READOUT_SETTING_* added.',
  {
    WINDOWS: [0, 'By line: windows integrated since the release, modulo 2^32'],
    CLIPPED_I: [1, 'By line: samples of I that were out of range, at most 0xffffffff'],
    CLIPPED_Q: [2, 'Likewise of Q'],
    PEAK_I: [3, 'By line: largest sample of I, as a magnitude in codes, clipped: 2048 at most'],
    PEAK_Q: [4, 'Likewise of Q'],
    SUM_I_LOW: [5, 'By channel: I of its last window, i64 in units of the bins, low word'],
    SUM_I_HIGH: [6, 'High word'],
    SUM_Q_LOW: [7, 'Q, low word'],
    SUM_Q_HIGH: [8, 'High word'],
    SCOPE_COUNT: [9, 'Of all: samples captured; 0: none since the last CLEAR_SCOPE'],
    SCOPE_LINE: [10, 'Of all: line they are of'],
    SCOPE_CLIPPED: [11, 'Of all: bit 0: a sample of I was out of range, bit 1: one of Q'],
    FLAGS: [12, 'Of all: SEQUENCER_FLAG_* that the last window raises'],
    RECENT_PEAK: [
      13,
      'By line: largest sample of I or Q between the last two TAKE_PEAK, as a magnitude in codes, clipped: 2048 at most',
    ],
    MOMENTS_0: [32, 'By channel: statistics of the windows in state 0'],
    MOMENTS_1: [64, 'By channel: statistics of the windows in state 1'],
    SETTINGS: [96, 'Settings: as they were set last'],
  },
);

export const readoutMoments = constantTable(
  'READOUT_MOMENT',
  'Statistics of a channel, by the state that its qubit was prepared in: count and sums, from which mean and variance follow along any axis. Levels are sums divided by the length of the window, i32 in codes times READOUT_LEVEL_SCALE.',
  {
    COUNT: [0, 'Windows'],
    REACHED: [1, 'Those that reached the threshold of their sequencer'],
    I_LOW: [2, 'Sum of the levels of I, i64, low word'],
    I_HIGH: [3, 'High word'],
    Q_LOW: [4, 'Sum of the levels of Q, i64, low word'],
    Q_HIGH: [5, 'High word'],
    II_LOW: [6, 'Sum of the squares of I, 96 bits, low word'],
    II_MIDDLE: [7, 'Middle word'],
    II_HIGH: [8, 'High word'],
    QQ_LOW: [9, 'Sum of the squares of Q, 96 bits, low word'],
    QQ_MIDDLE: [10, 'Middle word'],
    QQ_HIGH: [11, 'High word'],
    IQ_LOW: [12, 'Sum of I times Q, 96 bits in two’s complement, low word'],
    IQ_MIDDLE: [13, 'Middle word'],
    IQ_HIGH: [14, 'High word'],
    END: [15, 'Every moment is below this'],
  },
);

export const readoutClears = constantTable('READOUT_CLEAR', 'What can be cleared.', {
  STATISTICS: [0, 'Of all channels of a line'],
  COUNTERS: [1, 'Clip counters and peaks of a line'],
  SCOPE: [2, 'What was captured'],
  TAKE_PEAK: [3, 'Nothing: the peak of a line since the last time becomes its recent peak'],
});

export const readoutPlaces = constantTable('READOUT_PLACE', 'Addresses in the memory of the module.', {
  SAMPLES: [0, 'Where samples are put to be fed or captured'],
  WEIGHTS: [1, 'Where weights are put, i32 in 1/32768 each'],
  SUMS: [2, 'Sums of the last window: i64 I, i64 Q'],
  STATE: [3, 'Settings, counters and statistics: all that has to be kept, beside what was captured'],
  STATE_SIZE: [4, 'Bytes there'],
  SCOPE: [5, 'What was captured: i16 I, i16 Q, in codes'],
});

export const ReadoutLimit = valuesOf(readoutLimits);
export const ReadoutSetting = valuesOf(readoutSettings);
export const ReadoutCommand = valuesOf(readoutCommands);
export const ReadoutFigure = valuesOf(readoutFigures);
export const ReadoutMoment = valuesOf(readoutMoments);
export const ReadoutClear = valuesOf(readoutClears);
export const ReadoutPlace = valuesOf(readoutPlaces);

export const readoutTables = [
  readoutLimits,
  readoutSettings,
  readoutCommands,
  readoutFigures,
  readoutMoments,
  readoutClears,
  readoutPlaces,
];

/** Custom section of the firmware's wasm module that holds the readout's module. */
export const readoutSectionName = 'coldrig.readout';
