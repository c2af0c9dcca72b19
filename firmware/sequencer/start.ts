// Arming and starting: a core as it is before its first instruction.
//
// Registers, counters and condition are cleared, outputs are what the settings say. Bins are not: results add up until they
// are deleted.

import {
  SEQUENCER_SETTING_FREQUENCY,
  SEQUENCER_SETTING_QUEUE_DEPTH,
  SEQUENCER_SETTING_TRIGGER_ENABLE,
  SEQUENCER_STATE_ARMED,
  SEQUENCER_STATE_Q1_STOPPED,
  SEQUENCER_STATE_RUNNING,
} from '../../protocol/guest/generated/constants';
import { Q1_REGISTER_COUNT } from '../../protocol/guest/generated/instructions';
import {
  ACQUISITION_COUNT,
  BINNING_INTERVAL,
  CLASSIC_TIME,
  CURSOR,
  END,
  FAULT_INDEX,
  FLAGS,
  FREQUENCY,
  GRID_ORIGIN,
  indexOf,
  isRunning,
  LATCHED_GAIN,
  LATCHED_OFFSET,
  LEAST_SLACK,
  NEXT,
  QUEUE,
  QUEUE_DEPTH,
  QUEUE_MAX,
  QUEUE_SLOT,
  SETTING_GAIN,
  SETTING_OFFSET,
  SETTINGS,
  STATE,
  settingOf,
  TIME,
  WAIT,
  WAIT_NONE,
} from './core';
import { clearCounters } from './latches';
import {
  CORE_COUNT,
  coreAt,
  DELIVERED_COUNT,
  NETWORK_FREE,
  PROGRAM_SIZE,
  PROGRAMS,
  REQUEST_COUNT,
  REQUESTS_OF_CORE,
  SENDERS,
} from './layout';

const NO_INDEX: u32 = 0xffff;
/** What is cleared at once: from FLAGS to the last word of the state. */
const STATE_FROM: usize = FLAGS;
const STATE_TO: usize = ACQUISITION_COUNT;
const BINNING_NS: u32 = 300;

/** Arms the cores of a mask; those that run are left alone. */
export function armCores(mask: u32): void {
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    const core = coreAt(index);
    if ((mask & (1 << index)) == 0 || isBusy(core) || load<u32>(core, END) == 0) continue;
    arm(core);
    assert(isRunning(core, SEQUENCER_STATE_ARMED), 'a core that has a program is armed');
  }
}

/** Starts the armed cores of a mask at `time`, all at once. */
export function startCores(mask: u32, time: i64): void {
  if (!anyBusy()) clearNetwork();
  const acquiring = countAcquiring(mask);
  assert(acquiring >= 1 && acquiring <= CORE_COUNT, 'as many as there are, and one at least');
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    const core = coreAt(index);
    if ((mask & (1 << index)) == 0 || !isRunning(core, SEQUENCER_STATE_ARMED)) continue;
    assert(load<u32>(core, END) != 0, 'an armed core has a program');
    store<u32>(core, SEQUENCER_STATE_RUNNING, STATE);
    store<i64>(core, time, CLASSIC_TIME);
    store<i64>(core, time, TIME);
    store<i64>(core, time, GRID_ORIGIN);
    store<u32>(core, load<u32>(DELIVERED_COUNT), CURSOR);
    // One sequencer may acquire every 300 ns, three every 600, five every 900 (reference: acquisition limits).
    store<u32>(core, BINNING_NS * ((acquiring + 1) / 2), BINNING_INTERVAL);
    for (let slot: u32 = 0; slot < QUEUE_MAX; slot++) store<i64>(core + (slot << 3), i64.MIN_VALUE, QUEUE);
    if (settingOf(core, SEQUENCER_SETTING_TRIGGER_ENABLE) != 0) store<u32>(SENDERS, load<u32>(SENDERS) | (1 << index));
  }
}

export function isBusy(core: usize): bool {
  return isRunning(core, SEQUENCER_STATE_RUNNING) || isRunning(core, SEQUENCER_STATE_Q1_STOPPED);
}

function anyBusy(): bool {
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    if (isBusy(coreAt(index))) return true;
  }
  return false;
}

function clearNetwork(): void {
  assert(load<u32>(SENDERS) == 0, 'cores that have stopped send no more triggers');
  assert(load<u32>(REQUEST_COUNT) <= CORE_COUNT * REQUESTS_OF_CORE, 'each core keeps few requests');
  store<u32>(SENDERS, 0);
  store<u32>(REQUEST_COUNT, 0);
  store<u32>(DELIVERED_COUNT, 0);
  for (let index: u32 = 0; index < CORE_COUNT; index++) store<u32>(coreAt(index), 0, CURSOR);
  store<i64>(NETWORK_FREE, i64.MIN_VALUE);
}

function countAcquiring(mask: u32): u32 {
  let acquiring: u32 = 0;
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    const core = coreAt(index);
    const starts = (mask & (1 << index)) != 0 && isRunning(core, SEQUENCER_STATE_ARMED);
    if ((starts || isBusy(core)) && load<u32>(core, ACQUISITION_COUNT) != 0) acquiring++;
  }
  assert(acquiring <= CORE_COUNT, 'no more acquire than there are');
  return max<u32>(acquiring, 1);
}

function arm(core: usize): void {
  assert(!isBusy(core) && load<u32>(core, END) != 0, 'a core that has a program and does not run');
  memory.fill(core, 0, Q1_REGISTER_COUNT << 2);
  const end = load<u32>(core, END);
  assert(STATE_FROM > STATE && STATE_TO < SETTINGS, 'neither the state itself nor a setting is cleared');
  memory.fill(core + STATE_FROM, 0, STATE_TO - STATE_FROM);
  store<u32>(core, end, END);
  store<u32>(core, <u32>PROGRAMS + indexOf(core) * PROGRAM_SIZE, NEXT);
  const depth = settingOf(core, SEQUENCER_SETTING_QUEUE_DEPTH);
  assert(depth - 1 < QUEUE_MAX, 'a depth that was judged when it was set');
  store<u32>(core, depth, QUEUE_DEPTH);
  store<i32>(core, i32.MAX_VALUE, LEAST_SLACK);
  store<u32>(core, NO_INDEX, FAULT_INDEX);
  store<u32>(core, load<u32>(core, SETTING_GAIN), LATCHED_GAIN);
  store<u32>(core, load<u32>(core, SETTING_OFFSET), LATCHED_OFFSET);
  store<u32>(core, settingOf(core, SEQUENCER_SETTING_FREQUENCY), FREQUENCY);
  clearCounters(core);
  assert(
    load<u32>(core, QUEUE_SLOT) == 0 && load<u32>(core, WAIT) == WAIT_NONE,
    'its queue is empty, and it waits for nothing',
  );
  assert((load<u32>(SENDERS) & (1 << indexOf(core))) == 0, 'it sends no triggers yet');
  store<u32>(core, SEQUENCER_STATE_ARMED, STATE);
}
