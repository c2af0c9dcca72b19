// OS task statistics and memory pools. The guest keeps its tasks' figures up to date here; the pool is ours.
//
//   task   0 name (literal)   4 priority, i32   8 run time, u64   16 runs

import { writeEnd, writeInteger, writeMapStart, writeText, writeUnsignedField } from '../cbor-writer';
import { SMP_BUFFER_SIZE } from '../generated/constants';
import { FRAME_COUNT, framesFewestFree, framesFree } from './frames';

/** Tasks a guest may report. */
const TASKS_MAX: u32 = 16;
const TASK_SIZE: u32 = 24;
const tasks: usize = memory.data(16 * 24, 8);
let taskCount: u32 = 0;

/** Adds a task to the report and returns its number. */
export function reportTask(name: string, priority: i32): u32 {
  assert(taskCount < TASKS_MAX, 'room for every task');
  store<u32>(tasks + taskCount * TASK_SIZE, changetype<u32>(name));
  store<i32>(tasks + taskCount * TASK_SIZE, priority, 4);
  return taskCount++;
}

/** What a task has used so far: core cycles, and how many times it ran. */
export function reportTaskUse(task: u32, cycles: u64, runs: u32): void {
  assert(task < taskCount, 'only reported tasks have figures');
  store<u64>(tasks + task * TASK_SIZE, cycles, 8);
  store<u32>(tasks + task * TASK_SIZE, runs, 16);
}

// All nine fields, though the last two mean nothing here: one widely used client takes no fewer. Stack sizes are zero because
// tasks run to completion on the core's one stack, whose depth the core bounds when it loads the image.
export function answerTasks(): u32 {
  writeText('tasks');
  writeMapStart();
  for (let task: u32 = 0; task < taskCount; task++) {
    const record = tasks + task * TASK_SIZE;
    writeText(changetype<string>(<usize>load<u32>(record)));
    writeMapStart();
    writeText('prio');
    writeInteger(load<i32>(record, 4));
    writeUnsignedField('tid', task);
    writeUnsignedField('state', 0);
    writeUnsignedField('stkuse', 0);
    writeUnsignedField('stksiz', 0);
    writeUnsignedField('cswcnt', load<u32>(record, 16));
    writeUnsignedField('runtime', load<u64>(record, 8));
    writeUnsignedField('last_checkin', 0);
    writeUnsignedField('next_checkin', 0);
    writeEnd();
  }
  writeEnd();
  return 0;
}

export function answerMemoryPools(): u32 {
  writeText('mpools');
  writeMapStart();
  writeText('smp_frames');
  writeMapStart();
  writeUnsignedField('blksiz', SMP_BUFFER_SIZE);
  writeUnsignedField('nblks', FRAME_COUNT);
  writeUnsignedField('nfree', framesFree());
  writeUnsignedField('min', framesFewestFree());
  writeEnd();
  writeEnd();
  return 0;
}
