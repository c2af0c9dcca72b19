// The manifest: every task, when it runs, what it may cost, and the line that calls it.
//
// Tasks are cooperative and run to completion, the first row first. A task has met its deadline when it ends no later than
// DEADLINE after it was released; its budget is in core cycles (4 ns), stalls for block copies included.
// To add a task: a row here, a constant, a line in `taskName` and in run-task.ts.
//
//   task       period   deadline  budget      responsibility
//   WATCHDOG   100 ms   100 ms        4,000   feeds the watchdog when every task met its deadline
//   HEALTH     100 ms   200 ms        4,000   gathers the health word
//   HEARTBEAT    1 s    200 ms        4,000   sequence number and health word into the event recorder
//   SMP        on event 200 ms   25,000,000   serves management requests; its worst case is verifying a full slot

export const TASK_WATCHDOG: u32 = 0;
export const TASK_HEALTH: u32 = 1;
export const TASK_HEARTBEAT: u32 = 2;
export const TASK_SMP: u32 = 3;
export const TASK_COUNT: u32 = 4;

const COLUMNS: u32 = 3;
// Columns: period in microseconds (0: released by events), deadline in microseconds, budget in cycles.
const manifest = memory.data<u32>([
  100_000, 100_000, 4_000, 100_000, 200_000, 4_000, 1_000_000, 200_000, 4_000, 0, 200_000, 25_000_000,
]);

function column(task: u32, index: u32): u32 {
  assert(task < TASK_COUNT, 'no such task');
  return load<u32>(manifest + ((task * COLUMNS + index) << 2));
}

export function taskPeriodUs(task: u32): u32 {
  return column(task, 0);
}

export function taskDeadlineUs(task: u32): u32 {
  return column(task, 1);
}

export function taskBudgetCycles(task: u32): u32 {
  return column(task, 2);
}

export function taskName(task: u32): string {
  switch (task) {
    case TASK_WATCHDOG:
      return 'watchdog';
    case TASK_HEALTH:
      return 'health';
    case TASK_HEARTBEAT:
      return 'heartbeat';
    default:
      return 'smp';
  }
}
