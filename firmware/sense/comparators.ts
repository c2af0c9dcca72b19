// What the rails' comparators have seen, noted in their interrupt: the line must fall, and the interlock must still find it.

import { CONDITION_RAIL_TRIPPED } from '../../protocol/guest/generated/constants';
import {
  RAILS_TRIPPED_UNDER_SHIFT,
  readRailsGood,
  readRailsTripped,
  writeRailsTripped,
} from '../../protocol/guest/generated/registers';

let seen: u32 = 0;

/** Bits of RAILS.TRIPPED that have been set and were not forgotten. */
export function railTrips(): u32 {
  return seen;
}

/** Takes over what the comparators say, and releases their line. */
export function noteRailTrips(): void {
  const tripped = readRailsTripped();
  seen |= tripped;
  writeRailsTripped(tripped);
}

/** A rail that was too low and is good again has nothing to be remembered for; one that was too high waits for an operator. */
export function settleRailTrips(): void {
  const under = seen >> RAILS_TRIPPED_UNDER_SHIFT;
  if (under != 0) seen &= ~((under & readRailsGood()) << RAILS_TRIPPED_UNDER_SHIFT);
}

/** Acknowledges the trips of a rail condition; false when the condition is another one. */
export function forgetRailTrips(condition: u32, mask: u32): bool {
  if (condition != CONDITION_RAIL_TRIPPED) return false;
  seen &= ~mask;
  return true;
}
