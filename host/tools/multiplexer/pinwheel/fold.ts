// Folding: k cells that may wait at least k times p are one cell that may wait p, whose services they take in turn. Folding from the
// slow end makes a large set a small one with short deadlines, which exact search then solves (Kawamura, STOC 2024, shows that
// this way every set of density up to 5/6 has a table).
//
// Which cells are folded together decides how much is lost to rounding. The first try takes what loses least; further tries take chances.
// Harmonic specialisation to one base is the special case in which every folded cell is cut to base times a power of two.

import { type Cycle, IDLE } from './cycle.ts';

/** A cell, or several that take turns. */
export interface Track {
  deadline: number;
  /** Number of a cell, -1 where there are parts. */
  cell: number;
  parts: Track[];
}

export const leaf = (deadline: number, cell: number): Track => ({ deadline, cell, parts: [] });

/** A number from 0 to n - 1. */
export type Choose = (n: number) => number;

export interface FoldOptions {
  /** Folds until no deadline is above. */
  ceiling: number;
  /** How far from the least loss a fold may be, in parts of 1/16 of a deadline; 0 takes the least. */
  looseness: number;
  choose: Choose;
  /** Turns most that one fold gives; 2 keeps periods short. */
  partsMost: number;
}

/** Folds the slowest again and again; undefined once more than every slot would be needed. */
export function fold(
  deadlines: readonly number[],
  { ceiling, looseness, choose, partsMost }: FoldOptions,
): Track[] | undefined {
  const tracks = deadlines.map(leaf).sort(bySpeed);
  let density = tracks.reduce((sum, { deadline }) => sum + 1 / deadline, 0);
  while (tracks.length > 1 && tracks[tracks.length - 1].deadline > ceiling) {
    const count = partsFor(tracks, looseness, choose, partsMost);
    const parts = tracks.splice(tracks.length - count);
    const deadline = Math.floor(parts[0].deadline / count);
    if (deadline < 1) return undefined;
    density += 1 / deadline - parts.reduce((sum, part) => sum + 1 / part.deadline, 0);
    if (density > 1 + 1e-9) return undefined;
    insert(tracks, { deadline, cell: -1, parts });
  }
  return tracks;
}

const bySpeed = (a: Track, b: Track) => a.deadline - b.deadline || a.cell - b.cell;

function insert(tracks: Track[], track: Track): void {
  const at = tracks.findIndex(({ deadline }) => deadline > track.deadline);
  tracks.splice(at < 0 ? tracks.length : at, 0, track);
}

/** How many of the slowest take turns: what loses least for each cell that it spares. */
function partsFor(tracks: Track[], looseness: number, choose: Choose, partsMost: number): number {
  let best = 2;
  let bestLoss = Number.POSITIVE_INFINITY;
  const slowest = tracks[tracks.length - 1].deadline;
  let needed = 0;
  for (let count = 1; count <= Math.min(partsMost, tracks.length); count++) {
    const { deadline } = tracks[tracks.length - count];
    needed += 1 / deadline;
    if (count === 1) continue;
    const folded = Math.floor(deadline / count);
    if (folded < 1) break;
    const loss = ((1 / folded - needed) * slowest) / (count - 1) + (looseness > 0 ? choose(looseness) / 16 : 0);
    if (loss < bestLoss - 1e-12) {
      best = count;
      bestLoss = loss;
    }
  }
  return best;
}

/** The first `slots` slots of a cycle of tracks that is repeated, with each track's services dealt out to its parts in turn. */
export function dealOut(cycle: Cycle, tracks: readonly Track[], slots: number): Cycle {
  const turns = new Map<Track, number>();
  return Int32Array.from({ length: slots }, (_, slot) => {
    const index = cycle[slot % cycle.length];
    return index < 0 ? IDLE : nextOf(tracks[index], turns);
  });
}

/** Slots until every part's turn comes again where it was at the beginning. */
export function wholePeriod(cycle: Cycle, tracks: readonly Track[]): number {
  const counts = new Array<number>(tracks.length).fill(0);
  for (const track of cycle) if (track >= 0) counts[track]++;
  let repeats = 1;
  for (let i = 0; i < tracks.length; i++) {
    const round = roundOf(tracks[i]);
    repeats = leastCommonMultiple(repeats, round / greatestCommonDivisor(round, counts[i]));
  }
  return repeats * cycle.length;
}

function nextOf(track: Track, turns: Map<Track, number>): number {
  let at = track;
  while (at.cell < 0) {
    const turn = turns.get(at) ?? 0;
    turns.set(at, (turn + 1) % at.parts.length);
    at = at.parts[turn];
  }
  return at.cell;
}

/** Services of a track until each of its parts, and their parts, begins anew. */
function roundOf(track: Track): number {
  return track.parts.length === 0 ? 1 : track.parts.length * track.parts.map(roundOf).reduce(leastCommonMultiple, 1);
}

export function greatestCommonDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

export const leastCommonMultiple = (a: number, b: number): number => (a / greatestCommonDivisor(a, b)) * b;
