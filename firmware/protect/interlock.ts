// The interlocks: every row of the table is looked at ten times a second, and at once when a comparator or the clock calls.
//
//   quiet --condition holds for PERSISTENCE--> tripped: latch, event --cleared--> quiet
//                                                |
//             by an operator once the condition is gone, or by itself when it has been gone for PERSISTENCE
//
// Here it is judged only: a trip is written into the latch, and drive/ acts on the latch in the same run of the core. What must stay true:
// a trip is in the latch before anything is done about it, so that nothing that happens next loses it; what was tripped before this
// firmware started still is.

import { NS_PER_MS, uptimeNs } from '../../protocol/guest/clock';
import {
  ACTION_SAFE_STATE,
  CLEARER_ITSELF,
  EVENT_INTERLOCK_CLEARED,
  EVENT_INTERLOCK_TRIPPED,
  INTERLOCK_NUMBER_COUNT,
} from '../../protocol/guest/generated/constants';
import { InterlockRow, interlockRow } from '../../protocol/guest/generated/plant';
import {
  INTERLOCK_CLEAR_KEY_KEY,
  writeInterlockClear,
  writeInterlockTripped,
  writeInterlockValue,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { isTripped, trippedInterlocks } from '../in-force/statement';
import { forgetRailTrips } from '../sense/comparators';
import { forgetAverages, measureConditions, NOT_MEASURABLE } from './conditions';
import { measured } from './generated/measured';

/** Since when a condition holds, or has been gone. */
@unmanaged
class Watch {
  /** Nanoseconds of uptime. */
  sinceNs: u64 = 0;
  holds: u32 = 0;
}

const watches = memory.data(<i32>(INTERLOCK_NUMBER_COUNT * 16), 8);

function watchOf(number: u32): Watch {
  assert(number < INTERLOCK_NUMBER_COUNT, 'an interlock of the table');
  assert(offsetof<Watch>() <= 16, 'room for each record');
  return changetype<Watch>(watches + <usize>number * 16);
}

/** Looks at every interlock once, at a time that is now; what is tripped afterwards. */
export function runInterlock(now: u64): u32 {
  assert(INTERLOCK_NUMBER_COUNT <= 32, 'the latch has a bit for every interlock');
  measureConditions(now);
  const before = trippedInterlocks();
  let tripped: u32 = 0;
  for (let number: u32 = 0; number < INTERLOCK_NUMBER_COUNT; number++)
    if (look(number, ((before >> number) & 1) != 0, now)) tripped |= 1 << number;
  assert(tripped == before || tripped == trippedInterlocks(), 'what is acted on is what the latch holds');
  return tripped;
}

/** An operator clears a tripped interlock; false, and nothing is changed, while its condition still holds. */
export function clearInterlock(number: u32): bool {
  assert(number < INTERLOCK_NUMBER_COUNT, 'an interlock of the table');
  assert(isTripped(number), 'only a trip can be cleared');
  measureConditions(uptimeNs());
  const row = interlockRow(number);
  const value = measured(row.condition, row.subject);
  // A thermometer that cannot be read neither trips nor keeps a trip.
  const holds = value != NOT_MEASURABLE && !isGone(row, value);
  // The comparator itself remembers its trip. To acknowledge it there clears it.
  if (holds && !forgetRailTrips(row.condition, row.subject)) return false;
  clear(number, true);
  return true;
}

/** Whether a condition that measures `value` is below its threshold by more than its hysteresis. */
function isGone(row: InterlockRow, value: u32): bool {
  assert(row.hysteresis < row.threshold, 'a condition can be gone');
  assert(value <= u32.MAX_VALUE - row.hysteresis, 'a sum that fits its word');
  return value + row.hysteresis < row.threshold;
}

/** Whether the interlock is tripped after the look; `tripped`: before. */
function look(number: u32, tripped: bool, now: u64): bool {
  const row = interlockRow(number);
  assert(row.hysteresis < row.threshold, 'a condition can be gone');
  const value = measured(row.condition, row.subject);
  if (value == NOT_MEASURABLE) return tripped;
  const holds: u32 = value >= (tripped ? row.threshold - row.hysteresis : row.threshold) ? 1 : 0;
  const watch = watchOf(number);
  if (holds != watch.holds) {
    watch.holds = holds;
    watch.sinceNs = now;
  }
  assert(now >= watch.sinceNs, 'time does not run backwards');
  const lasted = now - watch.sinceNs >= <u64>row.persistenceMs * NS_PER_MS;
  if (holds != 0 && !tripped && lasted) {
    trip(number, value);
    return true;
  }
  if (holds == 0 && tripped && lasted && row.clearer == CLEARER_ITSELF) {
    clear(number, false);
    return false;
  }
  return tripped;
}

function trip(number: u32, value: u32): void {
  assert(value != NOT_MEASURABLE, 'what cannot be measured does not trip');
  assert(!isTripped(number), 'an interlock trips once, until it is cleared');
  const action = interlockRow(number).action;
  assert(action != 0 && (action & ~ACTION_SAFE_STATE) == 0, 'a trip does something, of known bits');
  writeInterlockValue(value);
  writeInterlockTripped(1 << number);
  assert(isTripped(number), 'a trip is in the latch before anything else happens');
  recordEvent(EVENT_INTERLOCK_TRIPPED, number, value);
}

function clear(number: u32, operator: bool): void {
  assert(isTripped(number), 'only a trip can be cleared');
  assert(
    operator || interlockRow(number).clearer == CLEARER_ITSELF,
    'an interlock that waits for a person does not clear itself',
  );
  writeInterlockClear(INTERLOCK_CLEAR_KEY_KEY | number);
  assert(!isTripped(number), 'what was cleared is out of the latch');
  recordEvent(EVENT_INTERLOCK_CLEARED, number, operator ? 1 : 0);
  // Outputs come back now. The warmth that they bring does not count as a rise.
  forgetAverages();
}
