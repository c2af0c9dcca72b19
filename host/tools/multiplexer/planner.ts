// The door of the planner: a problem in, a table with its certificate or a refusal out.
//
//   planProblem(problem, {steps, choose})   a generator that yields the best so far, so that whoever drives it may stop
//
// What must stay true: a plan is a function of problem, steps and chance; nothing here reads a clock or a file.

import { RefreshTable } from '../../../protocol/multiplexer/table.ts';
import { loadOf } from './lines.ts';
import { Effort } from './pinwheel/effort.ts';
import type { Choose } from './pinwheel/fold.ts';
import { type Plan, planSlots } from './plan.ts';
import type { MuxProblem } from './problem.ts';
import { type LeastChange, leastChange, type Reason, reasonsFor } from './refuse.ts';
import { inSlots, ProblemError, type SlotProblem } from './slots.ts';

export interface Refusal {
  reasons: Reason[];
  leastChange: LeastChange;
  /** True where it is shown that no table exists; false where none was found within the steps. */
  isProven: boolean;
}

export interface PlanResult {
  density: number;
  plan?: Plan;
  refusal?: Refusal;
}

export interface ProblemOptions {
  /** Steps the search may take; a second of a present machine is about a hundred million. */
  steps: number;
  choose: Choose;
  entriesMost?: number;
}

export const STEPS_A_SECOND = 100_000_000;

/** Throws ProblemError for what no table can express. */
export function* planProblem(problem: MuxProblem, options: ProblemOptions): Generator<Plan | undefined, PlanResult> {
  const slots = inSlots(problem);
  refuseUnfit(slots);
  const density = densityOfProblem(slots);
  const isHopeless = density > 1 + 1e-9;
  const effort = new Effort(options.steps);
  const plan = isHopeless ? undefined : yield* planSlots(problem.name, slots, { ...options, effort });
  if (plan) return { density, plan };
  const reasons = reasonsFor(problem.name, problem, slots, options.choose);
  const change = yield* leastChange(problem, Math.ceil(options.steps / 20), options.choose);
  return { density, refusal: { reasons, leastChange: change, isProven: isHopeless } };
}

/** Part of the lines' free time that services need at least. Windows take their part of every line. */
export function densityOfProblem({ cells, lines, reserved }: SlotProblem): number {
  const free = reserved.reduce((sum, isReserved) => sum + (isReserved ? 0 : 1), 0) / reserved.length;
  return free === 0 ? Number.POSITIVE_INFINITY : cells.reduce((sum, cell) => sum + loadOf(cell), 0) / (lines * free);
}

/** What does not fit the numbers of the table. */
function refuseUnfit({ cells, slotNs, switchSlots }: SlotProblem): void {
  for (const { name, service } of cells) {
    if (service <= 0xffff) continue;
    throw new ProblemError(
      `the service of cell ${name} takes ${service} slots; a table holds at most 65535: make slot_ns larger than ${slotNs}`,
    );
  }
  if (switchSlots > 0xffff)
    throw new ProblemError(
      `a bank switch takes ${switchSlots} slots; expected at most 65535: make slot_ns larger than ${slotNs}`,
    );
  if (cells.length > RefreshTable.CELLS_MAX)
    throw new ProblemError(`there are ${cells.length} cells; a table holds at most ${RefreshTable.CELLS_MAX}`);
}
