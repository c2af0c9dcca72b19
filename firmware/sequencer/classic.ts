// The classic core: the loop that takes one instruction after another, or a stretch of them. What they do is in first-set.ts, second-set.ts and
// real-time.ts.
//
// It runs ahead of real time until something makes it wait. What must stay true: its time is that of the table of costs, and an instruction that
// has to wait has changed nothing.

import {
  Q1_WORD_SIZE,
  SEQUENCER_FLAG_SEQUENCE_PROCESSOR_Q1_ILLEGAL_INSTRUCTION,
  SEQUENCER_SETTING_COST_MODEL,
  SEQUENCER_STATE_RUNNING,
} from '../../protocol/guest/generated/constants';
import {
  Q1_COST_ROWS,
  Q1_JUMP_TAKEN_STEPS,
  Q1_OP_ILLEGAL,
  Q1_OP_NOP,
  Q1_OP_SET_MRK_I,
  Q1_OP_STOP,
  Q1_OPCODE_COUNT,
  Q1_REAL_TIME_OPCODE,
  Q1_SECOND_SET_OPCODE,
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
import { runStretch, STEPS_MOST, STEPS_SHIFT, STRETCH_MOST } from './first-set';
import { checkCore } from './invariants';
import { latchParameter } from './latched';
import { INSTRUCTIONS_MAX, PROGRAM_SIZE, PROGRAMS, UNTIL, WINDOW } from './layout';
import { DONE } from './queue';
import { AFTER_SUMS, AFTER_SYNC, AFTER_TRIGGER, AFTER_UNTIL, executeRealTime, STOPPED } from './real-time';
import { recordsFull } from './records';
import { executeSecondSet, NO_CODE, STOPS, STRAIGHT_ON } from './second-set';
import { stopClassic } from './stop';

const WORD_SHIFT: u32 = 4;
const SLOWEST_NS: u32 = STEPS_MOST * Q1_STEP_NS;
const STRETCH_NS: i64 = <i64>(STRETCH_MOST * SLOWEST_NS);
const JUMP_NS: i64 = <i64>(Q1_JUMP_TAKEN_STEPS * Q1_STEP_NS);

/** The index of the instruction in this place. */
function indexAt(word: usize, program: usize): u32 {
  assert(word >= program, 'a place in the program');
  assert(((word - program) & (Q1_WORD_SIZE - 1)) == 0, 'where an instruction begins');
  assert(word <= program + PROGRAM_SIZE, 'not beyond its end');
  return <u32>((word - program) >> WORD_SHIFT);
}

function stepsNs(costs: usize, opcode: u32): i64 {
  return <i64>(<u32>load<u8>(costs + opcode) * Q1_STEP_NS);
}

/** How many instructions may begin in the next `ns`, whatever they are: one more than the slowest of them would fill. */
function mayBegin(ns: i64, left: u32): u32 {
  if (ns >= STRETCH_NS) return min(left, STRETCH_MOST);
  assert(ns > 0, 'the next one may begin');
  return min(left, <u32>(<u32>(ns - 1) / SLOWEST_NS) + 1);
}

/** The instruction with this index, or the end of the program, where there is none. */
function wordAt(index: u32, program: usize, instructions: u32): usize {
  return program + ((<usize>min(index, instructions)) << WORD_SHIFT);
}

function checkPlace(program: usize, end: usize, word: usize): void {
  assert(end >= program && end < program + PROGRAM_SIZE, 'a program lies in the place of its core');
  assert(word >= program, 'the next instruction is one of the program');
  assert(word <= end, 'or its end');
  assert(load<u8>(end) == Q1_OP_ILLEGAL, 'behind the last instruction stands an illegal one');
  assert(((end - program) & (Q1_WORD_SIZE - 1)) == 0, 'a program is whole words');
  assert(((word - program) & (Q1_WORD_SIZE - 1)) == 0, 'an instruction begins where a word begins');
}

/** Runs a core for at most `budget` instructions; returns how many. REST says why it came to rest. */
export function runClassic(core: usize, budget: u32): u32 {
  checkCore(core);
  const program = PROGRAMS + indexOf(core) * PROGRAM_SIZE;
  const end: usize = load<u32>(core, END);
  const instructions = indexAt(end, program);
  const until = load<i64>(UNTIL);
  const window = load<i64>(WINDOW);
  const costs = Q1_COST_ROWS + settingOf(core, SEQUENCER_SETTING_COST_MODEL) * Q1_OPCODE_COUNT;
  let word: usize = load<u32>(core, NEXT);
  checkPlace(program, end, word);
  let time = load<i64>(core, CLASSIC_TIME);
  const startTime = time;
  let left = budget;
  let rest: u32 = REST_BUDGET;
  while (left != 0) {
    if (time >= until) {
      rest = REST_UNTIL;
      break;
    }
    const opcode: u32 = load<u8>(word);
    // A nop stands between other instructions in most programs of the second set: alone it is not worth a stretch.
    if (opcode < Q1_OP_SET_MRK_I && opcode != Q1_OP_NOP) {
      const stretch = runStretch(core, word, program, costs, mayBegin(until - time, left));
      const executed = <u32>stretch;
      word = load<u32>(core, NEXT);
      time += <i64>(stretch >> STEPS_SHIFT) * Q1_STEP_NS;
      left -= executed;
      if (executed != 0) continue;
    }
    time += stepsNs(costs, opcode);
    if (opcode >= Q1_REAL_TIME_OPCODE) {
      if (opcode >= Q1_SECOND_SET_OPCODE) {
        const jump = executeSecondSet(core, word, opcode);
        if (jump == STOPS || jump == NO_CODE) {
          rest = endClassic(core, jump == STOPS ? Q1_OP_STOP : Q1_OP_ILLEGAL, indexAt(word, program), time);
          break;
        }
        if (jump != STRAIGHT_ON) time += JUMP_NS;
        left--;
        word = jump == STRAIGHT_ON ? word + Q1_WORD_SIZE : wordAt(jump, program, instructions);
        continue;
      }
      store<i64>(core, time, CLASSIC_TIME);
      rest = realTime(core, word, opcode, indexAt(word, program), window);
      if (rest != REST_NONE) {
        // What could not be decided is executed again, and its steps are counted then. One that waits for its sums was executed.
        time =
          rest == REST_STOPPED || rest == REST_INPUT ? load<i64>(core, CLASSIC_TIME) : time - stepsNs(costs, opcode);
        break;
      }
      time = load<i64>(core, CLASSIC_TIME);
      rest = REST_BUDGET;
    } else if (opcode != Q1_OP_NOP && !latchParameter(core, word, opcode)) {
      rest = endClassic(core, opcode, indexAt(word, program), time);
      // What found no room for a record is executed again, and its steps are counted then.
      if (rest == REST_RECORDS) time -= stepsNs(costs, opcode);
      break;
    }
    left--;
    word += Q1_WORD_SIZE;
  }
  if (rest == REST_INPUT) {
    left--;
    word += Q1_WORD_SIZE;
  }
  assert(left <= budget, 'no more is executed than was to be');
  assert(startTime >= 0 && time >= startTime, 'a time since the release, and it never goes back');
  checkPlace(program, end, word);
  return putDown(core, word, time, rest, budget - left);
}

/** Keeps where the core is when it has come to rest; returns what it executed. */
function putDown(core: usize, word: usize, time: i64, rest: u32, executed: u32): u32 {
  assert(rest != REST_NONE, 'a run has an end, and a reason for it');
  assert(time >= 0, 'a time since the release');
  store<u32>(core, <u32>word, NEXT);
  store<i64>(core, time, CLASSIC_TIME);
  store<u32>(core, rest, REST);
  store<u64>(core, load<u64>(core, EXECUTED_HERE) + executed, EXECUTED_HERE);
  assert(load<u64>(core, EXECUTED_HERE) >= <u64>executed, 'a sum of instructions');
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

/** stop, an illegal instruction, or one that waits for room for a record: REST_RECORDS. */
function endClassic(core: usize, opcode: u32, index: u32, time: i64): u32 {
  assert(opcode < Q1_REAL_TIME_OPCODE, 'the real-time core ends a sequencer by itself');
  assert(index <= INSTRUCTIONS_MAX, 'an instruction of the program, or its end');
  // With room for a record the instruction was not waiting for it, so whatever is not stop is illegal.
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
