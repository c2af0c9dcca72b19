// The classic core's calculations and jumps that are not of the second set alone: a stretch of them, in one loop.
//
// Most instructions of a program are executed here, so the loop calls nothing. Around a call the engine that runs this keeps every value of the loop in
// memory, and that took longer than the instructions themselves. For the same reason the loop counts instructions and steps; its caller knows the
// times, and says how many instructions may begin.
//
// What must stay true: an operand that is a register has been judged when the sequence was loaded (load.ts); a jump target has not, because it may
// come out of a register. Where operand b is a register, the opcode is even; where it is a number, odd (checkFirstSet in invariants.ts). Behind the
// last instruction of a program stands an illegal one.

import { Q1_WORD_A, Q1_WORD_B, Q1_WORD_SIZE, Q1_WORD_X } from '../../protocol/guest/generated/constants';
import {
  Q1_JUMP_TAKEN_STEPS,
  Q1_OP_ADD_I,
  Q1_OP_ADD_R,
  Q1_OP_AND_I,
  Q1_OP_AND_R,
  Q1_OP_ASL_I,
  Q1_OP_ASL_R,
  Q1_OP_ASR_I,
  Q1_OP_ASR_R,
  Q1_OP_JGE_R,
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
import { END, NEXT } from './core';
import { INSTRUCTIONS_MAX } from './layout';

/** A stretch has so many instructions at most that 32 bits hold their steps. */
export const STRETCH_MOST: u32 = 0x1_0000;
/** Steps of one instruction, with those of a jump: no more than this. */
export const STEPS_MOST: u32 = 8;
/** Where the steps stand in what runStretch returns. */
export const STEPS_SHIFT: u64 = 32;

const REGISTER_SHIFT: u32 = 2;
const WORD_SHIFT: u32 = 4;
const WORD_BITS: u32 = 32;

function register(core: usize, number: u32): usize {
  return core + ((<usize>number) << REGISTER_SHIFT);
}

/** What the register holds that operand a names. */
function registerA(core: usize, word: usize): u32 {
  return load<u32>(register(core, load<u32>(word, Q1_WORD_A)));
}

function put(core: usize, word: usize, value: u32): void {
  store<u32>(register(core, load<u8>(word, Q1_WORD_X)), value);
}

/** Beyond 31 everything is shifted out. */
function shiftedLeft(value: u32, by: u32): u32 {
  return by < WORD_BITS ? value << by : 0;
}

function shiftedRight(value: u32, by: u32): u32 {
  return by < WORD_BITS ? value >> by : 0;
}

function isJump(opcode: u32): bool {
  return opcode - Q1_OP_JMP_I <= Q1_OP_LOOP_R - Q1_OP_JMP_I;
}

/** Whether this jump is taken; a loop counts down. */
function isTaken(core: usize, word: usize, opcode: u32): bool {
  const x = register(core, load<u8>(word, Q1_WORD_X));
  if (opcode >= Q1_OP_LOOP_I) {
    const count = load<u32>(x) - 1;
    store<u32>(x, count);
    return count != 0;
  }
  return opcode <= Q1_OP_JMP_R || load<u32>(x) >= load<u32>(word, Q1_WORD_A) == opcode <= Q1_OP_JGE_R;
}

/** Where a jump goes: to the instruction with this index, or to the end of the program, where there is none. */
function target(core: usize, program: usize, index: u32): usize {
  return min<usize>(program + ((<usize>min(index, INSTRUCTIONS_MAX)) << WORD_SHIFT), load<u32>(core, END));
}

/**
 * Executes `most` instructions from `from` on, or fewer: up to one that is not executed here. Leaves in NEXT where it ended. Returns how many it
 * executed, and above them, from bit 32 on, their steps.
 */
export function runStretch(core: usize, from: usize, program: usize, costs: usize, most: u32): u64 {
  assert(most <= STRETCH_MOST, 'so many that 32 bits hold their steps');
  let word = from;
  let left = most;
  let steps: u32 = 0;
  while (left != 0) {
    const opcode: u32 = load<u8>(word);
    const b = (opcode & 1) != 0 ? word + Q1_WORD_B : register(core, load<u32>(word, Q1_WORD_B));
    switch (opcode) {
      case Q1_OP_NOP:
        break;
      case Q1_OP_MOVE_I:
        put(core, word, load<u32>(word, Q1_WORD_A));
        break;
      case Q1_OP_MOVE_R:
        put(core, word, registerA(core, word));
        break;
      case Q1_OP_NOT_I:
        put(core, word, ~load<u32>(word, Q1_WORD_A));
        break;
      case Q1_OP_NOT_R:
        put(core, word, ~registerA(core, word));
        break;
      case Q1_OP_ADD_I:
      case Q1_OP_ADD_R:
        put(core, word, registerA(core, word) + load<u32>(b));
        break;
      case Q1_OP_SUB_I:
      case Q1_OP_SUB_R:
        put(core, word, registerA(core, word) - load<u32>(b));
        break;
      case Q1_OP_AND_I:
      case Q1_OP_AND_R:
        put(core, word, registerA(core, word) & load<u32>(b));
        break;
      case Q1_OP_OR_I:
      case Q1_OP_OR_R:
        put(core, word, registerA(core, word) | load<u32>(b));
        break;
      case Q1_OP_XOR_I:
      case Q1_OP_XOR_R:
        put(core, word, registerA(core, word) ^ load<u32>(b));
        break;
      case Q1_OP_ASL_I:
      case Q1_OP_ASL_R:
        put(core, word, shiftedLeft(registerA(core, word), load<u32>(b)));
        break;
      case Q1_OP_ASR_I:
      case Q1_OP_ASR_R:
        put(core, word, shiftedRight(registerA(core, word), load<u32>(b)));
        break;
      default:
        if (!isJump(opcode)) return ended(core, word, steps, most - left);
        if (!isTaken(core, word, opcode)) break;
        left--;
        // The table has all steps of jmp, and of the others those of a jump that is not taken.
        steps += <u32>load<u8>(costs + opcode) + (opcode > Q1_OP_JMP_R ? Q1_JUMP_TAKEN_STEPS : 0);
        word = target(core, program, load<u32>(b));
        continue;
    }
    left--;
    steps += load<u8>(costs + opcode);
    word += Q1_WORD_SIZE;
  }
  return ended(core, word, steps, most);
}

function ended(core: usize, word: usize, steps: u32, executed: u32): u64 {
  assert(executed <= STRETCH_MOST, 'no more was executed than was to be');
  assert(
    steps >= executed && steps <= executed * STEPS_MOST,
    'every instruction takes a step, and none more than there are',
  );
  store<u32>(core, <u32>word, NEXT);
  return ((<u64>steps) << STEPS_SHIFT) | <u64>executed;
}
