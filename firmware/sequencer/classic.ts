// The classic core: one loop around one switch.
//
// It runs ahead of real time, instruction by instruction, until something makes it wait. What must stay true: an operand that is a register
// has been judged when the sequence was loaded (load.ts); a jump target has not, for it may come out of a register.

import {
  Q1_WORD_A,
  Q1_WORD_B,
  Q1_WORD_SIZE,
  Q1_WORD_X,
  SEQUENCER_FLAG_SEQUENCE_PROCESSOR_Q1_ILLEGAL_INSTRUCTION,
  SEQUENCER_SETTING_COST_MODEL,
  SEQUENCER_STATE_RUNNING,
} from '../../protocol/guest/generated/constants';
import {
  Q1_COST_ROWS,
  Q1_JUMP_TAKEN_STEPS,
  Q1_OP_ADD_I,
  Q1_OP_ADD_R,
  Q1_OP_AND_I,
  Q1_OP_AND_R,
  Q1_OP_ASL_I,
  Q1_OP_ASL_R,
  Q1_OP_ASR_I,
  Q1_OP_ASR_R,
  Q1_OP_ILLEGAL,
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
  Q1_OP_STOP,
  Q1_OP_SUB_I,
  Q1_OP_SUB_R,
  Q1_OP_XOR_I,
  Q1_OP_XOR_R,
  Q1_OPCODE_COUNT,
  Q1_REAL_TIME_OPCODE,
  Q1_STEP_NS,
} from '../../protocol/guest/generated/instructions';
import {
  CLASSIC_TIME,
  END,
  EXECUTED_HERE,
  FAULT_INDEX,
  FAULT_TIME,
  indexOf,
  isRunning,
  NEXT,
  REST,
  REST_BUDGET,
  REST_HORIZON,
  REST_INPUT,
  REST_NONE,
  REST_RECORDS,
  REST_STOPPED,
  REST_SYNC,
  REST_TRIGGER,
  REST_UNTIL,
  REST_WINDOW,
  setFlag,
  settingOf,
  TIME,
} from './core';
import { checkCore } from './invariants';
import { latchParameter } from './latched';
import { INSTRUCTIONS_MAX, PROGRAM_SIZE, PROGRAMS, UNTIL, WINDOW } from './layout';
import { DONE } from './queue';
import { AFTER_SUMS, AFTER_SYNC, AFTER_TRIGGER, AFTER_UNTIL, executeRealTime, STOPPED } from './real-time';
import { recordsFull } from './records';
import { stopClassic } from './stop';

const WORD_SHIFT: u32 = 4;
const STRAIGHT_ON: u32 = 0xffffffff;
const JUMP_NS: i64 = <i64>(Q1_JUMP_TAKEN_STEPS * Q1_STEP_NS);

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
  return min<u32>(register(core, word, Q1_WORD_B), STRAIGHT_ON - 1);
}

/** Where a jump goes, or STRAIGHT_ON when it is not taken. */
function jumpTarget(core: usize, word: usize, opcode: u32): u32 {
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
function calculate(core: usize, word: usize, opcode: u32): bool {
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

/** Runs a core for at most `budget` instructions; returns how many. REST says why it came to rest. */
export function runClassic(core: usize, budget: u32): u32 {
  checkCore(core);
  const program = PROGRAMS + indexOf(core) * PROGRAM_SIZE;
  const end: usize = load<u32>(core, END);
  const instructions = <u32>((end - program) >> WORD_SHIFT);
  const until = load<i64>(UNTIL);
  const window = load<i64>(WINDOW);
  const costs = Q1_COST_ROWS + settingOf(core, SEQUENCER_SETTING_COST_MODEL) * Q1_OPCODE_COUNT;
  let word: usize = load<u32>(core, NEXT);
  assert(end >= program && end <= program + PROGRAM_SIZE, 'a program lies in the place of its core');
  assert(word >= program && word <= end, 'the next instruction is one of the program, or its end');
  assert(((end - program) & (Q1_WORD_SIZE - 1)) == 0 && ((word - program) & (Q1_WORD_SIZE - 1)) == 0, 'whole words');
  let time = load<i64>(core, CLASSIC_TIME);
  assert(time >= 0, 'a time since the release');
  const startTime = time;
  let left = budget;
  let rest: u32 = REST_BUDGET;
  while (left != 0) {
    if (time >= until) {
      rest = REST_UNTIL;
      break;
    }
    const opcode: u32 = word < end ? load<u8>(word) : Q1_OP_ILLEGAL;
    const before = time;
    time += <i64>(<u32>load<u8>(costs + opcode) * Q1_STEP_NS);
    if (opcode >= Q1_REAL_TIME_OPCODE) {
      store<i64>(core, time, CLASSIC_TIME);
      rest = realTime(core, word, opcode, <u32>((word - program) >> WORD_SHIFT), window);
      if (rest != REST_NONE) {
        // What could not be decided is executed again, and its steps are counted then. One that waits for its sums was executed.
        time = rest == REST_STOPPED || rest == REST_INPUT ? load<i64>(core, CLASSIC_TIME) : before;
        if (rest == REST_INPUT) {
          left--;
          word += Q1_WORD_SIZE;
        }
        break;
      }
      time = load<i64>(core, CLASSIC_TIME);
      rest = REST_BUDGET;
    } else if (opcode - Q1_OP_JMP_I <= Q1_OP_LOOP_R - Q1_OP_JMP_I) {
      const jump = jumpTarget(core, word, opcode);
      if (jump != STRAIGHT_ON) {
        // The table has all steps of jmp, and of the others those of a jump that is not taken.
        if (opcode >= Q1_OP_JGE_I) time += JUMP_NS;
        left--;
        word = jump < instructions ? program + ((<usize>jump) << WORD_SHIFT) : end;
        continue;
      }
    } else if (!calculate(core, word, opcode)) {
      rest = endClassic(core, opcode, <u32>((word - program) >> WORD_SHIFT), time);
      // What found no room for a record is executed again, and its steps are counted then.
      if (rest == REST_RECORDS) time -= <i64>(<u32>load<u8>(costs + opcode) * Q1_STEP_NS);
      break;
    }
    left--;
    word += Q1_WORD_SIZE;
  }
  store<u32>(core, <u32>word, NEXT);
  store<i64>(core, time, CLASSIC_TIME);
  store<u32>(core, rest, REST);
  assert(left <= budget && rest != REST_NONE, 'a run has an end, and a reason for it');
  assert(time >= startTime, 'time of the classic core never goes back');
  assert(word >= program && word <= end, 'the next instruction is one of the program, or its end');
  const executed = budget - left;
  store<u64>(core, load<u64>(core, EXECUTED_HERE) + executed, EXECUTED_HERE);
  return executed;
}

/** A real-time instruction at CLASSIC_TIME. REST_NONE: executed, and CLASSIC_TIME is when the core goes on. */
function realTime(core: usize, word: usize, opcode: u32, index: u32, window: i64): u32 {
  assert(opcode >= Q1_REAL_TIME_OPCODE && opcode < Q1_OPCODE_COUNT, 'an opcode of the real-time class');
  if (recordsFull()) return REST_RECORDS;
  if (load<i64>(core, TIME) > window) return REST_WINDOW;
  const outcome = executeRealTime(core, word, opcode, index);
  if (outcome == DONE) return REST_NONE;
  if (outcome == STOPPED) return REST_STOPPED;
  assert(isRunning(core, SEQUENCER_STATE_RUNNING), 'only a core that runs can wait');
  assert(outcome <= AFTER_UNTIL, 'an instruction is executed, ends its sequencer, or waits');
  if (outcome == AFTER_SUMS) return REST_INPUT;
  if (outcome == AFTER_UNTIL) return REST_UNTIL;
  return outcome == AFTER_SYNC ? REST_SYNC : outcome == AFTER_TRIGGER ? REST_TRIGGER : REST_HORIZON;
}

/** stop, an instruction that is none, or one that waits for room for a record: REST_RECORDS. */
function endClassic(core: usize, opcode: u32, index: u32, time: i64): u32 {
  assert(opcode < Q1_REAL_TIME_OPCODE, 'the real-time core ends a sequencer by itself');
  assert(index <= INSTRUCTIONS_MAX, 'an instruction of the program, or its end');
  // One that has no code reports nothing: with room for a record, what is not stop is illegal.
  if (opcode != Q1_OP_STOP && opcode != Q1_OP_ILLEGAL && recordsFull()) return REST_RECORDS;
  assert(index < INSTRUCTIONS_MAX || opcode == Q1_OP_ILLEGAL, 'behind the last instruction stands an illegal one');
  if (opcode != Q1_OP_STOP) {
    setFlag(core, SEQUENCER_FLAG_SEQUENCE_PROCESSOR_Q1_ILLEGAL_INSTRUCTION);
    store<u32>(core, index, FAULT_INDEX);
    store<i64>(core, time, FAULT_TIME);
  }
  store<i64>(core, time, CLASSIC_TIME);
  stopClassic(core);
  return REST_STOPPED;
}
