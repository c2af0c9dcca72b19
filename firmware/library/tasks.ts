// The tasks of a firmware of one's own: rows that its reset() adds. `coldrig build` gives them to the kernel (firmware/kernel) in the place of the
// manifest of our firmware, firmware/kernel/tasks.ts, so this file has every name that the kernel imports from there.
//
// A task is known by its number, which is its place in the order of adding. Tasks that are due at once run in this order.
// What must stay true: rows are added before the scheduler starts, and stay as they are.

const US_PER_MS: u32 = 1000;
const CYCLES_PER_US: u32 = 250;

/** The most tasks there can be. */
export const TASK_NUMBERS: u32 = 16;
/** Tasks there are. */
export let TASK_COUNT: u32 = 0;

@unmanaged
class TaskRow {
  /** 0: the task runs on events. */
  periodUs: u32 = 0;
  deadlineUs: u32 = 0;
  budgetCycles: u32 = 0;
  /** Its function's place in the table of functions. */
  code: u32 = 0;
  /** Address of a literal. */
  name: u32 = 0;
}

const ROW_SIZE: u32 = 20;
const rows: usize = memory.data(<i32>(TASK_NUMBERS * ROW_SIZE), 4);

function rowOf(task: u32): TaskRow {
  assert(task < TASK_COUNT, 'a task that was added');
  assert(offsetof<TaskRow>() == ROW_SIZE, 'a row fits its place');
  return changetype<TaskRow>(rows + <usize>(task * ROW_SIZE));
}

/** Adds a row and returns the number of the task. `periodMs` 0: it runs when it is released. */
export function addRow(name: string, run: () => void, periodMs: u32, deadlineMs: u32, budgetCycles: u32): u32 {
  assert(TASK_COUNT < TASK_NUMBERS, 'no more tasks than there is room for');
  assert(name.length != 0 && deadlineMs != 0, 'a task has a name and a deadline');
  const task = TASK_COUNT++;
  const row = rowOf(task);
  row.periodUs = periodMs * US_PER_MS;
  row.deadlineUs = deadlineMs * US_PER_MS;
  row.budgetCycles = budgetCycles;
  row.code = run.index;
  row.name = changetype<u32>(name);
  return task;
}

/** The task at a position of the running order. */
export function taskAt(position: u32): u32 {
  assert(position < TASK_COUNT, 'as many positions as tasks');
  assert(TASK_COUNT <= TASK_NUMBERS, 'every task has a number');
  return position;
}

/** What the scheduler relies on: once, when it starts. */
export function checkTasks(): void {
  assert(TASK_COUNT != 0, 'there is a task to run');
  for (let task: u32 = 0; task < TASK_COUNT; task++) {
    const row = rowOf(task);
    assert(row.budgetCycles != 0, 'a task may take some time');
    assert(row.budgetCycles <= row.deadlineUs * CYCLES_PER_US, 'a task that keeps its budget can be in time');
  }
}

/** 0 for a task that runs on events. */
export function taskPeriodUs(task: u32): u32 {
  return rowOf(task).periodUs;
}

export function taskDeadlineUs(task: u32): u32 {
  const deadlineUs = rowOf(task).deadlineUs;
  assert(deadlineUs != 0, 'a task has a deadline');
  return deadlineUs;
}

export function taskBudgetCycles(task: u32): u32 {
  return rowOf(task).budgetCycles;
}

export function taskName(task: u32): string {
  const name = changetype<string>(<usize>rowOf(task).name);
  assert(name.length != 0, 'a task has a name');
  return name;
}

/** Runs the code of a task. */
export function runTask(task: u32): void {
  const code = rowOf(task).code;
  assert(code != 0, 'a task has code');
  call_indirect<void>(code);
}
