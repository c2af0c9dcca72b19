// What the instructions of the first set do on the classic core, those that both sets have included: one switch for calculations, one for jumps.
//
// What must stay true: an operand that is a register has been judged when the sequence was loaded (load.ts); a jump target has not, for it may
// come out of a register.

import { Q1_WORD_A, Q1_WORD_B, Q1_WORD_X } from '../../protocol/guest/generated/constants';
import {
  Q1_OP_ADD_I,
  Q1_OP_ADD_R,
  Q1_OP_AND_I,
  Q1_OP_AND_R,
  Q1_OP_ASL_I,
  Q1_OP_ASL_R,
  Q1_OP_ASR_I,
  Q1_OP_ASR_R,
  Q1_OP_JGE_I,
  Q1_OP_JGE_R,
  Q1_OP_JLT_I,
  Q1_OP_JLT_R,
  Q1_OP_JMP_I,
  Q1_OP_JMP_R,
  Q1_OP_LOOP_I,
  Q1_OP_LOOP_R,
  Q1_OP_MOVE_I,
  Q1_OP_MOVE_R,
  Q1_OP_NOP,
  Q1_OP_NOT_I,
  Q1_OP_NOT_R,
  Q1_OP_OR_I,
  Q1_OP_OR_R,
  Q1_OP_SUB_I,
  Q1_OP_SUB_R,
  Q1_OP_XOR_I,
  Q1_OP_XOR_R,
} from '../../protocol/guest/generated/instructions';
import { latchParameter } from './latched';
import { STRAIGHT_ON, TARGET_MOST } from './second-set';

function register(core: usize, word: usize, field: usize): u32 {
  return load<u32>(core + (load<u32>(word + field) << 2));
}

function x(core: usize, word: usize): u32 {
  return load<u32>(core + ((<usize>load<u8>(word, Q1_WORD_X)) << 2));
}

function setX(core: usize, word: usize, value: u32): bool {
  store<u32>(core + ((<usize>load<u8>(word, Q1_WORD_X)) << 2), value);
  return true;
}

/** Beyond 31 everything is shifted out. */
function shiftedLeft(value: u32, by: u32): u32 {
  return by > 31 ? 0 : value << by;
}

function shiftedRight(value: u32, by: u32): u32 {
  return by > 31 ? 0 : value >> by;
}

function a(word: usize): u32 {
  return load<u32>(word, Q1_WORD_A);
}

function b(word: usize): u32 {
  return load<u32>(word, Q1_WORD_B);
}

/** A jump target out of a register. No register value is taken for STRAIGHT_ON: one that large lies beyond every program anyway. */
function target(core: usize, word: usize): u32 {
  return min<u32>(register(core, word, Q1_WORD_B), TARGET_MOST);
}

/** Where a jump goes, or STRAIGHT_ON when it is not taken. */
export function jumpTarget(core: usize, word: usize, opcode: u32): u32 {
  switch (opcode) {
    case Q1_OP_JMP_I:
      return b(word);
    case Q1_OP_JMP_R:
      return target(core, word);
    case Q1_OP_JGE_I:
      return x(core, word) >= a(word) ? b(word) : STRAIGHT_ON;
    case Q1_OP_JGE_R:
      return x(core, word) >= a(word) ? target(core, word) : STRAIGHT_ON;
    case Q1_OP_JLT_I:
      return x(core, word) < a(word) ? b(word) : STRAIGHT_ON;
    case Q1_OP_JLT_R:
      return x(core, word) < a(word) ? target(core, word) : STRAIGHT_ON;
    case Q1_OP_LOOP_I:
      setX(core, word, x(core, word) - 1);
      return x(core, word) != 0 ? b(word) : STRAIGHT_ON;
    case Q1_OP_LOOP_R:
      setX(core, word, x(core, word) - 1);
      return x(core, word) != 0 ? target(core, word) : STRAIGHT_ON;
    default:
      assert(false, 'every jump of the table has code');
      return STRAIGHT_ON;
  }
}

/** Every other instruction that does not end the program; false for those that do, and for one that must wait for room for records. */
export function calculate(core: usize, word: usize, opcode: u32): bool {
  switch (opcode) {
    case Q1_OP_NOP:
      return true;
    case Q1_OP_MOVE_I:
      return setX(core, word, a(word));
    case Q1_OP_MOVE_R:
      return setX(core, word, register(core, word, Q1_WORD_A));
    case Q1_OP_NOT_I:
      return setX(core, word, ~a(word));
    case Q1_OP_NOT_R:
      return setX(core, word, ~register(core, word, Q1_WORD_A));
    case Q1_OP_ADD_I:
      return setX(core, word, register(core, word, Q1_WORD_A) + b(word));
    case Q1_OP_ADD_R:
      return setX(core, word, register(core, word, Q1_WORD_A) + register(core, word, Q1_WORD_B));
    case Q1_OP_SUB_I:
      return setX(core, word, register(core, word, Q1_WORD_A) - b(word));
    case Q1_OP_SUB_R:
      return setX(core, word, register(core, word, Q1_WORD_A) - register(core, word, Q1_WORD_B));
    case Q1_OP_AND_I:
      return setX(core, word, register(core, word, Q1_WORD_A) & b(word));
    case Q1_OP_AND_R:
      return setX(core, word, register(core, word, Q1_WORD_A) & register(core, word, Q1_WORD_B));
    case Q1_OP_OR_I:
      return setX(core, word, register(core, word, Q1_WORD_A) | b(word));
    case Q1_OP_OR_R:
      return setX(core, word, register(core, word, Q1_WORD_A) | register(core, word, Q1_WORD_B));
    case Q1_OP_XOR_I:
      return setX(core, word, register(core, word, Q1_WORD_A) ^ b(word));
    case Q1_OP_XOR_R:
      return setX(core, word, register(core, word, Q1_WORD_A) ^ register(core, word, Q1_WORD_B));
    case Q1_OP_ASL_I:
      return setX(core, word, shiftedLeft(register(core, word, Q1_WORD_A), b(word)));
    case Q1_OP_ASL_R:
      return setX(core, word, shiftedLeft(register(core, word, Q1_WORD_A), register(core, word, Q1_WORD_B)));
    case Q1_OP_ASR_I:
      return setX(core, word, shiftedRight(register(core, word, Q1_WORD_A), b(word)));
    case Q1_OP_ASR_R:
      return setX(core, word, shiftedRight(register(core, word, Q1_WORD_A), register(core, word, Q1_WORD_B)));
    default:
      return latchParameter(core, word, opcode);
  }
}
