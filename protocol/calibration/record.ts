// The calibration record as it lies in flash, and what its payload says: corrections of the readout's inputs, of the sequencers' outputs and of the thermometers.
//
//   place, 1024 bytes: four in each of the two sectors          payload, version 1: every field is an i32 or u32
//      0  u32  magic                                               0      2 lines of 24 bytes         corrections of an input
//      4  u32  version of the payload                             48     16 channels of 24 bytes      what a readout channel listens to
//      8  u32  bytes of the payload, a multiple of 8             432      6 sequencers of 24 bytes    corrections of an output
//     12  u32  sequence, higher in each newer record             576      6 thermometers of 8 bytes
//     16  u32  CRC-32 of the payload                             624      end
//     20  u32  CRC-32 of bytes 0 to 19
//     24       payload
//
// The newest record whose checksums hold is in force. Records are appended; the sector with the newest one is never erased. So at any moment one sector
// holds a whole record, and a record costs three program operations, and an erase where its sector is full.
// What must stay true: a field that is zero corrects nothing, so a record that is shorter than its reader's table is completed with zeros. Later
// versions add fields behind those that are here and change none of them: so each firmware reads the records of another.

import { constantTable, valuesOf } from '../constants.ts';
import { ReadoutLimit } from '../readout/module.ts';

export const calibrationTable = constantTable('CALIBRATION', 'Layout of a calibration record, offsets in bytes.', {
  MAGIC_VALUE: [0x3152_4343, '"CCR1"'],
  VERSION_VALUE: [1, 'Version of the payload that this table describes'],
  PLACE_SIZE: [1024, 'Bytes a record has room in'],
  MAGIC: [0, 'u32'],
  VERSION: [4, 'u32'],
  LENGTH: [8, 'u32: bytes of the payload'],
  SEQUENCE: [12, 'u32: not 0, and higher in each newer record; places that a power cut spoiled leave gaps'],
  CRC: [16, 'u32: CRC-32 (IEEE) of the payload'],
  HEAD_CRC: [20, 'u32: CRC-32 of everything before it'],
  PAYLOAD: [24, 'Where the payload begins'],
  PAYLOAD_MAX: [1000, 'Bytes of the longest payload'],
  PAYLOAD_SIZE: [624, 'Bytes of a payload of this version'],
  LINES: [0, 'In the payload: first line'],
  LINE_COUNT: [2, 'Converter lines'],
  LINE_SIZE: [24, 'Bytes of a line'],
  CHANNELS: [48, 'In the payload: first readout channel; it is line * 8 + tone'],
  CHANNEL_COUNT: [16, 'Readout channels'],
  CHANNEL_SIZE: [24, 'Bytes of a channel'],
  SEQUENCERS: [432, 'In the payload: first sequencer'],
  SEQUENCER_COUNT: [6, 'Sequencers'],
  SEQUENCER_SIZE: [24, 'Bytes of a sequencer'],
  THERMOMETERS: [576, 'In the payload: first thermometer'],
  THERMOMETER_COUNT: [6, 'Thermometers'],
  THERMOMETER_SIZE: [8, 'Bytes of a thermometer'],
});

export const calibrationLineTable = constantTable('CALLINE', 'Fields of a converter line, offsets in bytes.', {
  OFFSET_I: [0, 'i32 in 1/256 of a converter step: what the converter of I shows without a signal'],
  OFFSET_Q: [4, 'i32: that of Q'],
  GAIN: [8, 'i32 in 1/2^20: by how much more than 1 both are multiplied'],
  IMBALANCE: [12, 'i32 in 1/2^20: by how much more than I the converter of Q shows'],
  SKEW: [16, 'i32 in 1/2^20 rad: by how much more than a quarter turn Q is from I'],
  DELAY: [20, 'i32 in ns: how much later than the drive its answer arrives'],
  OFFSET_MOST: [
    ReadoutLimit.OFFSET_MOST,
    'Largest offset that is stored, either sign: 512 steps, which is what the readout can take off',
  ],
  GAIN_MOST: [0x8_0000, 'Largest gain, either sign: a half'],
  IMBALANCE_MOST: [
    0x3_0000,
    'Largest imbalance that is stored, either sign; with every gain and skew the readout can correct it',
  ],
  SKEW_MOST: [0x3_0000, 'Largest skew that is stored, either sign'],
  EVER_MOST: [0x8_0000, 'Largest of each that older firmware stored; it is applied as far as the readout can'],
  DELAY_MOST: [10_000, 'Largest delay'],
});

export const calibrationChannelTable = constantTable('CALCHANNEL', 'Fields of a readout channel, offsets in bytes.', {
  FLAGS: [0, 'u32: FLAG_*'],
  FREQUENCY: [4, 'i32 in 1/4 Hz: the tone of the channel on its line'],
  PHASE: [8, 'u32 in turns / 4e9: the phase its tone comes back with'],
  ROTATION_COS: [12, 'i32 in 1/2^30: cosine of the rotation before the threshold'],
  ROTATION_SIN: [16, 'i32 in 1/2^30: its sine'],
  THRESHOLD: [20, 'i32 in full scale times ns: threshold of the rotated sum'],
  FLAG_TONE: [1, 'In FLAGS: frequency and phase are calibrated'],
  FLAG_THRESHOLD: [2, 'In FLAGS: rotation and threshold are calibrated'],
  FLAGS_ALL: [3, 'All flags there are'],
  FREQUENCY_MOST: [0x7735_9400, 'Largest frequency, either sign: 500 MHz'],
  PHASE_TURN: [0xee6b_2800, 'A whole turn: no phase reaches it'],
  ROTATION_ONE: [0x4000_0000, 'A cosine of 1'],
});

export const calibrationSequencerTable = constantTable('CALSEQ', 'Fields of a sequencer, offsets in bytes.', {
  GAIN_0: [0, 'i32 in 1/2^20: by how much more than 1 path 0 is multiplied'],
  GAIN_1: [4, 'i32: path 1'],
  CROSS: [8, 'i32 in 1/2^20: how much of path 1 is added to path 0, against a mixer whose quarter turn is none'],
  OFFSET_0: [12, 'i32 in steps of the output: added to path 0'],
  OFFSET_1: [16, 'i32: path 1'],
  PHASE: [20, 'u32 in turns / 4e9: added to the phase of its oscillator'],
  GAIN_MOST: [0x8_0000, 'Largest gain and cross, either sign: a half'],
  OFFSET_MOST: [0x7fff, 'Largest offset, either sign: full scale'],
});

export const calibrationThermometerTable = constantTable('CALTHERM', 'Fields of a thermometer, offsets in bytes.', {
  OFFSET: [0, 'i32 in uK: added to the temperature of its curve'],
  SPARE: [4, 'Zero'],
  OFFSET_MOST: [2_000_000, 'Largest offset, either sign'],
});

export const calibrationTables = [
  calibrationTable,
  calibrationLineTable,
  calibrationChannelTable,
  calibrationSequencerTable,
  calibrationThermometerTable,
];

export const Calibration = valuesOf(calibrationTable);
export const CalLine = valuesOf(calibrationLineTable);
export const CalChannel = valuesOf(calibrationChannelTable);
export const CalSequencer = valuesOf(calibrationSequencerTable);
export const CalThermometer = valuesOf(calibrationThermometerTable);
