// What the scheduler knows of each task: one record in static memory.
//
//   +0   u64  next release, ns since reset; NEVER while an event task waits
//   +8   u64  cycles used in all runs
//   +16  u32  runs
//   +20  u32  most cycles one run used
//   +24  u32  deadlines missed
//   +28  u32  runs over budget
//   +32  u32  least slack in microseconds: deadline minus end, as i32 (negative is a miss)
//   +36  u32  (unused)

import { TASK_COUNT } from '../tasks';

const RECORD_SIZE: usize = 40;
const records = memory.data(160, 8);

export const NEVER: u64 = u64.MAX_VALUE;

function record(task: u32): usize {
  assert(task < TASK_COUNT, 'no such task');
  return records + <usize>task * RECORD_SIZE;
}

export function initStatistics(task: u32): void {
  memory.fill(record(task), 0, RECORD_SIZE);
  store<u64>(record(task), NEVER);
  store<i32>(record(task), i32.MAX_VALUE, 32);
}

export function nextRelease(task: u32): u64 {
  return load<u64>(record(task));
}

export function setNextRelease(task: u32, timeNs: u64): void {
  store<u64>(record(task), timeNs);
}

export function taskCycles(task: u32): u64 {
  return load<u64>(record(task), 8);
}

export function taskRuns(task: u32): u32 {
  return load<u32>(record(task), 16);
}

export function taskWorstCycles(task: u32): u32 {
  return load<u32>(record(task), 20);
}

export function taskMisses(task: u32): u32 {
  return load<u32>(record(task), 24);
}

export function taskOverruns(task: u32): u32 {
  return load<u32>(record(task), 28);
}

export function taskLeastSlackUs(task: u32): i32 {
  return load<i32>(record(task), 32);
}

export function countRun(task: u32, cycles: u32, slackUs: i32, missed: bool, overBudget: bool): void {
  const entry = record(task);
  store<u64>(entry, load<u64>(entry, 8) + <u64>cycles, 8);
  store<u32>(entry, load<u32>(entry, 16) + 1, 16);
  if (cycles > load<u32>(entry, 20)) store<u32>(entry, cycles, 20);
  if (missed) store<u32>(entry, load<u32>(entry, 24) + 1, 24);
  if (overBudget) store<u32>(entry, load<u32>(entry, 28) + 1, 28);
  if (slackUs < load<i32>(entry, 32)) store<i32>(entry, slackUs, 32);
}
