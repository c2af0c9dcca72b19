// The health word: HEALTH_* bits of constants.ts, zero is healthy. An image is confirmed only while it is zero.
//
// The library raises a bit while the firmware has just started, after a late task, after one over its budget, and where the hand-over was not valid;
// your code raises and clears others. What must stay true: a bit that the scheduler raises lasts ten seconds, so that a reader who looks once a second
// sees it.

import { NS_PER_MS, NS_PER_SECOND, uptimeNs } from '../../protocol/guest/clock';
import { flashFailures } from '../../protocol/guest/flash-job';
import {
  HEALTH_BUDGET,
  HEALTH_DEADLINE,
  HEALTH_FLASH,
  HEALTH_HANDOVER,
  HEALTH_STARTING,
  POLICY_WELL_AFTER_MS,
} from '../../protocol/guest/generated/constants';
import { readResetResetsInARow, writeResetResetsInARow } from '../../protocol/guest/generated/registers';
import { handoverValid } from '../kernel/handover';
import { missesOfAll, overrunsOfAll } from '../kernel/statistics';
import { watchdogFeeds } from '../kernel/watchdog';

const HOLD_NS: u64 = 10 * NS_PER_SECOND;

let own: u32 = 0;
let missesSeen: u32 = 0;
let overrunsSeen: u32 = 0;
let deadlineUntilNs: u64 = 0;
let budgetUntilNs: u64 = 0;
let wellSinceNs: u64 = 0;

/** Raises or clears bits of your own: what a self-test or a sensor of yours has found. */
export function setHealth(bits: u32, raised: bool): void {
  assert(bits != 0, 'bits that mean something');
  own = raised ? own | bits : own & ~bits;
}

/** The health word as of now. */
export function healthWord(): u32 {
  const now = uptimeNs();
  let word = own;
  if (watchdogFeeds() == 0) word |= HEALTH_STARTING;
  if (now < deadlineUntilNs) word |= HEALTH_DEADLINE;
  if (now < budgetUntilNs) word |= HEALTH_BUDGET;
  if (flashFailures() != 0) word |= HEALTH_FLASH;
  if (!handoverValid()) word |= HEALTH_HANDOVER;
  assert((word & own) == own, 'what was raised is told');
  return word;
}

/** Whether it has been healthy for POLICY_WELL_AFTER_MS without a break. */
export function isWell(): bool {
  return healthWord() == 0 && uptimeNs() - wellSinceNs >= POLICY_WELL_AFTER_MS * NS_PER_MS;
}

/** The code of a task that runs every 100 ms. Once all has been well for a minute, earlier resets no longer count. */
export function runHealth(): void {
  const now = uptimeNs();
  const misses = missesOfAll();
  const overruns = overrunsOfAll();
  assert(misses >= missesSeen && overruns >= overrunsSeen, 'what the scheduler counts only grows');
  if (misses != missesSeen) deadlineUntilNs = now + HOLD_NS;
  if (overruns != overrunsSeen) budgetUntilNs = now + HOLD_NS;
  missesSeen = misses;
  overrunsSeen = overruns;
  if (healthWord() != 0) wellSinceNs = now;
  assert(now >= wellSinceNs, 'time goes forward');
  if (readResetResetsInARow() != 0 && isWell()) writeResetResetsInARow(0);
}
