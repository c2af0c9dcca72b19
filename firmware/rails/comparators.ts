// What the rails' comparators have seen, noted in their interrupt: the line must fall, and the interlock must still find it.

import { CONDITION_RAIL_TRIPPED } from '../../protocol/guest/generated/constants';
import { readRailsTripped, writeRailsTripped } from '../../protocol/guest/generated/registers';

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

/** Acknowledges the trips of a rail condition; false when the condition is another one. */
export function forgetRailTrips(condition: u32, mask: u32): bool {
  if (condition != CONDITION_RAIL_TRIPPED) return false;
  seen &= ~mask;
  return true;
}
