// Cooperative scheduler: the timer's one alarm, the table in tasks.ts, and nothing that can block.
//
// A periodic task is released on a fixed grid, so lateness never accumulates; grid points that passed while it could
// not run are skipped, and the miss is counted once. An event task is released by `releaseTask` (an interrupt line) or
// `wakeTask` (a time), both in releases.ts. What must stay true: the alarm is always armed for the earliest release before the core sleeps.

import { NS_PER_CYCLE, NS_PER_US, uptimeNs } from '../../protocol/guest/clock';
import {
  EVENT_BUDGET_EXCEEDED,
  EVENT_DEADLINE_MISSED,
  POLICY_WATCHDOG_TIMEOUT_US,
} from '../../protocol/guest/generated/constants';
import {
  readTimerNowLow,
  TIMER_CONTROL_ARM,
  writeTimerAlarmHigh,
  writeTimerAlarmLow,
  writeTimerControl,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { earliestRelease, forgetReleases, NEVER, nextRelease, setNextRelease } from './releases';
import { countRun, initStatistics } from './statistics';
import { checkTasks, TASK_COUNT, taskAt, taskBudgetCycles, taskDeadlineUs, taskPeriodUs } from './tasks';

/** When the task under way, or the last one, started. */
let startedNs: u64 = 0;
/** High word that the alarm was set to last; at first one that no release has: the bootloader may have set another. */
let alarmHigh: u32 = 0xffff_ffff;

/** When the task under way started: for a task that need not know the time more exactly, it saves a look at the clock. */
export function taskStartNs(): u64 {
  assert(startedNs != 0, 'a task runs');
  return startedNs;
}

/** Every periodic task is first released one period from now. */
export function startScheduler(): void {
  const now = uptimeNs();
  checkTasks();
  forgetReleases();
  for (let position: u32 = 0; position < TASK_COUNT; position++) {
    const task = taskAt(position);
    initStatistics(task);
    const periodNs = <u64>taskPeriodUs(task) * NS_PER_US;
    setNextRelease(task, periodNs == 0 ? NEVER : now + periodNs);
  }
  assert(earliestRelease() > now, 'no task is released before its first period has passed');
}

/**
 * Runs every task once that is released at `nowNs`, first row first, then arms the alarm. What is released anew meanwhile waits for the
 * next run of the core, so that the lines are drained in between. `runTask` knows the code of each task; the kernel knows none of it.
 */
export function runReleasedTasks(runTask: (task: u32) => void, nowNs: u64): void {
  let now = nowNs;
  assert(now >= startedNs, 'time goes forward');
  for (let position: u32 = 0; position < TASK_COUNT; position++) {
    const task = taskAt(position);
    if (nextRelease(task) <= now) now = runOnce(task, now, runTask);
  }
  assert(now >= nowNs, 'tasks take time');
  armAlarm();
}

/**
 * Runs a task and returns when it ended. The end of one is the start of the next: the clock is read once a run, because an idle controller
 * spends a good part of its bus accesses on it.
 */
function runOnce(task: u32, startNs: u64, runTask: (task: u32) => void): u64 {
  const releasedNs = nextRelease(task);
  assert(releasedNs != NEVER, 'only a task that was released runs');
  assert(startNs >= releasedNs, 'a task runs when it is released, not before');
  setNextRelease(task, releaseAfter(task, releasedNs, startNs));
  startedNs = startNs;
  runTask(task);
  const usedNs = sinceNs(startNs);
  const endNs = startNs + <u64>usedNs;
  const cycles = usedNs / <u32>NS_PER_CYCLE;
  const deadlineNs = releasedNs + <u64>taskDeadlineUs(task) * NS_PER_US;
  assert(deadlineNs > releasedNs, 'a deadline comes after the release');
  const slackUs = <i32>((<i64>deadlineNs - <i64>endNs) / <i64>NS_PER_US);
  const missed = endNs > deadlineNs;
  const overBudget = cycles > taskBudgetCycles(task);
  if (missed) recordEvent(EVENT_DEADLINE_MISSED, task, <u32>-slackUs);
  if (overBudget) recordEvent(EVENT_BUDGET_EXCEEDED, task, cycles);
  countRun(task, cycles, slackUs, missed, overBudget);
  return endNs;
}

/** Nanoseconds since a time of this run of the core. The high word of the clock is not read: the watchdog ends a run before the low word comes round. */
function sinceNs(timeNs: u64): u32 {
  assert(<u64>POLICY_WATCHDOG_TIMEOUT_US * NS_PER_US < <u64>u32.MAX_VALUE, 'no run is as long as 4.3 seconds');
  return readTimerNowLow() - <u32>timeNs;
}

/** The next grid point after now for a periodic task; an event task waits for its next event. */
function releaseAfter(task: u32, releasedNs: u64, nowNs: u64): u64 {
  const periodNs = <u64>taskPeriodUs(task) * NS_PER_US;
  if (periodNs == 0) return NEVER;
  const late = nowNs - releasedNs;
  // Nearly always the run is less than a period late, and the grid point after the released one is the next.
  const next = late < periodNs ? releasedNs + periodNs : releasedNs + (late / periodNs + 1) * periodNs;
  assert(next > nowNs && next - nowNs <= periodNs, 'the next grid point is less than a period away');
  return next;
}

function armAlarm(): void {
  const earliest = earliestRelease();
  assert(earliest != NEVER, 'periodic tasks always have a next release');
  assert(earliest <= <u64>i64.MAX_VALUE, 'and one that will come');
  const high = <u32>(earliest >> 32);
  writeTimerAlarmLow(<u32>earliest);
  if (high != alarmHigh) writeTimerAlarmHigh(high);
  alarmHigh = high;
  writeTimerControl(TIMER_CONTROL_ARM);
}
