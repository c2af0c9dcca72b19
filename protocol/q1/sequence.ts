// An assembled sequence as it is uploaded: header, instructions, tables, samples; little endian, every part aligned to 4 bytes.
//
//   header        40 bytes
//   instructions  16 bytes each                              encoding.ts
//   waveforms     {first sample u32, samples u32} each       indexed by waveform index; 0 samples: there is none
//   weights       likewise
//   acquisitions  number of bins u32 each                    indexed by acquisition index; 0: there is none
//   samples       i32 each: waveforms, then weights          value times 32768 without its fraction, -32768 ... 32768
//
// Samples are words, not halves, because 1.0 is legal in a sequence and is 32768: with a gain of 32767 it comes out as 32767.
// First samples count from the beginning of the samples of their own kind.

import { constantTable, valuesOf } from '../constants.ts';

export const sequenceLayout = constantTable('Q1_SEQUENCE', 'Header of an assembled sequence: offsets of u32 words.', {
  MAGIC: [0, 'Q1_SEQUENCE_MAGIC_VALUE'],
  VERSION: [4, 'Q1_SEQUENCE_VERSION_VALUE'],
  PROFILE: [8, 'Number of the profile it was assembled for'],
  LENGTH: [12, 'Bytes of the whole sequence, header included'],
  INSTRUCTIONS: [16, 'How many instructions'],
  WAVEFORMS: [20, 'How many rows the waveform table has: highest index and one'],
  WEIGHTS: [24, 'Rows of the weight table'],
  ACQUISITIONS: [28, 'Rows of the acquisition table'],
  WAVEFORM_SAMPLES: [32, 'Samples of all waveforms'],
  WEIGHT_SAMPLES: [36, 'Samples of all weights'],
  HEADER_SIZE: [40, 'Bytes of the header'],
  MAGIC_VALUE: [0x5153_3151, '"Q1SQ"'],
  VERSION_VALUE: [1, 'Version of this layout'],
  ROW_SIZE: [8, 'Bytes of a row of the waveform and weight tables'],
  FULL_SCALE: [32768, 'Sample of 1.0'],
});

export const SequenceLayout = valuesOf(sequenceLayout);
