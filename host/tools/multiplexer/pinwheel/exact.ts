// Exact search for small sets: walks through the states "how many slots may each cell still wait" until one comes again, which
// closes a cycle, or until none is left, which shows that there is no table at all.
//
// Three things keep it small. Hall's condition: of the cells sorted by slack, the k-th must have k slots, or they collide. Cells with
// equal deadlines are interchangeable, so only the one that waits longest is tried. A state from which nothing led on is never
// entered again. What must stay true: an idle slot is never tried, because serving somebody early never harms (each gap is counted anew from there).

import type { Effort } from './effort.ts';

export type Found = { cycle: Int32Array } | 'none' | 'unknown';

/** States remembered at most: more would need gigabytes. */
const STATES_MOST = 1_000_000;

interface Frame {
  key: string;
  slack: Int32Array;
  /** Cells worth serving, most urgent first. */
  choices: number[];
  next: number;
}

export function searchExactly(deadlines: readonly number[], effort: Effort): Found {
  const cells = deadlines.length;
  const start = Int32Array.from(deadlines);
  if (!canAllBeServed(start, new Int32Array(cells))) return 'none';
  const scratch = new Int32Array(cells);
  const dead = new Set<string>();
  const onPath = new Map<string, number>();
  const path: Frame[] = [];
  const served: number[] = [];
  const push = (slack: Int32Array, key: string) => {
    onPath.set(key, path.length);
    path.push({ key, slack, choices: choicesOf(slack, deadlines), next: 0 });
  };
  push(start, keyOf(start));
  for (;;) {
    const frame = path[path.length - 1];
    if (frame === undefined) return 'none';
    if (!effort.spend(cells) || dead.size > STATES_MOST || path.length > STATES_MOST) return 'unknown';
    if (frame.next >= frame.choices.length) {
      path.pop();
      served.pop();
      onPath.delete(frame.key);
      dead.add(frame.key);
      continue;
    }
    const cell = frame.choices[frame.next++];
    const slack = after(frame.slack, cell, deadlines);
    if (!canAllBeServed(slack, scratch)) continue;
    const key = keyOf(slack);
    if (dead.has(key)) continue;
    const begin = onPath.get(key);
    served.length = path.length - 1;
    served.push(cell);
    if (begin !== undefined) return { cycle: Int32Array.from(served.slice(begin)) };
    push(slack, key);
  }
}

function after(slack: Int32Array, cell: number, deadlines: readonly number[]): Int32Array {
  const next = Int32Array.from(slack, (slots) => slots - 1);
  next[cell] = deadlines[cell];
  return next;
}

function keyOf(slack: Int32Array): string {
  return String.fromCharCode(...slack);
}

/** Hall's condition for the slots to come. */
function canAllBeServed(slack: Int32Array, scratch: Int32Array): boolean {
  scratch.set(slack);
  scratch.sort();
  for (let k = 0; k < scratch.length; k++) if (scratch[k] < k + 1) return false;
  return true;
}

/** Cells in the order of slack / deadline; of those with one deadline only the first. */
function choicesOf(slack: Int32Array, deadlines: readonly number[]): number[] {
  const order = Array.from(slack, (_, cell) => cell).sort(
    (a, b) => slack[a] * deadlines[b] - slack[b] * deadlines[a] || a - b,
  );
  // Who must be served now leaves no choice.
  const due = order.find((cell) => slack[cell] === 1);
  if (due !== undefined) return [due];
  const seen = new Set<number>();
  return order.filter((cell) => !seen.has(deadlines[cell]) && seen.add(deadlines[cell]));
}
