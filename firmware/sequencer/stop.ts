// How a sequencer ends: its classic core stops and what is queued is finished, or its real-time core stops at once in a fault.

import {
  SEQUENCER_FLAG_ACQ_BINNING_DONE,
  SEQUENCER_RECORD_INDEX_NONE,
  SEQUENCER_RECORD_STOPPED,
  SEQUENCER_STATE_Q1_STOPPED,
  SEQUENCER_STATE_RUNNING,
  SEQUENCER_STATE_STOPPED,
} from '../../protocol/guest/generated/constants';
import {
  ACQUISITION_COUNT,
  CLASSIC_TIME,
  CLOCK_STARTED,
  FAULT_INDEX,
  FAULT_TIME,
  FLAGS,
  indexOf,
  STATE,
  setFlag,
  TIME,
  WAIT,
  WAIT_NONE,
} from './core';
import { CORE_COUNT, INSTRUCTIONS_MAX, SENDERS } from './layout';
import { judgeLastCommit } from './outputs';
import { record } from './records';

/** Says that the real-time instruction ended the sequencer (real-time.ts). */
const STOPPED: u32 = 1;

/** The classic core stops; the real-time core goes on to the end of what is queued. */
export function stopClassic(core: usize): void {
  assert(
    load<u32>(core, STATE) == SEQUENCER_STATE_RUNNING || load<u32>(core, STATE) == SEQUENCER_STATE_Q1_STOPPED,
    'only a core that is busy stops',
  );
  if (load<u32>(core, CLOCK_STARTED) == 0) store<i64>(core, load<i64>(core, CLASSIC_TIME), TIME);
  store<u32>(core, SEQUENCER_STATE_Q1_STOPPED, STATE);
  store<u32>(core, WAIT_NONE, WAIT);
  store<u32>(SENDERS, load<u32>(SENDERS) & ~(1 << indexOf(core)));
  assert(load<u32>(SENDERS) >> CORE_COUNT == 0, 'a bit for each core');
  assert((load<u32>(SENDERS) & (1 << indexOf(core))) == 0, 'a core that has stopped sends no more triggers');
}

/** The real-time core stops at `time`, at this instruction. */
export function stopInFault(core: usize, flag: u32, index: u32, time: i64): u32 {
  assert(index <= INSTRUCTIONS_MAX, 'an instruction of the program, or its end');
  setFlag(core, flag);
  store<u32>(core, index, FAULT_INDEX);
  store<i64>(core, time, FAULT_TIME);
  stopClassic(core);
  finish(core);
  assert(load<u32>(core, STATE) == SEQUENCER_STATE_STOPPED, 'a core in a fault has stopped whole');
  return STOPPED;
}

/** The queue of a stopped classic core is empty by `time`: the sequencer is done. */
export function finishIfDrained(core: usize, time: i64): void {
  if (load<u32>(core, STATE) == SEQUENCER_STATE_Q1_STOPPED && load<i64>(core, TIME) <= time) finish(core);
  assert(load<u32>(core, STATE) <= SEQUENCER_STATE_STOPPED, 'a state of the table');
}

function finish(core: usize): void {
  assert(load<u32>(core, STATE) == SEQUENCER_STATE_Q1_STOPPED, 'its classic core has stopped before');
  assert(load<u32>(core, WAIT) == WAIT_NONE, 'what has ended waits for nothing');
  store<u32>(core, SEQUENCER_STATE_STOPPED, STATE);
  judgeLastCommit(core);
  if (load<u32>(core, ACQUISITION_COUNT) != 0) setFlag(core, SEQUENCER_FLAG_ACQ_BINNING_DONE);
  const flags = load<u32>(core, FLAGS);
  record(SEQUENCER_RECORD_STOPPED, core, SEQUENCER_RECORD_INDEX_NONE, load<i64>(core, TIME), flags, 0, 0, 0);
}
