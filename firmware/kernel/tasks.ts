// The manifest: every task, when it runs, what it may cost, and the line that calls it.
//
// Tasks are cooperative and run to completion, the first row first. A task has met its deadline when it ends no later than
// DEADLINE after it was released, and one that waits for events waits for the longest run of SMP as well; its budget is in core cycles (4 ns), stalls for block copies included.
// To add a task: a row here, a constant, a line in `taskName` and in run-task.ts.
//
//   task       period   deadline  budget      responsibility
//   WATCHDOG   100 ms   100 ms        4,000   feeds the watchdog when every task met its deadline
//   RAILS      on event 150 ms       16,000   brings the supply rails up in order; answers their comparators
//   CLOCK      on event 150 ms        4,000   follows the better clock reference
//   INTERLOCK  100 ms   100 ms       16,000   looks at every interlock and does what its row says
//   THERMOMETRY on event 150 ms      16,000   temperatures, and which thermometers are believed
//   HEATERS      1 s    200 ms        8,000   heater powers, within limits
//   BUDGET       1 s    200 ms        8,000   estimates power, sheds load
//   FRONTEND     1 s    200 ms        8,000   signal lines: clipping and loss
//   HEALTH     100 ms   200 ms        4,000   gathers the health word
//   HEARTBEAT    1 s    200 ms        8,000   the heartbeat record into the event recorder
//   SMP        on event 200 ms   40,000,000   serves management requests; its worst case is verifying a full slot and its token

export const TASK_WATCHDOG: u32 = 0;
export const TASK_RAILS: u32 = 1;
export const TASK_CLOCK: u32 = 2;
export const TASK_INTERLOCK: u32 = 3;
export const TASK_THERMOMETRY: u32 = 4;
export const TASK_HEATERS: u32 = 5;
export const TASK_BUDGET: u32 = 6;
export const TASK_FRONTEND: u32 = 7;
export const TASK_HEALTH: u32 = 8;
export const TASK_HEARTBEAT: u32 = 9;
export const TASK_SMP: u32 = 10;
export const TASK_COUNT: u32 = 11;

const COLUMNS: u32 = 3;
// Columns: period in microseconds (0: released by events), deadline in microseconds, budget in cycles.
const manifest = memory.data<u32>([
  100_000, 100_000, 4_000, 0, 150_000, 16_000, 0, 150_000, 4_000, 100_000, 100_000, 16_000, 0, 150_000, 16_000,
  1_000_000, 200_000, 8_000, 1_000_000, 200_000, 8_000, 1_000_000, 200_000, 8_000, 100_000, 200_000, 4_000, 1_000_000,
  200_000, 8_000, 0, 200_000, 40_000_000,
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
    case TASK_RAILS:
      return 'rails';
    case TASK_CLOCK:
      return 'clock';
    case TASK_INTERLOCK:
      return 'interlock';
    case TASK_THERMOMETRY:
      return 'thermometry';
    case TASK_HEATERS:
      return 'heaters';
    case TASK_BUDGET:
      return 'budget';
    case TASK_FRONTEND:
      return 'frontend';
    case TASK_HEALTH:
      return 'health';
    case TASK_HEARTBEAT:
      return 'heartbeat';
    default:
      return 'smp';
  }
}
