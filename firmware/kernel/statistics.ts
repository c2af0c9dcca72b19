// What the scheduler knows of each task: one record a task number, in static memory.
//
//    0             8      12            16      20        24            28    32
//   +-------------+------+-------------+-------+---------+-------------+-----+
//   | cycles      | runs | worstCycles | misses| overruns| leastSlackUs| (0) |
//   |   u64       | u32  |   u32       |  u32  |   u32   |    i32      |     |
//   +-------------+------+-------------+-------+---------+-------------+-----+

import { TASK_NUMBERS, taskBudgetCycles } from './tasks';

@unmanaged
export class TaskRecord {
  /** Cycles used in all runs. */
  cycles: u64 = 0;
  runs: u32 = 0;
  /** Most cycles one run used. */
  worstCycles: u32 = 0;
  /** Runs that ended past their deadline. */
  misses: u32 = 0;
  /** Runs that used more than the budget. */
  overruns: u32 = 0;
  /** Least of deadline minus end; negative is a miss. */
  leastSlackUs: i32 = 0;
}

/** A multiple of eight, so that every record begins where its u64 may stand. */
const RECORD_SIZE: u32 = 32;
const records = memory.data(<i32>(TASK_NUMBERS * RECORD_SIZE), 8);
/** Of all tasks. */
let misses: u32 = 0;
let overruns: u32 = 0;

/** What is known of a task. The kernel alone writes it. */
export function recordOf(task: u32): TaskRecord {
  assert(task < TASK_NUMBERS, 'a number of the manifest');
  assert(offsetof<TaskRecord>() <= RECORD_SIZE, 'a record fits its place');
  return changetype<TaskRecord>(records + <usize>(task * RECORD_SIZE));
}

/** Runs of any task that ended past their deadline. */
export function missesOfAll(): u32 {
  return misses;
}

/** Runs of any task that used more than the budget. */
export function overrunsOfAll(): u32 {
  return overruns;
}

export function initStatistics(task: u32): void {
  assert(misses == 0 && overruns == 0, 'it starts once, before any run');
  const record = recordOf(task);
  memory.fill(changetype<usize>(record), 0, RECORD_SIZE);
  record.leastSlackUs = i32.MAX_VALUE;
  assert((changetype<usize>(record) & 7) == 0, 'a record begins where its u64 may stand');
  assert(record.runs == 0, 'nothing has run');
}

export function countRun(task: u32, cycles: u32, slackUs: i32, missed: bool, overBudget: bool): void {
  assert(missed ? slackUs <= 0 : slackUs >= 0, 'a run is late exactly when its slack is used up');
  const record = recordOf(task);
  record.cycles += <u64>cycles;
  record.runs++;
  record.worstCycles = max(record.worstCycles, cycles);
  record.leastSlackUs = min(record.leastSlackUs, slackUs);
  if (missed) {
    record.misses++;
    misses++;
  }
  if (overBudget) {
    record.overruns++;
    overruns++;
  }
  assert(record.misses <= record.runs && record.overruns <= record.runs, 'each run counts once');
  assert(record.misses <= misses, 'a miss of one task counts for all');
  assert(record.overruns <= overruns, 'and so does an overrun');
  assert(<u64>record.worstCycles <= record.cycles, 'the worst run is one of all runs');
  assert(record.misses == 0 || record.leastSlackUs <= 0, 'a run that was late had no slack left');
  assert(
    record.overruns == 0 || record.worstCycles > taskBudgetCycles(task),
    'and one over its budget was longer than that',
  );
}
