// Virtual time: whole nanoseconds as floats, exact up to 104 days.
//
// While the core runs, time is not counted up: it follows from the rest of the core's budget, `RUN_END - cyclesLeft * 4`. The bus
// writes NOW at each access. What must stay true: NOW never goes back.

import { nanosecondsPerCycle } from '../../protocol/chip/chip.ts';
import type { Arena } from './arena.ts';

export const nsPerCycle = nanosecondsPerCycle;

/** Places in the clock's array. */
export const Clock = {
  NOW: 0,
  /** Time at which the running core has used up its budget. */
  RUN_END: 1,
  /** Time at which the running core reaches the limit of one activation. A stall moves it, because a stalled core uses no cycles. */
  ACTIVATION_END: 2,
  RESET_TIME: 3,
  POWER_ON_TIME: 4,
  /** From this time on a bus access must first handle what is due: the time of the first event, or always. Set by the event queue. */
  DUE: 5,
  PLACES: 6,
} as const;

export function takeClock(arena: Arena): Float64Array {
  return arena.isHistory(arena.floats(Clock.PLACES));
}
