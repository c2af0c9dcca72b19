// Why there is no table: which cells come too late in the best try, by how much, and the least change with which the planner does find one.
//
// What must stay true: a change that is named has been planned and its table kept every deadline.

import { RefreshTable } from '../../../protocol/multiplexer/table.ts';
import { bigSlotsOf, bigSlotsWithin } from './bundle.ts';
import { layOut } from './layout.ts';
import { assignLines } from './lines.ts';
import { Effort } from './pinwheel/effort.ts';
import type { Choose } from './pinwheel/fold.ts';
import { runRule } from './pinwheel/rules.ts';
import { planSlots } from './plan.ts';
import type { MuxProblem } from './problem.ts';
import { inSlots, type SlotProblem } from './slots.ts';

export interface Reason {
  cell: string;
  excessNs: number;
}

/** Each change alone is enough; null where no such change of a reasonable size is. */
export interface LeastChange {
  /** All tolerances times this. */
  toleranceFactor: number | null;
  /** All services and the switch times this. */
  serviceFactor: number | null;
  /** So many lines. */
  lines: number | null;
}

const FACTOR_MOST = 64;
/** Bisection ends when it knows the factor to half a percent. */
const BISECTIONS = 12;

/** Cells that are late when everybody is served by urgency, most first. */
export function reasonsFor(name: string, problem: MuxProblem, slots: SlotProblem, choose: Choose): Reason[] {
  const assigned = assignLines(slots, 0, choose);
  const hasBanks = assigned.some((line) => new Set(line.map(({ bank }) => bank)).size > 1);
  const longest = Math.max(...slots.cells.map(({ service }) => service));
  const size = longest + (hasBanks ? slots.switchSlots : 0);
  const big = bigSlotsOf(size, slots.reserved);
  if (!big) {
    const excessNs = (size - longestFree(slots.reserved)) * slots.slotNs;
    return problem.cells
      .filter((_, index) => slots.cells[index].service === longest)
      .map(({ name: cell }) => ({ cell, excessNs }));
  }
  const plans = assigned.map((cells) => {
    const bundles = cells.map((cell) => ({
      cells: [cell],
      bank: cell.bank,
      deadline: Math.max(1, bigSlotsWithin(big, cell.deadline)),
    }));
    const deadlines = bundles.map(({ deadline }) => deadline);
    const slotsOfRun = Math.min(20_000, 4 * Math.max(1, ...deadlines));
    const run = runRule('urgency', deadlines, slotsOfRun * 2, undefined, false) as Int32Array;
    return { bundles, big, cycle: cells.length === 0 ? Int32Array.of(-1) : run.slice(slotsOfRun) };
  });
  const reasons: Reason[] = [];
  plans.forEach((plan, line) => {
    const alone = plans.map((other, i) => (i === line ? plan : { ...other, bundles: [], cycle: Int32Array.of(-1) }));
    const table = layOut(name, slots, alone, Number.POSITIVE_INFINITY);
    for (const { cells } of plan.bundles) {
      const { name: cell, deadlineNs } = problem.cells[cells[0].index];
      const gapNs = (table?.cells[cells[0].index].largestGapSlots ?? 0) * slots.slotNs;
      if (gapNs > deadlineNs) reasons.push({ cell, excessNs: gapNs - deadlineNs });
    }
  });
  return reasons.sort((a, b) => b.excessNs - a.excessNs);
}

/** Slots of the longest time between windows. */
function longestFree(reserved: Uint8Array): number {
  let [longest, free] = [0, 0];
  for (let slot = 0; slot < 2 * reserved.length; slot++) {
    free = reserved[slot % reserved.length] ? 0 : free + 1;
    longest = Math.max(longest, free);
  }
  return Math.min(longest, reserved.length);
}

/** Tries changes with the planner; yields between tries. `steps` is for one try. */
export function* leastChange(problem: MuxProblem, steps: number, choose: Choose): Generator<undefined, LeastChange> {
  function* accepts(changed: MuxProblem): Generator<undefined, boolean> {
    const search = planSlots(changed.name, inSlots(changed), { effort: new Effort(steps), choose });
    for (let step = search.next(); ; step = search.next()) {
      if (step.done) return step.value !== undefined;
      if (step.value !== undefined) return true;
      yield undefined;
    }
  }
  function* leastFactor(scale: (factor: number) => MuxProblem): Generator<undefined, number | null> {
    let [low, high] = [1, 1];
    do {
      low = high;
      high *= 2;
      if (high > FACTOR_MOST) return null;
    } while (!(yield* accepts(scale(high))));
    for (let turn = 0; turn < BISECTIONS && high / low > 1.005; turn++) {
      const middle = Math.sqrt(low * high);
      if (yield* accepts(scale(middle))) high = middle;
      else low = middle;
    }
    return high;
  }
  const toleranceFactor = yield* leastFactor((factor) => withTolerance(problem, factor));
  const faster = yield* leastFactor((factor) => withService(problem, 1 / factor));
  let lines: number | null = null;
  for (let more = problem.lines + 1; more <= RefreshTable.LINES_MAX && lines === null; more++) {
    if (yield* accepts(withLines(problem, more))) lines = more;
  }
  return { toleranceFactor, serviceFactor: faster === null ? null : 1 / faster, lines };
}

function withTolerance(problem: MuxProblem, factor: number): MuxProblem {
  return {
    ...problem,
    cells: problem.cells.map((cell) => ({ ...cell, deadlineNs: Math.floor(cell.deadlineNs * factor) })),
  };
}

function withService(problem: MuxProblem, factor: number): MuxProblem {
  const cells = problem.cells.map((cell) => ({ ...cell, serviceNs: Math.ceil(cell.serviceNs * factor) }));
  return {
    ...problem,
    cells,
    slotNs: Math.max(1, Math.floor(problem.slotNs * factor)),
    switchNs: Math.ceil(problem.switchNs * factor),
  };
}

/** A cell that any line may serve may also be served by a new one. */
function withLines(problem: MuxProblem, lines: number): MuxProblem {
  const all = Array.from({ length: lines }, (_, line) => line);
  const cells = problem.cells.map((cell) => (cell.lines.length === problem.lines ? { ...cell, lines: all } : cell));
  return { ...problem, lines, cells };
}
