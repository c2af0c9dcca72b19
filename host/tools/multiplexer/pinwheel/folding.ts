// Plans by folding: many ways to fold, those that lose least first; each small set that comes out is solved by the rule or exactly, and dealt out
// to the cells again. A whole round of turns can be longer than a table may be; then a stretch is cut out that closes.

import { cutCycle } from './close.ts';
import { type Cycle, densityOf, keepsDeadlines } from './cycle.ts';
import type { Effort } from './effort.ts';
import { searchExactly } from './exact.ts';
import { type Choose, dealOut, fold, type Track, wholePeriod } from './fold.ts';
import { repair } from './repair.ts';
import { runRule } from './rules.ts';

interface Candidate {
  tracks: Track[];
  deadlines: number[];
  density: number;
}

/** Sets above this are left to the rule: exact search would not end. */
const EXACT_CELLS_MOST = 14;
const SMALL_TRIED = 40;
/** Of those that only the rule can solve: the best few; the others fail alike. */
const LARGE_TRIED = 6;
const FOLDS_A_CEILING = 24;
/** A mend that takes longer seldom succeeds. */
const MEND_STEPS = 1_000_000;

/** One round: folds, sorts, tries. `round` 0 takes no chances; later rounds look further and search longer. */
export function* planByFolding(
  deadlines: readonly number[],
  round: number,
  slotsMost: number,
  effort: Effort,
  choose: Choose,
): Generator<void, Cycle | undefined> {
  const candidates = foldMany(deadlines, round, effort, choose);
  const isSmall = ({ tracks }: Candidate) => tracks.length <= EXACT_CELLS_MOST;
  const small = candidates.filter(isSmall).slice(0, SMALL_TRIED * (round + 1));
  const large = candidates.filter((candidate) => !isSmall(candidate)).slice(0, LARGE_TRIED);
  for (const { tracks, deadlines: folded } of [...small, ...large]) {
    if (effort.isOver) return undefined;
    const core = solve(folded, 100_000 * (round + 1), effort);
    yield;
    if (!core) continue;
    const cycle = closed(core, tracks, deadlines, slotsMost, effort);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Every set of deadlines once, least density first. */
function foldMany(deadlines: readonly number[], round: number, effort: Effort, choose: Choose): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const ceiling of ceilings(deadlines)) {
    for (const partsMost of [2, 3, 5]) {
      for (let turn = 0; turn < (round === 0 ? 1 : FOLDS_A_CEILING * round); turn++) {
        const looseness = round === 0 ? 0 : 1 << (turn % 4);
        effort.spend(4 * deadlines.length);
        const tracks = fold(deadlines, { ceiling, looseness, choose, partsMost });
        if (!tracks) continue;
        const folded = tracks.map(({ deadline }) => deadline);
        const key = `${partsMost === 2} ${folded.join()}`;
        if (!found.has(key)) found.set(key, { tracks, deadlines: folded, density: densityOf(folded) });
      }
    }
  }
  return [...found.values()].sort((a, b) => a.density - b.density);
}

/** How far down to fold: no further than a set that exact search can solve, and from there up to the least deadline's double. */
function ceilings(deadlines: readonly number[]): number[] {
  const least = Math.min(...deadlines);
  const most = Math.max(...deadlines);
  const parts = [1 / 4, 1 / 3, 1 / 2, 0.7, 1, 1.4, 2, 3, 4, 6, 8, 12];
  const list = parts.map((part) => Math.floor(part * least)).filter((ceiling) => ceiling >= 2 && ceiling < most);
  return [...new Set([...list, ...(deadlines.length <= EXACT_CELLS_MOST ? [most] : [])])];
}

function solve(deadlines: readonly number[], exactSteps: number, effort: Effort): Cycle | undefined {
  const most = Math.max(...deadlines);
  const run = runRule('urgency', deadlines, 12 * most + 64, effort);
  const cut = run && cutCycle(run, deadlines, effort);
  if (cut) return cut;
  if (deadlines.length <= EXACT_CELLS_MOST) {
    const part = effort.part(exactSteps);
    const found = searchExactly(deadlines, part);
    effort.settle(part);
    return typeof found === 'object' ? found.cycle : undefined;
  }
  return mended(deadlines, most, effort);
}

/** What the rule serves in a stretch of some length, mended where it is late. */
function mended(deadlines: readonly number[], most: number, effort: Effort): Cycle | undefined {
  const run = runRule('urgency', deadlines, 7 * most, effort, false);
  for (const factor of [1, 2, 3, 4]) {
    const cycle = run?.slice(3 * most, 3 * most + factor * most);
    if (cycle && mend(cycle, deadlines, effort)) return cycle;
  }
  return undefined;
}

function closed(
  core: Cycle,
  tracks: readonly Track[],
  deadlines: readonly number[],
  slotsMost: number,
  effort: Effort,
): Cycle | undefined {
  const period = wholePeriod(core, tracks);
  effort.spend(Math.min(period, slotsMost));
  const cycle = dealOut(core, tracks, Math.min(period, slotsMost));
  if (period <= slotsMost) return keepsDeadlines(cycle, deadlines) ? cycle : undefined;
  const cut = cutCycle(cycle, deadlines, effort, core.length);
  if (cut && keepsDeadlines(cut, deadlines)) return cut;
  for (const part of [1, 0.6, 0.3]) {
    const stretch = cycle.slice(0, Math.floor((part * slotsMost) / core.length) * core.length);
    if (mend(stretch, deadlines, effort)) return stretch;
  }
  return undefined;
}

/** In place, within a bounded part of the steps. */
function mend(cycle: Cycle, deadlines: readonly number[], effort: Effort): boolean {
  const part = effort.part(MEND_STEPS);
  const isMended = repair(cycle, deadlines, part) && keepsDeadlines(cycle, deadlines);
  effort.settle(part);
  return isMended;
}
