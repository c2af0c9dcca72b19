// How many sets get a table, by density: the planner beside each rule that people use, on the same random sets.
//
// Sets are those of the planning literature: unit slots, one line, deadlines spread over 2.3 decades. A rule counts as good when it runs `HORIZON_SLOTS`
// without a late cell, which is less than a table that repeats; the planner counts only with a table that the independent verifier accepts.

import { chooser, Random } from '../../../host/board/random.ts';
import { densityOf } from '../../../host/tools/multiplexer/pinwheel/cycle.ts';
import { Effort } from '../../../host/tools/multiplexer/pinwheel/effort.ts';
import { harmonicCycle } from '../../../host/tools/multiplexer/pinwheel/harmonic.ts';
import { type Rule, runRule } from '../../../host/tools/multiplexer/pinwheel/rules.ts';
import { planSlots } from '../../../host/tools/multiplexer/plan.ts';
import { inSlots } from '../../../host/tools/multiplexer/slots.ts';
import { tableBytes } from '../../../host/tools/multiplexer/table.ts';
import { ended, randomSpread, randomUnits, unitProblem } from '../../../host/tools/multiplexer/testing.ts';
import { readTable } from '../../../host/tools/multiplexer/verify/read.ts';
import { verifyTable } from '../../../host/tools/multiplexer/verify/verify.ts';

export const HORIZON_SLOTS = 6000;
/** What the planner may do for one set: the command's usual limit. */
export const STEPS = 200_000_000;
/** A harmonic table of any length counts. */
const LONGEST_SLOTS = 10_000_000;

export const methods = ['planner', 'urgency', 'harmonic', 'eligible', 'deadline'] as const;
export type Compared = (typeof methods)[number];

/** Bins of density, each from one to the next. */
export const edges = [0.55, 0.65, 0.7, 0.75, 0.8, 5 / 6, 0.87, 0.9, 0.95] as const;

/** A table that the verifier accepts. */
export function isPlanned(deadlines: readonly number[], seed: number, steps = STEPS): boolean {
  const problem = unitProblem(deadlines);
  // Without the search for a least change, which a refusal has besides.
  const plan = ended(planSlots(problem.name, inSlots(problem), { effort: new Effort(steps), choose: chooser(seed) }));
  if (!plan) return false;
  const verdict = verifyTable(readTable(tableBytes(plan.table)), problem);
  if (!verdict.accepted) throw new Error(`the verifier refuses a table of the planner: ${verdict.violations[0]?.text}`);
  return true;
}

/** Harmonic specialisation over all bases. */
export function isHarmonic(deadlines: readonly number[]): boolean {
  const least = Math.min(...deadlines);
  for (let base = least; base > least / 2; base--) {
    if (harmonicCycle(deadlines, base, LONGEST_SLOTS, 2 ** 20)) return true;
  }
  return false;
}

export const keepsRunning = (rule: Rule, deadlines: readonly number[]): boolean =>
  runRule(rule, deadlines, HORIZON_SLOTS) !== undefined;

/** Accepted sets of `sets`, by method. */
export function acceptance(
  cells: number,
  from: number,
  to: number,
  sets: number,
  seed: number,
): Record<Compared, number> {
  const random = new Random(seed);
  const count: Record<Compared, number> = { planner: 0, urgency: 0, harmonic: 0, eligible: 0, deadline: 0 };
  for (let set = 0; set < sets; set++) {
    const deadlines = randomSpread(random, cells, from, to);
    if (isPlanned(deadlines, set)) count.planner++;
    if (isHarmonic(deadlines)) count.harmonic++;
    for (const rule of ['urgency', 'eligible', 'deadline'] as const) if (keepsRunning(rule, deadlines)) count[rule]++;
  }
  return count;
}

/** Random sets of 3 to 8 cells of density up to 5/6 that get no table; theory says there is none. */
export function unitSetsRefused(sets: number, seed: number): string[] {
  const random = new Random(seed);
  const refused: string[] = [];
  for (let set = 0; set < sets; set++) {
    const deadlines = randomUnits(random, 0.5);
    if (!isPlanned(deadlines, set)) refused.push(`${deadlines.join()} (density ${densityOf(deadlines).toFixed(4)})`);
  }
  return refused;
}
