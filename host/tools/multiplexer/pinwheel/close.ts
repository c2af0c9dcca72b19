// Cuts a cycle out of a long run of a rule: a stretch of slots that can be repeated because every gap around its end is kept too.
//
// A stretch from `begin` to `end` closes for a cell when its first service after `begin` and its last one before `end` are near enough. For large
// sets that is much weaker than a state that comes again, and much sooner found.

import type { Effort } from './effort.ts';

/** The shortest cycle found whose length is a multiple of `step`, or undefined. The run itself keeps all deadlines. */
export function cutCycle(
  run: Int32Array,
  deadlines: readonly number[],
  effort: Effort,
  step = 1,
): Int32Array | undefined {
  const cells = deadlines.length;
  const begins = [0, 0.1, 0.2, 0.3, 0.4, 0.5].map((part) => Math.floor((run.length * part) / step) * step);
  const longest = Math.max(...deadlines);
  for (const begin of begins) {
    const first = new Int32Array(cells).fill(-1);
    const last = new Int32Array(cells).fill(-1);
    let missing = cells;
    for (let end = begin; end < run.length; end++) {
      const cell = run[end];
      if (cell >= 0) {
        if (first[cell] < 0) {
          first[cell] = end - begin;
          missing--;
        }
        last[cell] = end;
      }
      if (missing > 0 || (end + 1 - begin) % step !== 0) continue;
      if (!effort.spend(2)) return undefined;
      if (closes(first, last, deadlines, end + 1)) return run.slice(begin, end + 1);
      if (end - begin > 40 * longest) break;
    }
  }
  return undefined;
}

function closes(first: Int32Array, last: Int32Array, deadlines: readonly number[], end: number): boolean {
  for (let cell = 0; cell < deadlines.length; cell++) {
    if (end - last[cell] + first[cell] > deadlines[cell]) return false;
  }
  return true;
}
