// Runs the cores together: each as far as it can get alone, round after round, until none gets further.
//
//   no core sends triggers    a core runs to its end, or to wait_sync, in one go
//   a core sends triggers     no core gets more than WINDOW_NS ahead of the last, so that the network's list of triggers stays short
//
// What must stay true: the result does not depend on the order of the cores or on how a run is cut up. A core decides only by what can no
// longer change, and the one furthest behind can always decide.

import {
  SEQUENCER_FLAG_SYNC_DEADLOCK,
  SEQUENCER_RUN_BUDGET,
  SEQUENCER_RUN_DEADLOCK,
  SEQUENCER_RUN_DONE,
  SEQUENCER_RUN_INPUT,
  SEQUENCER_RUN_RECORDS,
  SEQUENCER_RUN_UNTIL,
  SEQUENCER_SETTING_SYNC_ENABLE,
  SEQUENCER_STATE_RUNNING,
} from '../../protocol/guest/generated/constants';
import { runClassic } from './classic';
import {
  earliestExecution,
  isRunning,
  REST,
  REST_INPUT,
  REST_RECORDS,
  REST_UNTIL,
  setFlag,
  settingOf,
  WAIT,
  WAIT_NONE,
  WAIT_SYNC,
  WAIT_TRIGGER,
} from './core';
import { isWaiting } from './input';
import {
  CORE_COUNT,
  coreAt,
  EXECUTED,
  MISSING_SYNC,
  NEVER,
  SENDERS,
  UNTIL,
  WAITING_SYNC,
  WAITING_TRIGGER,
  WINDOW,
} from './layout';
import { settleOne } from './network';
import { finishIfDrained } from './stop';

const WINDOW_NS: i64 = 50_000;

/** Runs for at most `budget` instructions, with the classic cores up to `until`; SEQUENCER_RUN_*. */
export function runCores(until: i64, budget: u32): u32 {
  if (isWaiting()) return SEQUENCER_RUN_INPUT;
  store<i64>(UNTIL, until);
  let left = budget;
  let idleRounds: u32 = 0;
  // A core that executes nothing may still come to wait in that round, and others may then go on: one idle round more.
  while (idleRounds < 2) {
    const before = left;
    store<i64>(WINDOW, windowEnd());
    for (let index: u32 = 0; index < CORE_COUNT; index++) {
      const core = coreAt(index);
      if (!isRunning(core, SEQUENCER_STATE_RUNNING)) continue;
      const executed = runClassic(core, left);
      assert(executed <= left, 'no more was executed than was to be');
      left -= executed;
      if (load<u32>(core, REST) == REST_INPUT) return account(budget - left, SEQUENCER_RUN_INPUT);
      if (load<u32>(core, REST) == REST_RECORDS) return account(budget - left, SEQUENCER_RUN_RECORDS);
      if (left == 0) return account(budget, SEQUENCER_RUN_BUDGET);
    }
    idleRounds = left == before && !settleOne() ? idleRounds + 1 : 0;
  }
  return account(budget - left, comeToRest(until));
}

function account(executed: u32, result: u32): u32 {
  assert(result <= SEQUENCER_RUN_INPUT, 'a run ends for a reason of the list');
  store<u64>(EXECUTED, load<u64>(EXECUTED) + executed);
  return result;
}

function windowEnd(): i64 {
  assert(load<u32>(SENDERS) >> CORE_COUNT == 0, 'a bit for each core');
  if (load<u32>(SENDERS) == 0) return NEVER;
  let least: i64 = NEVER;
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    const core = coreAt(index);
    const moves = isRunning(core, SEQUENCER_STATE_RUNNING) && load<u32>(core, WAIT) == WAIT_NONE;
    if (moves) least = min(least, earliestExecution(core));
  }
  assert(least >= 0, 'a time since the release');
  return least > NEVER - WINDOW_NS ? NEVER : least + WINDOW_NS;
}

/** No core gets further: they are done, or at `until`, or wait for what will not come. */
function comeToRest(until: i64): u32 {
  let running: u32 = 0;
  let waitingSync: u32 = 0;
  let waitingTrigger: u32 = 0;
  let missing: u32 = 0;
  let result = SEQUENCER_RUN_DEADLOCK;
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    const core = coreAt(index);
    const bit: u32 = 1 << index;
    finishIfDrained(core, until);
    const wait = load<u32>(core, WAIT);
    if (wait != WAIT_SYNC && settingOf(core, SEQUENCER_SETTING_SYNC_ENABLE) != 0) missing |= bit;
    if (!isRunning(core, SEQUENCER_STATE_RUNNING)) {
      assert((load<u32>(SENDERS) & bit) == 0, 'only a core that runs can send triggers');
      continue;
    }
    running |= bit;
    if (wait == WAIT_SYNC) waitingSync |= bit;
    else if (wait == WAIT_TRIGGER) waitingTrigger |= bit;
    if (load<u32>(core, REST) == REST_UNTIL) result = SEQUENCER_RUN_UNTIL;
  }
  assert(((waitingSync | waitingTrigger) & ~running) == 0, 'only a core that runs can wait');
  assert((waitingSync & (waitingTrigger | missing)) == 0, 'a core waits for one thing');
  assert((running | missing) >> CORE_COUNT == 0, 'a bit for each core');
  store<u32>(WAITING_SYNC, waitingSync);
  store<u32>(WAITING_TRIGGER, waitingTrigger);
  store<u32>(MISSING_SYNC, waitingSync == 0 ? 0 : missing);
  if (running == 0) return SEQUENCER_RUN_DONE;
  if (result == SEQUENCER_RUN_DEADLOCK) flagDeadlock(waitingSync);
  return result;
}

function flagDeadlock(waiting: u32): void {
  assert(waiting >> CORE_COUNT == 0, 'a bit for each core');
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    if ((waiting & (1 << index)) != 0) setFlag(coreAt(index), SEQUENCER_FLAG_SYNC_DEADLOCK);
  }
}
