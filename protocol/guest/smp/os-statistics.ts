// OS task statistics and memory pools. The guest keeps its tasks' figures up to date here; the pool is ours.
//
//   ReportedTask, one for each task; a guest gives REPORTED_TASK_SIZE bytes for each

import { writeEnd, writeInteger, writeMapStart, writeText, writeUnsignedField } from '../cbor-writer';
import { SMP_BUFFER_SIZE } from '../generated/constants';
import { isInRam } from '../ram';
import { FRAME_COUNT, framesFewestFree, framesFree } from './frames';

@unmanaged
class ReportedTask {
  /** Address of a literal. */
  name: u32 = 0;
  /** On the wire, as in events. */
  number: u32 = 0;
  priority: i32 = 0;
  padding: u32 = 0;
  /** Core cycles used so far. */
  runtime: u64 = 0;
  runs: u32 = 0;
}

/** What a guest gives for each task it reports. */
export const REPORTED_TASK_SIZE: u32 = 32;
let reported: usize = 0;
let taskMost: u32 = 0;
let taskCount: u32 = 0;

/** Where the records of at most `most` tasks lie: REPORTED_TASK_SIZE bytes each. A guest that has no tasks calls nothing here. */
export function startTaskReport(place: usize, most: u32): void {
  assert(isInRam(place, most * REPORTED_TASK_SIZE), 'the records lie in memory');
  assert(taskCount == 0 && (place & 7) == 0, 'the place is given once, before the first task, and is aligned');
  reported = place;
  taskMost = most;
}

function taskAt(position: u32): ReportedTask {
  assert(position < taskCount, 'only reported tasks have figures');
  assert(offsetof<ReportedTask>() <= REPORTED_TASK_SIZE, 'a record fits its place');
  return changetype<ReportedTask>(reported + <usize>(position * REPORTED_TASK_SIZE));
}

/** Adds a task to the report; its position there is how many there were before. */
export function reportTask(name: string, number: u32, priority: i32): void {
  assert(taskCount < taskMost, 'no more tasks than the guest gave room for');
  assert(name.length != 0, 'a task has a name');
  taskCount++;
  const task = taskAt(taskCount - 1);
  task.name = changetype<u32>(name);
  task.number = number;
  task.priority = priority;
}

/** What the task at this position has used so far: core cycles, and how many times it ran. */
export function reportTaskUse(position: u32, cycles: u64, runs: u32): void {
  const task = taskAt(position);
  assert(cycles >= task.runtime && runs >= task.runs, 'figures of a task only grow');
  assert(runs != 0 || cycles == 0, 'a task that never ran used nothing');
  task.runtime = cycles;
  task.runs = runs;
}

// All nine fields, though the last two mean nothing here: one widely used client takes no fewer. Stack sizes are zero because
// tasks run to completion on the core's one stack, whose depth the core bounds when it loads the image.
export function answerTasks(): u32 {
  assert(taskCount <= taskMost, 'no more tasks than the guest gave room for');
  writeText('tasks');
  writeMapStart();
  for (let position: u32 = 0; position < taskCount; position++) {
    const task = taskAt(position);
    assert(task.name != 0, 'a task has a name');
    writeText(changetype<string>(<usize>task.name));
    writeMapStart();
    writeText('prio');
    writeInteger(task.priority);
    writeUnsignedField('tid', task.number);
    writeUnsignedField('state', 0);
    writeUnsignedField('stkuse', 0);
    writeUnsignedField('stksiz', 0);
    writeUnsignedField('cswcnt', task.runs);
    writeUnsignedField('runtime', task.runtime);
    writeUnsignedField('last_checkin', 0);
    writeUnsignedField('next_checkin', 0);
    writeEnd();
  }
  writeEnd();
  return 0;
}

export function answerMemoryPools(): u32 {
  assert(
    framesFewestFree() <= framesFree() && framesFree() <= FRAME_COUNT,
    'free frames are among those that there are',
  );
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
