// What the rails' comparators have seen, noted in their interrupt: the line must be released, and the interlock must still see the trip.

import { CONDITION_RAIL_TRIPPED, RAIL_COUNT } from '../../protocol/guest/generated/constants';
import {
  RAILS_TRIPPED_UNDER_SHIFT,
  readRailsGood,
  readRailsTripped,
  writeRailsTripped,
} from '../../protocol/guest/generated/registers';

const OVER: u32 = (1 << RAIL_COUNT) - 1;
const ALL_BITS: u32 = OVER | (OVER << RAILS_TRIPPED_UNDER_SHIFT);

let seen: u32 = 0;

/** Bits of RAILS.TRIPPED that have been set and were not forgotten. */
export function railTrips(): u32 {
  assert((seen & ~ALL_BITS) == 0, 'rails that there are');
  return seen;
}

/** Takes over what the comparators say, and releases their line. */
export function noteRailTrips(): void {
  const tripped = readRailsTripped();
  assert((tripped & ~ALL_BITS) == 0, 'rails that there are');
  seen |= tripped;
  writeRailsTripped(tripped);
  assert((seen & tripped) == tripped, 'what releases the line is remembered');
}

/** Forgets rails that were too low and are good again; one that was too high is remembered until an operator acknowledges it. */
export function settleRailTrips(): void {
  const under = seen >> RAILS_TRIPPED_UNDER_SHIFT;
  assert((under & ~OVER) == 0, 'rails that there are');
  if (under != 0) seen &= ~((under & readRailsGood()) << RAILS_TRIPPED_UNDER_SHIFT);
  assert(seen >> RAILS_TRIPPED_UNDER_SHIFT <= under, 'settling only forgets');
}

/** Acknowledges the trips of a rail condition; false when the condition is another one. */
export function forgetRailTrips(condition: u32, mask: u32): bool {
  if (condition != CONDITION_RAIL_TRIPPED) return false;
  assert(mask != 0 && (mask & ~ALL_BITS) == 0, 'rails that there are');
  seen &= ~mask;
  assert((seen & mask) == 0, 'what is acknowledged is forgotten');
  return true;
}
