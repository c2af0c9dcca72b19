// Unit slots, one line: a cycle in which every cell is served at least once in any `deadline` slots that follow each other.
//
// Several methods are tried in turn, cheap ones first, within counted steps; the first cycle that keeps all deadlines is taken. What must stay
// true: every cycle that leaves here has been checked by `keepsDeadlines`.

import { cutCycle } from './close.ts';
import { type Cycle, densityOf, keepsDeadlines } from './cycle.ts';
import type { Effort } from './effort.ts';
import { searchExactly } from './exact.ts';
import type { Choose } from './fold.ts';
import { planByFolding } from './folding.ts';
import { repair } from './repair.ts';
import { runRule } from './rules.ts';

export type UnitMethod = 'urgency' | 'folding' | 'exact' | 'repair';

export interface UnitPlan {
  cycle: Cycle;
  method: UnitMethod;
}

export interface UnitOptions {
  effort: Effort;
  choose: Choose;
  /** Longest cycle that is of use. */
  slotsMost: number;
}

export type UnitResult = UnitPlan | 'impossible' | 'unknown';

/** Sets of which exact search may be able to say that they have no table. */
const EXACT_CELLS_MOST = 12;

/** A plan; `impossible` when it is shown that there is none; `unknown` when the steps were not enough. Yields between pieces of work. */
export function* planUnits(deadlines: readonly number[], options: UnitOptions): Generator<void, UnitResult> {
  if (densityOf(deadlines) > 1 + 1e-12 || Math.min(...deadlines) < 1) return 'impossible';
  const { effort, choose, slotsMost } = options;
  const quick = byUrgency(deadlines, options);
  if (quick) return quick;
  for (let round = 0; !effort.isOver; round++) {
    yield;
    const cycle = yield* planByFolding(deadlines, round, slotsMost, effort, choose);
    if (cycle) return { cycle, method: 'folding' };
    if (deadlines.length > EXACT_CELLS_MOST) continue;
    const part = effort.part(200_000 * 4 ** Math.min(round, 8));
    const found = searchExactly(deadlines, part);
    effort.settle(part);
    if (found === 'none') return 'impossible';
    if (found !== 'unknown' && found.cycle.length <= slotsMost && keepsDeadlines(found.cycle, deadlines)) {
      return { cycle: found.cycle, method: 'exact' };
    }
  }
  return 'unknown';
}

function byUrgency(deadlines: readonly number[], { effort, slotsMost }: UnitOptions): UnitPlan | undefined {
  const most = Math.max(...deadlines);
  const slots = Math.min(slotsMost, 12 * most + 64);
  const run = runRule('urgency', deadlines, slots, effort);
  const cut = run && cutCycle(run, deadlines, effort);
  if (cut && keepsDeadlines(cut, deadlines)) return { cycle: cut, method: 'urgency' };
  const mended = run && slots >= 3 * most ? run.slice(most, 3 * most) : undefined;
  if (mended && repair(mended, deadlines, effort) && keepsDeadlines(mended, deadlines)) {
    return { cycle: mended, method: 'repair' };
  }
  return undefined;
}
