// Rules that choose who is served next, slot by slot, and the cycle that comes of them.
//
//   urgency     who has waited the largest part of its deadline (proportional urgency)
//   deadline    who is due first (greedy EDF)
//   eligible    who is due first among those that have waited half of their deadline (gated EDF); idle when there is none
//
// A rule is deterministic, so a state that comes again closes a cycle. What must stay true: the peers of the acceptance curve are these very functions.

import type { Effort } from './effort.ts';

export type Rule = 'urgency' | 'deadline' | 'eligible';

/** Runs a rule until a cell is late (undefined) or `slots` are over; the cell of each slot, -1 for idle. */
export function runRule(
  rule: Rule,
  deadlines: readonly number[],
  slots: number,
  effort?: Effort,
  onlyGood = true,
): Int32Array | undefined {
  const cells = deadlines.length;
  const served = new Int32Array(slots);
  const last = new Int32Array(cells).fill(-1);
  for (let slot = 0; slot < slots; slot++) {
    if (effort && !effort.spend(cells)) return undefined;
    const cell = choose(rule, deadlines, last, slot);
    served[slot] = cell;
    if (cell >= 0) last[cell] = slot;
    if (onlyGood)
      for (let other = 0; other < cells; other++) if (slot - last[other] >= deadlines[other]) return undefined;
  }
  return served;
}

function choose(rule: Rule, deadlines: readonly number[], last: Int32Array, slot: number): number {
  let best = -1;
  let bestValue = Number.NEGATIVE_INFINITY;
  for (let cell = 0; cell < deadlines.length; cell++) {
    const age = slot - last[cell];
    if (rule === 'eligible' && 2 * age < deadlines[cell]) continue;
    const value = rule === 'urgency' ? age / deadlines[cell] : age - deadlines[cell];
    if (value > bestValue) {
      best = cell;
      bestValue = value;
    }
  }
  return best;
}
