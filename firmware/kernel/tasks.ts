// What the kernel asks of the manifest: which task runs when, and what it may cost. The table is protocol/firmware/tasks.ts.
//
// A task is known by its number, the one that events and heartbeats carry. Tasks run in the order of `taskAt`, which is another: a loop over
// all tasks goes over positions. What must stay true: a number that no task has is refused here, for every caller.

import { nameOfTask, TASK_COUNT, TASK_NUMBERS, TASK_ORDER, TASK_ROWS } from '../../protocol/guest/generated/tasks';

export * from '../../protocol/guest/generated/tasks';

const CYCLES_PER_US: u32 = 250;

/** A row of the manifest. */
@unmanaged
class TaskRow {
  /** 0: the task runs on events. */
  periodUs: u32 = 0;
  deadlineUs: u32 = 0;
  budgetCycles: u32 = 0;
}

/** The task at a position of the running order. */
export function taskAt(position: u32): u32 {
  assert(position < TASK_COUNT, 'as many positions as tasks');
  return load<u8>(TASK_ORDER + position);
}

/** What the scheduler relies on in the manifest: once, when it starts. */
export function checkTasks(): void {
  let seen: u32 = 0;
  assert(TASK_COUNT <= TASK_NUMBERS && TASK_NUMBERS <= 32, 'every task has a number of its own, and a bit below');
  for (let position: u32 = 0; position < TASK_COUNT; position++) {
    const task = taskAt(position);
    assert(task < TASK_NUMBERS, 'the order holds task numbers');
    assert((seen & (1 << task)) == 0, 'every task has one turn');
    seen |= 1 << task;
    const row = rowOf(task);
    assert(row.budgetCycles != 0, 'a task may take some time');
    assert(row.budgetCycles <= row.deadlineUs * CYCLES_PER_US, 'a task that keeps its budget can be in time');
  }
  assert(popcnt(seen) == <i32>TASK_COUNT, 'every task of the manifest has a turn');
}

function rowOf(task: u32): TaskRow {
  assert(task < TASK_NUMBERS, 'a number of the manifest');
  const row = changetype<TaskRow>(TASK_ROWS + <usize>task * offsetof<TaskRow>());
  assert(row.deadlineUs != 0, 'a task has a deadline; a retired number has none');
  return row;
}

/** 0 for a task that runs on events. */
export function taskPeriodUs(task: u32): u32 {
  return rowOf(task).periodUs;
}

export function taskDeadlineUs(task: u32): u32 {
  return rowOf(task).deadlineUs;
}

export function taskBudgetCycles(task: u32): u32 {
  return rowOf(task).budgetCycles;
}

export function taskName(task: u32): string {
  const name = nameOfTask(task);
  assert(name.length != 0 && rowOf(task).deadlineUs != 0, 'a task of the manifest has a name');
  return name;
}
