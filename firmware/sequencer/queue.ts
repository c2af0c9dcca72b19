// The queue between the cores: where a real-time instruction arrives, and where it leaves at its time.
//
//   arrival = classic time, or when the queue has a place again      slack = time - arrival; below zero is an underflow
//
// The queue is never searched: an entry leaves it at its time and times only grow, so it has a place exactly when the entry QUEUE_DEPTH before
// has been executed. What must stay true: the slot is one of the queue; time of the real-time core never goes back.

import { SEQUENCER_SETTING_HEAD_START } from '../../protocol/guest/generated/constants';
import { Q1_STEP_NS } from '../../protocol/guest/generated/instructions';
import {
  CLASSIC_TIME,
  CLOCK_STARTED,
  LEAST_SLACK,
  QUEUE,
  QUEUE_DEPTH,
  QUEUE_MAX,
  QUEUE_SLOT,
  SLACK,
  settingOf,
  TIME,
} from './core';
import { PLAYED } from './layout';

/** The real-time instruction was executed. */
export const DONE: u32 = 0;

/** The instruction reaches the queue; returns its time and leaves its slack. */
export function arrive(core: usize): i64 {
  const slot = load<u32>(core, QUEUE_SLOT);
  assert(slot < QUEUE_MAX, 'a place in the queue');
  const hasPlace = load<i64>(core + (slot << 3), QUEUE);
  const arrival = max(load<i64>(core, CLASSIC_TIME), hasPlace);
  store<i64>(core, arrival, CLASSIC_TIME);
  if (load<u32>(core, CLOCK_STARTED) == 0) {
    store<u32>(core, 1, CLOCK_STARTED);
    store<i64>(core, arrival + <i64>(settingOf(core, SEQUENCER_SETTING_HEAD_START) * Q1_STEP_NS), TIME);
  }
  const time = load<i64>(core, TIME);
  const slack = time - arrival;
  const most = slack < 0 ? i32.MIN_VALUE : i32.MAX_VALUE;
  store<i32>(core, <i64>(<i32>slack) == slack ? <i32>slack : most, SLACK);
  return time;
}

/** The instruction leaves the queue at `time`; the next one is due after `duration`. DONE. */
export function leave(core: usize, time: i64, duration: u32): u32 {
  const slot = load<u32>(core, QUEUE_SLOT);
  const depth = load<u32>(core, QUEUE_DEPTH);
  assert(slot < depth, 'a slot of the queue');
  store<i64>(core + (slot << 3), time, QUEUE);
  store<u32>(core, slot + 1 == depth ? 0 : slot + 1, QUEUE_SLOT);
  store<i64>(core, time + <i64>duration, TIME);
  store<u32>(PLAYED, load<u32>(PLAYED) + 1);
  const slack = load<i32>(core, SLACK);
  if (slack < load<i32>(core, LEAST_SLACK)) store<i32>(core, slack, LEAST_SLACK);
  return DONE;
}
