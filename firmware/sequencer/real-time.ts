// One real-time instruction: into the queue, judged by its condition, executed at its time.
//
//   arrives in the queue (queue.ts)  -->  slack below zero: an underflow, the sequencer stops
//   skipped by the condition:  time += else                          executed:  time += duration
//
// What must stay true: an instruction that cannot be decided yet changes nothing. The classic core stands still, and the instruction
// is tried again as it was.

import {
  Q1_WORD_A,
  Q1_WORD_B,
  Q1_WORD_C,
  Q1_WORD_DURATION,
  Q1_WORD_X,
  SEQUENCER_FLAG_AWG_WAVE_PLAYBACK_INDEX_INVALID_PATH_0,
  SEQUENCER_FLAG_AWG_WAVE_PLAYBACK_INDEX_INVALID_PATH_1,
  SEQUENCER_FLAG_SEQUENCE_PROCESSOR_RT_EXEC_COMMAND_UNDERFLOW,
  SEQUENCER_FLAG_SEQUENCE_PROCESSOR_RT_EXEC_ILLEGAL_INSTRUCTION,
  SEQUENCER_RECORD_COMMIT,
  SEQUENCER_RECORD_EXECUTE,
  SEQUENCER_RECORD_SYNC,
  SEQUENCER_RECORD_UNDERFLOW,
  SEQUENCER_SETTING_TRIGGER_ENABLE,
  TRIGGER_ADDRESSES,
} from '../../protocol/guest/generated/constants';
import {
  Q1_DO_ACQUIRE,
  Q1_DO_ACQUIRE_TTL,
  Q1_DO_ACQUIRE_WEIGHED,
  Q1_DO_LATCH_RST,
  Q1_DO_PLAY,
  Q1_DO_SET_LATCH_EN,
  Q1_DO_UPD_PARAM,
  Q1_DO_WAIT,
  Q1_DO_WAIT_SYNC,
  Q1_DO_WAIT_TRIGGER,
  Q1_FLAG_COMMITS,
  Q1_FLAG_DURATION_A,
  Q1_FLAG_DURATION_B,
  Q1_FLAG_REGISTERS,
  Q1_OPCODE_ROW_SIZE,
  Q1_OPCODE_ROWS,
} from '../../protocol/guest/generated/instructions';
import { acquireSquare, acquireTtl, acquireWeighed } from './acquisition';
import {
  CLASSIC_TIME,
  CONDITION,
  CONDITION_ELSE,
  CONDITION_OPERATOR,
  LATCH_ENABLED,
  LATCHED_GAIN,
  LATCHED_MARKER,
  LATCHED_NCO,
  LATCHED_OFFSET,
  LEAST_SLACK,
  ROW_SIZE,
  registerOf,
  SLACK,
  setFlag,
  settingOf,
  TIME,
  WAIT,
  WAIT_NONE,
  WAIT_TRIGGER,
  WAVES,
} from './core';
import { isWaiting, opensTooLate } from './input';
import { clearCounters, conditionHolds, findTrigger, NO_TRIGGER, takeTriggers } from './latches';
import { NEVER, PROGRAMS, WAVEFORMS } from './layout';
import { commitNco, discardNco } from './nco';
import { mayRequest, settleNetwork } from './network';
import { NO_WAVES, show } from './outputs';
import { arrive, DONE, leave } from './queue';
import { isWanted, record, write } from './records';
import { stopInFault } from './stop';
import { synchronise } from './sync';
import { reportValue } from './values';

export const STOPPED: u32 = 1;
/** Not yet: other cores must come further, or all must be in wait_sync, or a trigger must come. */
export const AFTER_OTHERS: u32 = 2;
export const AFTER_SYNC: u32 = 3;
export const AFTER_TRIGGER: u32 = 4;
/** Executed, except for the sums of its window, which the host supplies. */
export const AFTER_SUMS: u32 = 5;
/** Not yet: its window opens later than the run goes to, and the converter cannot be asked about the future. */
export const AFTER_UNTIL: u32 = 6;

const DURATION_LEAST: u32 = 4;
const DURATION_MOST: u32 = 65535;
const OPERATOR_COUNT: u32 = 6;
const WAVE_COUNT: u32 = 1024;
const ACQUISITION_ROWS: u32 = 32;
const SKIPPED: u32 = 1;
const PLAYS: u32 = 1 << 20;

/** Offsets in the row of an opcode (protocol/generate/guest-instructions.ts). */
const ROW_FLAGS: usize = 1;
const ROW_TO_DO: usize = 3;

/**
 * Executes the real-time instruction at `word`, the core's `index`-th; the classic core's time is in memory. What to do is in the row of
 * its opcode: one that nothing here does is illegal, and never taken for another.
 */
export function executeRealTime(core: usize, word: usize, opcode: u32, index: u32): u32 {
  const time = arrive(core);
  if (load<i32>(core, SLACK) < 0) return underflow(core, index, time);
  const row = Q1_OPCODE_ROWS + opcode * Q1_OPCODE_ROW_SIZE;
  const flags: u32 = load<u8>(row, ROW_FLAGS);
  if (load<u32>(core, CONDITION) != 0) {
    if (load<u32>(core, CONDITION_OPERATOR) >= OPERATOR_COUNT) return illegal(core, index, time);
    if (!settleNetwork(time)) return AFTER_OTHERS;
    takeTriggers(core, time);
    if (!conditionHolds(core)) return skip(core, flags, index, time);
  }
  const duration = durationOf(core, word, flags);
  if (duration - DURATION_LEAST > DURATION_MOST - DURATION_LEAST) return illegal(core, index, time);
  const toDo: u32 = load<u8>(row, ROW_TO_DO);
  switch (toDo) {
    case Q1_DO_WAIT:
      break;
    case Q1_DO_UPD_PARAM:
      return commit(core, index, time, duration, NO_WAVES);
    case Q1_DO_PLAY:
      return play(core, word, flags, index, time, duration);
    case Q1_DO_ACQUIRE:
    case Q1_DO_ACQUIRE_WEIGHED:
      if (opensTooLate(core, time)) return AFTER_UNTIL;
      if (!mayAcquire(core, time)) return AFTER_OTHERS;
      acquire(core, word, toDo, flags, index, time, duration);
      return isWaiting() ? AFTER_SUMS : DONE;
    case Q1_DO_ACQUIRE_TTL:
      return mayAcquire(core, time) ? acquire(core, word, toDo, flags, index, time, duration) : AFTER_OTHERS;
    case Q1_DO_SET_LATCH_EN:
    case Q1_DO_LATCH_RST:
      if (!settleNetwork(time)) return AFTER_OTHERS;
      takeTriggers(core, time);
      if (toDo == Q1_DO_LATCH_RST) clearCounters(core);
      else latchEnable(core, word, operandA(core, word, flags));
      break;
    case Q1_DO_WAIT_TRIGGER:
      return waitForTrigger(core, word, flags, index, time, duration);
    case Q1_DO_WAIT_SYNC:
      return waitForSync(core, index, time, duration);
    default:
      return illegal(core, index, time);
  }
  record(SEQUENCER_RECORD_EXECUTE, core, index, time, duration, 0, 0, 0);
  return leave(core, time, duration);
}

function latchEnable(core: usize, word: usize, value: u32): void {
  assert(word >= PROGRAMS && word < WAVEFORMS, 'an instruction of a program');
  if (value > 1) reportValue(core, word, value, value & 1);
  store<u32>(core, value & 1, LATCH_ENABLED);
}

function mayAcquire(core: usize, time: i64): bool {
  return settingOf(core, SEQUENCER_SETTING_TRIGGER_ENABLE) == 0 || mayRequest(core, time);
}

function skip(core: usize, flags: u32, index: u32, time: i64): u32 {
  assert(load<u32>(core, CONDITION) != 0, 'only an instruction under a condition is skipped');
  if ((flags & Q1_FLAG_COMMITS) != 0) discardNco(core);
  const duration = load<u32>(core, CONDITION_ELSE);
  record(SEQUENCER_RECORD_EXECUTE, core, index, time, duration, SKIPPED, 0, 0);
  return leave(core, time, duration);
}

function underflow(core: usize, index: u32, time: i64): u32 {
  assert(load<i32>(core, SLACK) < 0, 'an underflow came too late');
  assert(time < load<i64>(core, CLASSIC_TIME), 'it was due before it reached the queue');
  store<i32>(core, load<i32>(core, SLACK), LEAST_SLACK);
  record(SEQUENCER_RECORD_UNDERFLOW, core, index, time, 0, 0, 0, 0);
  return stopInFault(core, SEQUENCER_FLAG_SEQUENCE_PROCESSOR_RT_EXEC_COMMAND_UNDERFLOW, index, time);
}

function illegal(core: usize, index: u32, time: i64): u32 {
  return stopInFault(core, SEQUENCER_FLAG_SEQUENCE_PROCESSOR_RT_EXEC_ILLEGAL_INSTRUCTION, index, time);
}

function operandA(core: usize, word: usize, flags: u32): u32 {
  const a = load<u32>(word, Q1_WORD_A);
  return (flags & Q1_FLAG_REGISTERS) != 0 ? registerOf(core, a) : a;
}

function durationOf(core: usize, word: usize, flags: u32): u32 {
  if ((flags & (Q1_FLAG_DURATION_A | Q1_FLAG_DURATION_B)) == 0) return load<u16>(word, Q1_WORD_DURATION);
  const isInA = (flags & Q1_FLAG_DURATION_A) != 0;
  return registerOf(core, isInA ? load<u32>(word, Q1_WORD_A) : load<u32>(word, Q1_WORD_B));
}

/** What is latched comes into force; `waves` start, or NO_WAVES: what plays goes on. */
function commit(core: usize, index: u32, time: i64, duration: u32, waves: u32): u32 {
  if (load<u32>(core, LATCHED_NCO) != 0) commitNco(core, index, time);
  show(core, time, waves);
  if (isWanted(SEQUENCER_RECORD_COMMIT)) {
    const plays = waves != NO_WAVES;
    assert(duration <= DURATION_MOST, 'a duration that its half word holds');
    assert(load<u32>(core, LATCHED_NCO) == 0, 'nothing waits for the oscillator after a commit');
    const shown = duration | (load<u32>(core, LATCHED_MARKER) << 16) | (plays ? PLAYS : 0);
    const gain = load<u32>(core, LATCHED_GAIN);
    write(SEQUENCER_RECORD_COMMIT, core, index, time, shown, gain, load<u32>(core, LATCHED_OFFSET), plays ? waves : 0);
  }
  return leave(core, time, duration);
}

/** Both waveforms of a play, or NO_WAVES and a flag when one is not there: nothing starts then. */
function wavesOf(core: usize, word: usize, fromRegisters: bool): u32 {
  let wave0 = load<u32>(word, Q1_WORD_A);
  let wave1 = load<u32>(word, Q1_WORD_B);
  if (fromRegisters) {
    wave0 = registerOf(core, wave0);
    wave1 = registerOf(core, wave1);
  }
  if (!hasWave(core, wave0)) setFlag(core, SEQUENCER_FLAG_AWG_WAVE_PLAYBACK_INDEX_INVALID_PATH_0);
  else if (!hasWave(core, wave1)) setFlag(core, SEQUENCER_FLAG_AWG_WAVE_PLAYBACK_INDEX_INVALID_PATH_1);
  else return wave0 | (wave1 << 16);
  return NO_WAVES;
}

function hasWave(core: usize, wave: u32): bool {
  return wave < WAVE_COUNT && load<u32>(core + WAVES + wave * ROW_SIZE, 4) != 0;
}

function play(core: usize, word: usize, flags: u32, index: u32, time: i64, duration: u32): u32 {
  return commit(core, index, time, duration, wavesOf(core, word, (flags & Q1_FLAG_REGISTERS) != 0));
}

/** The three acquisitions: the oscillator first, so that its record stands before that of the window. */
function acquire(core: usize, word: usize, toDo: u32, flags: u32, index: u32, time: i64, duration: u32): u32 {
  if (load<u32>(core, LATCHED_NCO) != 0) commitNco(core, index, time);
  const acquisition: u32 = load<u8>(word, Q1_WORD_X);
  assert(acquisition < ACQUISITION_ROWS, 'a number that the load of the sequence has judged');
  const bin = operandA(core, word, flags);
  if (toDo == Q1_DO_ACQUIRE) {
    acquireSquare(core, index, time, acquisition, bin);
  } else if (toDo == Q1_DO_ACQUIRE_WEIGHED) {
    const w0 = load<u32>(word, Q1_WORD_B);
    const w1: u32 = load<u16>(word, Q1_WORD_C);
    if ((flags & Q1_FLAG_REGISTERS) == 0) acquireWeighed(core, index, time, acquisition, bin, w0, w1);
    else acquireWeighed(core, index, time, acquisition, bin, registerOf(core, w0), registerOf(core, w1));
  } else {
    assert(toDo == Q1_DO_ACQUIRE_TTL, 'there are three acquisitions');
    acquireTtl(core, index, time, acquisition, bin, load<u32>(word, Q1_WORD_B));
  }
  return commit(core, index, time, duration, NO_WAVES);
}

/** The duration of wait_trigger begins when its trigger has come. */
function waitForTrigger(core: usize, word: usize, flags: u32, index: u32, time: i64, duration: u32): u32 {
  const address = operandA(core, word, flags);
  if (address - 1 >= TRIGGER_ADDRESSES) return illegal(core, index, time);
  const reached = findTrigger(core, time, address);
  assert(reached >= time, 'a trigger that came before is not waited for');
  if (reached == NO_TRIGGER) {
    store<u32>(core, WAIT_TRIGGER, WAIT);
    return AFTER_TRIGGER;
  }
  store<u32>(core, WAIT_NONE, WAIT);
  return goOn(core, index, time, reached, duration);
}

/** That of wait_sync when the last sequencer is there. */
function waitForSync(core: usize, index: u32, time: i64, duration: u32): u32 {
  const reached = synchronise(core, time);
  if (reached == NEVER) return AFTER_SYNC;
  assert(load<u32>(core, WAIT) == WAIT_NONE, 'a core that goes on waits no more');
  record(SEQUENCER_RECORD_SYNC, core, index, reached, <u32>(reached - time), 0, 0, 0);
  return goOn(core, index, time, reached, duration);
}

function goOn(core: usize, index: u32, time: i64, reached: i64, duration: u32): u32 {
  assert(reached >= time, 'nobody waits backwards');
  assert(reached < NEVER, 'what was waited for has come');
  record(SEQUENCER_RECORD_EXECUTE, core, index, time, <u32>(reached - time) + duration, 0, 0, 0);
  leave(core, time, duration);
  store<i64>(core, reached + <i64>duration, TIME);
  return DONE;
}
