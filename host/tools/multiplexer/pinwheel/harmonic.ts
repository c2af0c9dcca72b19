// Harmonic specialisation: every deadline is cut to base times a power of two. Then cells never meet, because each takes one place of
// `base` places, in every round, every second, every fourth and so on. It serves seldom, so it takes the least time where the set is not dense.

import { type Cycle, IDLE } from './cycle.ts';

/** Rounds that the longest turn has at most: a longer one would make the table longer and save next to nothing. */
const ROUNDS_MOST = 64;

/** The cycle for a base, or undefined where the cut deadlines need more than every slot. */
export function harmonicCycle(
  deadlines: readonly number[],
  base: number,
  slotsMost: number,
  roundsMost = ROUNDS_MOST,
): Cycle | undefined {
  const every = deadlines.map((deadline) => {
    let rounds = 1;
    while (rounds * 2 * base <= deadline && rounds < roundsMost) rounds *= 2;
    return deadline < base ? 0 : rounds;
  });
  if (every.includes(0)) return undefined;
  const rounds = Math.max(...every);
  if (rounds * base > slotsMost) return undefined;
  const cycle = new Int32Array(rounds * base).fill(IDLE);
  // Who comes most often chooses first; who comes with every second round leaves the other to whom it is enough.
  const order = every.map((_, cell) => cell).sort((a, b) => every[a] - every[b] || a - b);
  let from = 0;
  for (const cell of order) {
    while (from < cycle.length && cycle[from] !== IDLE) from++;
    const slot = placeFor(cycle, base, every[cell], from);
    if (slot === undefined) return undefined;
    for (let at = slot; at < cycle.length; at += every[cell] * base) cycle[at] = cell;
  }
  return cycle;
}

function placeFor(cycle: Cycle, base: number, every: number, from: number): number | undefined {
  // Because of the order, a place that is free in one round is free in all rounds that are needed.
  for (let slot = from; slot < every * base; slot++) if (cycle[slot] === IDLE) return slot;
  return undefined;
}
