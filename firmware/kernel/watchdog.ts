// Feeds the watchdog, but only when every task met its deadline since the last feed.
//
// The bootloader starts the watchdog before the hand-over (POLICY_WATCHDOG_*: one second, window 10 ms), so firmware that
// never gets here is reset too. One missed deadline leaves out one feed of ten; while a task keeps missing its deadline there are no feeds, and the
// watchdog resets the chip.
//
// A long run of another task (a verification takes 90 ms) makes one feed late, and the next one would then come too soon after it: inside the
// window, which resets the chip as well. So that next feed is left out; nine more follow before the time is up.

import { NS_PER_US, uptimeNs } from '../../protocol/guest/clock';
import { POLICY_WATCHDOG_WINDOW_US } from '../../protocol/guest/generated/constants';
import {
  readWatchdogControl,
  WATCHDOG_CONTROL_ENABLE,
  WATCHDOG_FEED_KEY_KEY,
  writeWatchdogFeed,
} from '../../protocol/guest/generated/registers';
import { recordOf } from './statistics';
import { TASK_COUNT, taskAt } from './tasks';

const WINDOW_NS: u64 = <u64>POLICY_WATCHDOG_WINDOW_US * NS_PER_US;

let missesSeen: u32 = 0;
let feeds: u32 = 0;
/** When the watchdog was fed last; 0 before. */
let fedNs: u64 = 0;
let feedsWithheld: u32 = 0;

export function watchdogFeeds(): u32 {
  return feeds;
}

export function watchdogFeedsWithheld(): u32 {
  assert(feedsWithheld <= missesSeen, 'a feed is withheld for a miss');
  return feedsWithheld;
}

export function runWatchdog(): void {
  let misses: u32 = 0;
  for (let position: u32 = 0; position < TASK_COUNT; position++) misses += recordOf(taskAt(position)).misses;
  assert(misses >= missesSeen, 'misses are counted, and never taken back');
  assert(feedsWithheld <= missesSeen, 'a feed is withheld for a miss');
  const everyDeadlineMet = misses == missesSeen;
  missesSeen = misses;
  if (!everyDeadlineMet) {
    feedsWithheld++;
    return;
  }
  const now = uptimeNs();
  assert(now >= fedNs, 'time goes forward');
  if (fedNs != 0 && now - fedNs < WINDOW_NS) return;
  feeds++;
  if ((readWatchdogControl() & WATCHDOG_CONTROL_ENABLE) != 0) writeWatchdogFeed(WATCHDOG_FEED_KEY_KEY);
  // Read behind the feed, so that the window has passed for certain.
  fedNs = uptimeNs();
}
