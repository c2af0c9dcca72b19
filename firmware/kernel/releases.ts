// When each task runs next. Anyone may release an event task; the scheduler alone moves the periodic ones along their grid.

import { uptimeNs } from '../../protocol/guest/clock';
import { TASK_NUMBERS, taskPeriodUs } from './tasks';

/** The next release of an event task that waits for its event. */
export const NEVER: u64 = u64.MAX_VALUE;

/** By task number, u64 nanoseconds since reset. */
const releases = memory.data(<i32>(TASK_NUMBERS * 8), 8);

function placeOf(task: u32): usize {
  assert(task < TASK_NUMBERS, 'a number of the manifest');
  assert((releases & 7) == 0, 'a time stands where a u64 may stand');
  return releases + ((<usize>task) << 3);
}

/** Nothing is released. A number that no task has keeps this value. */
export function forgetReleases(): void {
  memory.fill(releases, 0xff, TASK_NUMBERS * 8);
  assert(earliestRelease() == NEVER, 'nothing is released now');
}

/** The earliest of all releases. It is read each time the core wakes up, so it goes over the table by number and does not look at the running order. */
export function earliestRelease(): u64 {
  let earliest = NEVER;
  const end = releases + TASK_NUMBERS * 8;
  for (let place = releases; place < end; place += 8) earliest = min(earliest, load<u64>(place));
  return earliest;
}

/** Nanoseconds since reset. */
export function nextRelease(task: u32): u64 {
  return load<u64>(placeOf(task));
}

export function setNextRelease(task: u32, timeNs: u64): void {
  assert(timeNs == NEVER || timeNs <= <u64>i64.MAX_VALUE, 'a time that the alarm can be set to');
  assert(timeNs != NEVER || taskPeriodUs(task) == 0, 'a periodic task always has a next release');
  store<u64>(placeOf(task), timeNs);
}

/** Releases an event task now. */
export function releaseTask(task: u32): void {
  wakeTask(task, uptimeNs());
}

/** Releases an event task at a time, or earlier if it was to run earlier already. */
export function wakeTask(task: u32, timeNs: u64): void {
  const place = placeOf(task);
  assert(timeNs != NEVER, 'a task is released at a time');
  assert(timeNs <= <u64>i64.MAX_VALUE, 'one that the alarm can be set to');
  if (timeNs >= load<u64>(place)) return;
  assert(taskPeriodUs(task) == 0, 'a periodic task is released by its grid alone');
  store<u64>(place, timeNs);
}
