// Virtual time: whole nanoseconds as floats, exact up to 104 days.
//
// While the core runs, time is not counted up: it is what the core has left of its budget, `RUN_END - cyclesLeft * 4`. The bus
// writes NOW at each access. What must stay true: NOW never goes back.

import { nanosecondsPerCycle } from '../../protocol/chip/chip.ts';
import type { Arena } from './arena.ts';

export const nsPerCycle = nanosecondsPerCycle;

/** Places in the clock's array. */
export const Clock = {
  NOW: 0,
  /** Time at which the running core has used up its budget. */
  RUN_END: 1,
  /** Time at which the running core has used up what one activation may take; moves with stalls, for a stalled core uses nothing. */
  ACTIVATION_END: 2,
  RESET_TIME: 3,
  POWER_ON_TIME: 4,
  /** Time from which a bus access must first look up from its work: the first event's, or always. The event queue keeps it. */
  DUE: 5,
  PLACES: 6,
} as const;

export function takeClock(arena: Arena): Float64Array {
  return arena.isHistory(arena.floats(Clock.PLACES));
}
