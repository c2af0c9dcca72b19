// The scheduler: tasks that run to completion, each with a period or an event, a deadline and a budget of cycles.
//
//   reset():       addTask(...) for each task, then startTasks(LINES)
//   interrupt():   what the lines ask for, then runTasks(lines)
//
// It is the kernel of our firmware (firmware/kernel) with your tasks. A task that is late, or over its budget, records an event, and the watchdog is
// not fed. What must stay true: the core sleeps between runs, and the alarm of the timer is set for the earliest release before it sleeps.

import { uptimeNs } from '../../protocol/guest/clock';
import { LINE_TIMER } from '../../protocol/guest/generated/constants';
import { TIMER_STATUS_ALARM, writeIntcEnable, writeTimerStatus } from '../../protocol/guest/generated/registers';
import { runReleasedTasks, startScheduler } from '../kernel/scheduler';
import { addRow, runTask, TASK_COUNT } from './tasks';

export { releaseTask, wakeTask } from '../kernel/releases';
export { recordOf, TaskRecord } from '../kernel/statistics';

/**
 * Adds a task that runs every `periodMs`, and returns its number. It has met its deadline when it ends no later than `deadlineMs` after it was due.
 * Its budget is in cycles of the core, 4 ns each. Of tasks that are due at once, the one that was added first runs first.
 */
export function addTask(name: string, run: () => void, periodMs: u32, deadlineMs: u32, budgetCycles: u32): u32 {
  assert(periodMs != 0, 'a task without a period is an event task');
  return addRow(name, run, periodMs, deadlineMs, budgetCycles);
}

/** Adds a task that runs when `releaseTask` or `wakeTask` is called for its number, which is returned. */
export function addEventTask(name: string, run: () => void, deadlineMs: u32, budgetCycles: u32): u32 {
  assert(budgetCycles != 0, 'a task may take some time');
  return addRow(name, run, 0, deadlineMs, budgetCycles);
}

/** Starts the tasks, after the last one was added. `lines`: LINE_* bits that wake the core up beside the timer's. */
export function startTasks(lines: u32): void {
  assert(TASK_COUNT != 0, 'a task was added');
  startScheduler();
  writeIntcEnable(lines | LINE_TIMER);
  runReleasedTasks(runTask, uptimeNs());
}

/** Runs every task that is due. `lines`: what interrupt() was called with. */
export function runTasks(lines: u32): void {
  assert(lines != 0, 'the core wakes up for a line');
  if ((lines & LINE_TIMER) != 0) writeTimerStatus(TIMER_STATUS_ALARM);
  runReleasedTasks(runTask, uptimeNs());
}
