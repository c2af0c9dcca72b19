// What the sequencers report while they run: records of 32 bytes, eight words each, little endian.
//
//    word 0   kind u8 | sequencer u8 | program index u16 (INDEX_NONE where there is none)
//    word 1   slack i32: ns from its arrival in the queue to its time, saturated; 0 where it means nothing
//    word 2   time in ns since the chip released the sequencers, low word; word 3: high word
//    word 4 to 7, by kind:
//
//    EXECUTE    ns it took, waiting included | bit 0: skipped by its condition | 0 | 0
//    COMMIT     duration u16, marker u4, play u1 | gain 0 i16, gain 1 i16 | offset 0 i16, offset 1 i16 | wave 0 u16, wave 1 u16
//    NCO        frequency i32 in 1/4 Hz | phase offset | relative and accumulated phase | 0; phases in 1/4e9 turn, in force from
//               this time on: phase(t) = (offset + relative + frequency * t) mod 4e9
//    ACQUIRE    bin | acquisition u8, type u8 | length in ns | weight 0 u16, weight 1 u16
//    RESULT     bin | acquisition u8, state u8 | sum of path 0 i32 | of path 1, saturated; its time is the end of the window
//    TRIGGER    address | ns it waited for the grid | bit 0: lost in a conflict, bit 1: missed | 0; its time is the send
//    SYNC       ns it waited for the others | 0 | 0 | 0
//    STOPPED    flags | 0 | 0 | 0; its time is that of the real-time core
//    UNDERFLOW  0 | 0 | 0 | 0; slack is how much too late it was, negative
//    VALUE      what the register held | what is taken of it | 0 | 0; its time is that of the next real-time instruction
//
// One instruction may leave several records: NCO and ACQUIRE stand before the COMMIT they belong to, RESULT after it.

import { constantTable, valuesOf } from '../constants.ts';

export const sequencerRecords = constantTable('SEQUENCER_RECORD', 'Records of the sequencers.', {
  SIZE: [32, 'Bytes of a record'],
  INDEX_NONE: [0xffff, 'No instruction belongs to it'],
  EXECUTE: [1, 'A real-time instruction that commits nothing, or that was skipped'],
  COMMIT: [2, 'A real-time instruction that commits: what is at the outputs from now on'],
  NCO: [3, 'The oscillator changed'],
  ACQUIRE: [4, 'An acquisition window opens'],
  RESULT: [5, 'An acquisition is complete'],
  TRIGGER: [6, 'A trigger is sent, or lost'],
  SYNC: [7, 'All synchronised sequencers are there'],
  STOPPED: [8, 'The real-time core has stopped'],
  UNDERFLOW: [9, 'An instruction came too late'],
  VALUE: [10, 'A register held what its instruction cannot take'],
  TYPE_SQUARE: [0, 'Acquisition over a square window'],
  TYPE_WEIGHED: [1, 'Weighed acquisition'],
  TYPE_TTL: [2, 'Count of threshold crossings'],
});

export const SequencerRecord = valuesOf(sequencerRecords);
