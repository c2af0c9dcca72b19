// The interface of the readout's module (firmware/readout): its exports, and what they return.
//
//   reset()                          once, on zeroed memory
//   configure(item, setting, value)  of a channel, a line, or of all                      -> 1, or 0 when refused
//   open(channel, phase, length)     a window opens: the phase of its tones at its first sample in 1/4e9 turn, its length in ns
//   feed(count)                      the next samples of the window are at READOUT_PLACE_SAMPLES
//   figure(which, index)             what is known                                        -> READOUT_FIGURE_*
//   place(which)                     where in its memory something is                     -> READOUT_PLACE_*
//
// Samples are i32 pairs, I and Q, in codes that may exceed the range of the converter: they are clipped here. A window is complete when as many samples
// were fed as it is long; its sums are then at READOUT_PLACE_SUMS.

import { constantTable, valuesOf } from '../constants.ts';

export const readoutLimits = constantTable('READOUT', 'What the readout of the chip has.', {
  LINES: [2, 'Lines, each with a converter for I and one for Q'],
  TONES: [8, 'Tones that a line is demodulated by in one pass'],
  CHANNELS: [16, 'Channels: line * 8 + tone'],
  FULL_SCALE: [2048, 'Codes are -2048 to 2047'],
  SUM_SCALE: [16, 'Sums are codes times ns times this: the units of the bins'],
  WINDOW_MAX: [0xff_fffc, 'Longest window in ns'],
  PIECE: [16_384, 'Most samples fed at once, and a multiple of the block'],
  BLOCK: [1024, 'Samples that are integrated before the tone is turned to its exact phase again'],
});

export const readoutSettings = constantTable('READOUT_SETTING', 'Settings of the readout.', {
  FREQUENCY: [0, 'By channel: frequency of its tone, i32 in 1/4 Hz, -500 to 500 MHz'],
  PHASE: [1, 'By channel: added to the phase of its tone, in 1/4e9 turn'],
});

export const readoutFigures = constantTable('READOUT_FIGURE', 'What is known of the readout.', {
  WINDOWS: [0, 'By line: windows integrated since the release, modulo 2^32'],
  CLIPPED_I: [1, 'By line: samples of I that were out of range, at most 0xffffffff'],
  CLIPPED_Q: [2, 'Likewise of Q'],
  PEAK_I: [3, 'By line: largest sample of I, as a magnitude in codes, clipped: 2048 at most'],
  PEAK_Q: [4, 'Likewise of Q'],
});

export const readoutPlaces = constantTable('READOUT_PLACE', 'Addresses in the memory of the module.', {
  SAMPLES: [0, 'Where samples are put to be fed'],
  SUMS: [1, 'Sums of the last window: i64 I, i64 Q'],
  STATE: [2, 'Settings, counters and figures: all that has to be kept'],
  STATE_SIZE: [3, 'Bytes there'],
});

export const ReadoutLimit = valuesOf(readoutLimits);
export const ReadoutSetting = valuesOf(readoutSettings);
export const ReadoutFigure = valuesOf(readoutFigures);
export const ReadoutPlace = valuesOf(readoutPlaces);

export const readoutTables = [readoutLimits, readoutSettings, readoutFigures, readoutPlaces];

/** Custom section of the firmware's wasm module that holds the readout's module. */
export const readoutSectionName = 'coldrig.readout';
