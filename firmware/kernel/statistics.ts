// What the scheduler knows of each task: one record in static memory.
//
//   +0   u64  cycles used in all runs
//   +8   u32  runs
//   +12  u32  most cycles one run used
//   +16  u32  deadlines missed
//   +20  u32  runs over budget
//   +24  i32  least slack in microseconds: deadline minus end (negative is a miss)

import { TASK_COUNT } from './tasks';

const RECORD_SIZE: usize = 32;
const records = memory.data(512, 8);

function record(task: u32): usize {
  assert(task < TASK_COUNT && TASK_COUNT * RECORD_SIZE <= 512, 'a task of the manifest, and room for its record');
  return records + <usize>task * RECORD_SIZE;
}

export function initStatistics(task: u32): void {
  memory.fill(record(task), 0, RECORD_SIZE);
  store<i32>(record(task), i32.MAX_VALUE, 24);
}

export function taskCycles(task: u32): u64 {
  return load<u64>(record(task), 0);
}

export function taskRuns(task: u32): u32 {
  return load<u32>(record(task), 8);
}

export function taskWorstCycles(task: u32): u32 {
  return load<u32>(record(task), 12);
}

export function taskMisses(task: u32): u32 {
  return load<u32>(record(task), 16);
}

export function taskOverruns(task: u32): u32 {
  return load<u32>(record(task), 20);
}

export function taskLeastSlackUs(task: u32): i32 {
  return load<i32>(record(task), 24);
}

export function countRun(task: u32, cycles: u32, slackUs: i32, missed: bool, overBudget: bool): void {
  const entry = record(task);
  store<u64>(entry, load<u64>(entry) + <u64>cycles);
  store<u32>(entry, load<u32>(entry, 8) + 1, 8);
  if (cycles > load<u32>(entry, 12)) store<u32>(entry, cycles, 12);
  if (missed) store<u32>(entry, load<u32>(entry, 16) + 1, 16);
  if (overBudget) store<u32>(entry, load<u32>(entry, 20) + 1, 20);
  if (slackUs < load<i32>(entry, 24)) store<i32>(entry, slackUs, 24);
}
