// Clock supervision: the loop follows the better of two references, and says so.
//
// A reference that goes is left at once, in the interrupt of the lost lock. One that drifts or jitters is left after two looks, half a second
// apart, if the other one is better. It does not go back by itself. It goes back when a person decides to trust the first reference again,
// or when the other one fails too. What must stay true: a switch always goes to a reference that is there; no other file writes CLOCK.SELECT.

import { NS_PER_MS, uptimeNs } from '../../protocol/guest/clock';
import { EVENT_CLOCK_SWITCHED, REFERENCE_COUNT } from '../../protocol/guest/generated/constants';
import {
  CLOCK_LOST_LOCK,
  CLOCK_STATUS_LOCKED,
  readClockJitter,
  readClockLost,
  readClockOffset,
  readClockSelect,
  readClockStatus,
  writeClockLost,
  writeClockSelect,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { wakeTask } from '../kernel/releases';
import { TASK_CLOCK } from '../kernel/tasks';

const LOOK_NS: u64 = 500 * NS_PER_MS;
/** Parts in 10^9: a pulse a millisecond after its trigger is then 0.5 ns off. */
const OFFSET_LIMIT: u32 = 500;
/** Femtoseconds: above it the phase of a 6 GHz tone is no longer known to five degrees. */
const JITTER_LIMIT: u32 = 2_000;
const WHY_LOST: u32 = 0;
const WHY_OFFSET: u32 = 1;
const WHY_JITTER: u32 = 2;
const GOOD: u32 = 3;

let badLooks: u32 = 0;

/** Whether a reference is missing or bad, selected or not. */
export function clockImpaired(): bool {
  assert(REFERENCE_COUNT == 2, 'both references are looked at');
  const status = readClockStatus();
  return verdict(0, status) != GOOD || verdict(1, status) != GOOD;
}

/** Reference selected; bit 2: the loop is locked. */
export function clockState(): u32 {
  assert((CLOCK_STATUS_LOCKED & (REFERENCE_COUNT - 1)) == 0, 'the lock has a bit of its own');
  return readClockSelect() | (readClockStatus() & CLOCK_STATUS_LOCKED);
}

export function startClock(): void {
  assert(LOOK_NS != 0, 'the clock is looked at again and again');
  assert(badLooks == 0, 'it starts once');
  wakeTask(TASK_CLOCK, uptimeNs() + LOOK_NS);
}

export function runClock(): void {
  wakeTask(TASK_CLOCK, uptimeNs() + LOOK_NS);
  const lost = readClockLost() != 0;
  if (lost) writeClockLost(CLOCK_LOST_LOCK);
  const selected = readClockSelect();
  assert(selected < REFERENCE_COUNT, 'a reference that there is');
  const status = readClockStatus();
  const why = verdict(selected, status);
  badLooks = why == GOOD ? 0 : badLooks + 1;
  const isTime = why == WHY_LOST || badLooks >= 2;
  if (why == GOOD || !isTime || verdict(selected ^ 1, status) != GOOD) return;
  assert((selected ^ 1) < REFERENCE_COUNT, 'a reference that there is');
  writeClockSelect(selected ^ 1);
  recordEvent(EVENT_CLOCK_SWITCHED, selected ^ 1, why);
  badLooks = 0;
  assert(why < GOOD, 'a switch has a reason');
}

/** GOOD, or what is wrong with a reference. `status`: CLOCK.STATUS. */
function verdict(reference: u32, status: u32): u32 {
  assert(reference < REFERENCE_COUNT, 'a reference that there is');
  if (((status >> reference) & 1) == 0) return WHY_LOST;
  const offset = <i32>readClockOffset(reference);
  assert(OFFSET_LIMIT != 0 && JITTER_LIMIT != 0, 'no reference is perfect');
  if (<u32>abs<i32>(offset) > OFFSET_LIMIT) return WHY_OFFSET;
  return readClockJitter(reference) > JITTER_LIMIT ? WHY_JITTER : GOOD;
}
