// Feeds the watchdog, but only when every task met its deadline since the last feed.
//
// The bootloader starts the watchdog before the hand-over (POLICY_WATCHDOG_*: one second, window 10 ms), so firmware that
// never gets here is reset too. One missed deadline leaves out one feed of ten; while a task keeps missing its deadline there are no feeds, and the
// watchdog resets the chip.
//
// A long run of another task (a verification takes 90 ms) makes one feed late, and the next one would then come too soon after it: inside the
// window, which resets the chip as well. So that next feed is left out; nine more follow before the time is up.

import { NS_PER_US } from '../../protocol/guest/clock';
import { POLICY_WATCHDOG_WINDOW_US } from '../../protocol/guest/generated/constants';
import { WATCHDOG_FEED_KEY_KEY, writeWatchdogFeed } from '../../protocol/guest/generated/registers';
import { taskStartNs } from './scheduler';
import { missesOfAll } from './statistics';

const WINDOW_NS: u64 = <u64>POLICY_WATCHDOG_WINDOW_US * NS_PER_US;
/** A feed comes less than this after the start of its run, and the start is the time that is kept. */
const MARGIN_NS: u64 = 1_000_000;

let missesSeen: u32 = 0;
let feeds: u32 = 0;
/** Start of the run that fed the watchdog last; 0 before. */
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
  const misses = missesOfAll();
  assert(misses >= missesSeen, 'misses are counted, and never taken back');
  assert(feedsWithheld <= missesSeen, 'a feed is withheld for a miss');
  const everyDeadlineMet = misses == missesSeen;
  missesSeen = misses;
  if (!everyDeadlineMet) {
    feedsWithheld++;
    return;
  }
  const now = taskStartNs();
  assert(now >= fedNs, 'time goes forward');
  assert(fedNs == 0 || feeds != 0, 'a feed is counted');
  if (fedNs != 0 && now - fedNs < WINDOW_NS + MARGIN_NS) return;
  feeds++;
  // It has no effect while the watchdog is not enabled.
  writeWatchdogFeed(WATCHDOG_FEED_KEY_KEY);
  fedNs = now;
}
