// The interlocks: every row of the table is looked at ten times a second, and at once when a comparator or the clock calls.
//
//   quiet --condition holds for PERSISTENCE--> tripped: latch, event, action --cleared--> quiet
//                                                |
//             by an operator once the condition is gone, or by itself when it has been gone for PERSISTENCE
//
// What must stay true: a trip is in the latch before its action is taken, so nothing that happens next loses it; while anything is
// tripped, nothing that its action switched off is switched on again; what was tripped before this firmware started still is.

import { NS_PER_MS, uptimeNs } from '../../protocol/guest/clock';
import {
  CLEARER_ITSELF,
  EVENT_INTERLOCK_CLEARED,
  EVENT_INTERLOCK_TRIPPED,
  INTERLOCK_NUMBER_COUNT,
} from '../../protocol/guest/generated/constants';
import { INTERLOCKS } from '../../protocol/guest/generated/plant';
import {
  INTERLOCK_CLEAR_KEY_KEY,
  readInterlockTripped,
  writeInterlockClear,
  writeInterlockTripped,
  writeInterlockValue,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { act, restore } from '../drive/safe-state';
import { forgetRailTrips } from '../sense/comparators';
import { forgetAverages, isMeasurable, measureConditions, measured } from './conditions';

const COLUMNS: usize = 7;
const CONDITION: usize = 0;
const OF: usize = 1;
const THRESHOLD: usize = 2;
const HYSTERESIS: usize = 3;
const PERSISTENCE_MS: usize = 4;
const ACTION: usize = 5;
const CLEARER: usize = 6;

/** Since when each condition holds, or has been gone, nanoseconds of uptime; and whether it holds. */
const since = memory.data(256, 8);
const holds = memory.data(32);

function column(number: u32, index: usize): u32 {
  return load<u32>(INTERLOCKS + ((<usize>number * COLUMNS + index) << 2));
}

/** Interlocks that have tripped and were not cleared, one bit each. */
export function trippedInterlocks(): u32 {
  return readInterlockTripped();
}

/** All that the tripped interlocks have switched off: ACTION_* bits. */
export function actionsInForce(): u32 {
  const tripped = readInterlockTripped();
  let actions: u32 = 0;
  for (let number: u32 = 0; number < INTERLOCK_NUMBER_COUNT; number++) {
    if (((tripped >> number) & 1) != 0) actions |= column(number, ACTION);
  }
  return actions;
}

export function runInterlock(): void {
  measureConditions();
  const now = uptimeNs();
  for (let number: u32 = 0; number < INTERLOCK_NUMBER_COUNT; number++) look(number, now);
}

/** The number of an interlock whose condition is gone is taken back; false while it still holds. */
export function clearInterlock(number: u32): bool {
  assert(number < INTERLOCK_NUMBER_COUNT, 'an interlock of the table');
  measureConditions();
  const condition = column(number, CONDITION);
  const value = measured(condition, column(number, OF));
  if (isMeasurable(condition, column(number, OF)) && value + column(number, HYSTERESIS) >= column(number, THRESHOLD)) {
    // A comparator's trip is what it remembers: acknowledging it is what clears it.
    if (!forgetRailTrips(condition, column(number, OF))) return false;
  }
  takeBack(number, true);
  return true;
}

function look(number: u32, now: u64): void {
  const condition = column(number, CONDITION);
  const subject = column(number, OF);
  if (!isMeasurable(condition, subject)) return;
  const value = measured(condition, subject);
  const tripped = ((readInterlockTripped() >> number) & 1) != 0;
  const threshold = column(number, THRESHOLD);
  const isSo = value >= (tripped ? threshold - column(number, HYSTERESIS) : threshold);
  if (isSo != (load<u8>(holds + number) != 0)) {
    store<u8>(holds + number, isSo ? 1 : 0);
    store<u64>(since + ((<usize>number) << 3), now);
  }
  const lasted = now - load<u64>(since + ((<usize>number) << 3)) >= <u64>column(number, PERSISTENCE_MS) * NS_PER_MS;
  if (isSo && !tripped && lasted) trip(number, value);
  else if (!isSo && tripped && lasted && column(number, CLEARER) == CLEARER_ITSELF) takeBack(number, false);
}

function trip(number: u32, value: u32): void {
  writeInterlockValue(value);
  writeInterlockTripped(1 << number);
  recordEvent(EVENT_INTERLOCK_TRIPPED, number, value);
  act(column(number, ACTION), number);
}

function takeBack(number: u32, operator: bool): void {
  writeInterlockClear(INTERLOCK_CLEAR_KEY_KEY | number);
  recordEvent(EVENT_INTERLOCK_CLEARED, number, operator ? 1 : 0);
  forgetAverages();
  restore(actionsInForce());
}
