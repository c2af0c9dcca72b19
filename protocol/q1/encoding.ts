// How one instruction lies in the sequencer's memory: 16 bytes, little endian, decoded already.
//
//    0       1      2         4        8        12      14
//   +-------+------+---------+--------+--------+-------+------+
//   | opcode|  x   | duration|   a    |   b    |   c   | line |
//   |  u8   |  u8  |  u16    |  u32   |  u32   |  u16  |  u16 |
//   +-------+------+---------+--------+--------+-------+------+
//
// Which operand is in which field is the form's business (instructions.ts): destinations, counters and acquisition indices are
// in x, jump targets always in b. A signed operand is in two's complement over the whole field. What must stay true: fields a
// form does not use are zero, and every operand is in its range, so that the core need not look again.
// `line` is the line of the source, from 1, or 0 where it is unknown or above 65535; it is there for messages and changes nothing.

import { constantTable, valuesOf } from '../constants.ts';

export const wordLayout = constantTable('Q1_WORD', 'Offsets in an instruction word, in bytes.', {
  OPCODE: [0, 'Opcode, u8'],
  X: [1, 'Small operand or register, u8'],
  DURATION: [2, 'Immediate duration in ns, u16'],
  A: [4, 'Operand, u32'],
  B: [8, 'Operand or jump target, u32'],
  C: [12, 'Third operand, u16'],
  LINE: [14, 'Line of the source from 1; 0 is unknown, u16'],
  SIZE: [16, 'Bytes of an instruction'],
});

export const InstructionWord = valuesOf(wordLayout);
