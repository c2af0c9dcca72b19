// A cycle of unit slots: which cell is served in which slot, again and again; and the gaps that follow.

/** Cell of each slot, -1 where the slot is idle. */
export type Cycle = Int32Array;

export const IDLE = -1;

/** Largest distance between two services of each cell, around the end as well; Infinity where a cell is never served. */
export function gapsOf(cycle: ArrayLike<number>, cells: number): Float64Array {
  const first = new Float64Array(cells).fill(-1);
  const last = new Float64Array(cells).fill(-1);
  const gaps = new Float64Array(cells);
  for (let slot = 0; slot < cycle.length; slot++) {
    const cell = cycle[slot];
    if (cell === IDLE) continue;
    if (first[cell] < 0) first[cell] = slot;
    else gaps[cell] = Math.max(gaps[cell], slot - last[cell]);
    last[cell] = slot;
  }
  for (let cell = 0; cell < cells; cell++) {
    gaps[cell] =
      first[cell] < 0 ? Number.POSITIVE_INFINITY : Math.max(gaps[cell], first[cell] + cycle.length - last[cell]);
  }
  return gaps;
}

export function keepsDeadlines(cycle: ArrayLike<number>, deadlines: ArrayLike<number>): boolean {
  const gaps = gapsOf(cycle, deadlines.length);
  for (let cell = 0; cell < deadlines.length; cell++) if (gaps[cell] > deadlines[cell]) return false;
  return cycle.length > 0;
}

/** Part of the slots that is needed at least: the sum of 1 / deadline. */
export function densityOf(deadlines: ArrayLike<number>): number {
  let density = 0;
  for (let cell = 0; cell < deadlines.length; cell++) density += 1 / deadlines[cell];
  return density;
}
