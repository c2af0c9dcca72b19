// When each task runs next. Anyone may release an event task; the scheduler alone moves the periodic ones along their grid.

import { uptimeNs } from '../../protocol/guest/clock';
import { TASK_COUNT, taskPeriodUs } from './tasks';

/** The next release of an event task that waits for its event. */
export const NEVER: u64 = u64.MAX_VALUE;

const RELEASES_MAX: u32 = 16;
const releases = memory.data(128, 8);

function release(task: u32): usize {
  assert(task < TASK_COUNT && TASK_COUNT <= RELEASES_MAX, 'a task of the manifest, and room for its release');
  return releases + ((<usize>task) << 3);
}

/** Nanoseconds since reset. */
export function nextRelease(task: u32): u64 {
  return load<u64>(release(task));
}

export function setNextRelease(task: u32, timeNs: u64): void {
  store<u64>(release(task), timeNs);
}

/** Releases an event task now. */
export function releaseTask(task: u32): void {
  wakeTask(task, uptimeNs());
}

/** Releases an event task at a time, or earlier if something earlier was asked for. */
export function wakeTask(task: u32, timeNs: u64): void {
  assert(taskPeriodUs(task) == 0, 'a periodic task is released by its grid alone');
  if (timeNs < nextRelease(task)) setNextRelease(task, timeNs);
}
