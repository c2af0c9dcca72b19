// The planner: a table for a problem, or undefined, within counted steps.
//
// First what serves seldom and switches seldom: harmonic cycles of bundles, for every size of bundle and every base. Where the set is too dense
// for that: the rule, folding and exact search of pinwheel/, line by line. Of all tables found the one that steals least is taken. What must
// stay true: a table that leaves here keeps every deadline, and the same problem, seed and steps give the same table.

import { RefreshTable } from '../../../protocol/multiplexer/table.ts';
import { type BigSlots, type Bundle, bigSlotsOf, bundlesOf } from './bundle.ts';
import { costOf, type TableCost } from './cost.ts';
import { certify, isKept, type LinePlan, layOut } from './layout.ts';
import { assignLines } from './lines.ts';
import { IDLE, keepsDeadlines } from './pinwheel/cycle.ts';
import type { Effort } from './pinwheel/effort.ts';
import type { Choose } from './pinwheel/fold.ts';
import { harmonicCycle } from './pinwheel/harmonic.ts';
import { planUnits, type UnitMethod } from './pinwheel/pinwheel.ts';
import { repair } from './pinwheel/repair.ts';
import { runRule } from './pinwheel/rules.ts';
import type { SlotCell, SlotProblem } from './slots.ts';
import type { MuxTable } from './table.ts';
import { thin } from './thin.ts';

export type PlanMethod = UnitMethod | 'harmonic';

export interface Plan {
  table: MuxTable;
  cost: TableCost;
  method: PlanMethod;
}

export interface PlanOptions {
  effort: Effort;
  choose: Choose;
  entriesMost?: number;
}

/** How the lines' time is cut: the big slots, and each line's bundles. */
interface Cut {
  big: BigSlots;
  lines: Bundle[][];
}

/** Assignments of cells to lines that are tried. */
const ATTEMPTS = 12;
const BASES_MOST = 48;

/** Yields the best table so far after each piece of work, so that the caller can stop; returns the best, or undefined. */
export function* planSlots(
  name: string,
  problem: SlotProblem,
  options: PlanOptions,
): Generator<Plan | undefined, Plan | undefined> {
  const context = new Context(name, problem, options);
  for (let attempt = 0; attempt < (problem.lines > 1 ? ATTEMPTS : 1) && !options.effort.isOver; attempt++) {
    const assigned = assignLines(problem, attempt, options.choose);
    const cuts = cutsOf(assigned, problem);
    for (const cut of cuts) {
      context.tryHarmonic(cut);
      yield context.best;
    }
    // Dense sets: what is left of the steps goes to the finest cut first, for it loses least.
    for (const [turn, cut] of cuts.entries()) {
      if (context.best && turn > 0) break;
      yield* context.tryUnits(cut, context.best !== undefined);
    }
    if (context.best) break;
  }
  return context.best;
}

/** Every way to cut: cells one by one, and bundles of more and more services. */
function cutsOf(assigned: readonly SlotCell[][], { switchSlots, reserved }: SlotProblem): Cut[] {
  const cells = assigned.flat();
  const hasBanks = assigned.some((line) => new Set(line.map(({ bank }) => bank)).size > 1);
  const setup = hasBanks ? switchSlots : 0;
  const longest = Math.max(...cells.map(({ service }) => service));
  const deadline = Math.min(...cells.map((cell) => cell.deadline));
  const whole = Math.max(...assigned.map((line) => line.reduce((sum, { service }) => sum + service, 0)));
  const cuts: Cut[] = [];
  const add = (size: number, isGrouped: boolean) => {
    const big = bigSlotsOf(size, reserved);
    const lines = big && assigned.map((line) => bundlesOf(line, big, setup, isGrouped));
    if (big && lines?.every((line) => line !== undefined)) cuts.push({ big, lines: lines as Bundle[][] });
  };
  add(setup + longest, false);
  for (let room = longest; room < 2 * whole && setup + room <= deadline; room = Math.ceil(room * 1.5))
    add(setup + room, true);
  return cuts;
}

class Context {
  best: Plan | undefined;
  private readonly name: string;
  private readonly problem: SlotProblem;
  private readonly options: PlanOptions;
  private readonly entriesMost: number;

  constructor(name: string, problem: SlotProblem, options: PlanOptions) {
    this.name = name;
    this.problem = problem;
    this.options = options;
    this.entriesMost = options.entriesMost ?? RefreshTable.ENTRIES_MAX;
  }

  /** All bases from the least deadline down to half of it: what is below is a base already, times two. */
  tryHarmonic({ big, lines }: Cut): void {
    const least = Math.min(...lines.flat().map(({ deadline }) => deadline));
    const span = least - Math.floor(least / 2);
    const step = Math.max(1, Math.ceil(span / BASES_MOST));
    for (const roundsMost of [64, 8, 1]) {
      for (let base = least; base > least - span || base === least; base -= step) {
        if (!this.options.effort.spend(base * lines.length)) return;
        const cycles = lines.map((bundles) =>
          harmonicCycle(deadlinesOf(bundles), base, this.entriesMost * 8, roundsMost),
        );
        if (cycles.every((cycle, line) => cycle !== undefined || lines[line].length === 0)) {
          this.consider(
            lines.map((bundles, line) => ({ bundles, big, cycle: cycles[line] ?? idle })),
            'harmonic',
          );
        }
      }
      if (this.best) return;
    }
  }

  *tryUnits({ big, lines }: Cut, isExtra: boolean): Generator<Plan | undefined, void> {
    const { effort, choose } = this.options;
    const active = lines.filter((bundles) => bundles.length > 0).length;
    const plans: LinePlan[] = [];
    const methods: UnitMethod[] = [];
    for (const bundles of lines) {
      if (bundles.length === 0) {
        plans.push({ bundles, big, cycle: idle });
        continue;
      }
      const part = effort.part(isExtra ? 1_000_000 : Math.ceil(effort.stepsLeft / (2 * active)));
      const slotsMost = Math.floor(this.entriesMost / active);
      const units = planUnits(deadlinesOf(bundles), { effort: part, choose, slotsMost });
      let step = units.next();
      for (; !step.done; step = units.next()) yield this.best;
      effort.settle(part);
      if (typeof step.value === 'string') return;
      plans.push({ bundles, big, cycle: step.value.cycle });
      methods.push(step.value.method);
    }
    const method = methods.find((each) => each !== 'urgency') ?? 'urgency';
    if (this.consider(plans, method)) return;
    for (const { cycle } of plans) {
      const alike = this.withLength(plans, cycle.length);
      if (alike && this.consider(alike, 'repair')) return;
      yield this.best;
    }
  }

  /** The same plans with cycles of one length, where their common multiple is too long for a table. */
  private withLength(plans: readonly LinePlan[], length: number): LinePlan[] | undefined {
    const changed: LinePlan[] = [];
    for (const plan of plans) {
      if (plan.bundles.length === 0 || length % plan.cycle.length === 0) {
        changed.push(plan);
        continue;
      }
      const deadlines = deadlinesOf(plan.bundles);
      const cycle = runRule('urgency', deadlines, 3 * length, this.options.effort, false)?.slice(2 * length);
      const part = this.options.effort.part(5_000_000);
      const isMended = cycle !== undefined && repair(cycle, deadlines, part) && keepsDeadlines(cycle, deadlines);
      this.options.effort.settle(part);
      if (!isMended) return undefined;
      changed.push({ ...plan, cycle });
    }
    return changed;
  }

  private consider(plans: readonly LinePlan[], method: PlanMethod): boolean {
    const table = layOut(this.name, this.problem, plans, this.entriesMost);
    if (!table) return false;
    this.options.effort.spend(table.lines.reduce((sum, line) => sum + line.length, 0));
    if (!isKept(table)) return false;
    thin(table);
    certify(table);
    if (!isKept(table))
      throw new Error('multiplexer: leaving out services broke a deadline; this is a defect of the planner');
    const cost = costOf(table);
    if (!this.best || isBetter(cost, this.best.cost)) this.best = { table, cost, method };
    return true;
  }
}

const idle = Int32Array.of(IDLE);

const deadlinesOf = (bundles: readonly Bundle[]): number[] => bundles.map(({ deadline }) => deadline);

const isBetter = (a: TableCost, b: TableCost): boolean =>
  a.dutyStolen < b.dutyStolen - 1e-12 || (a.dutyStolen < b.dutyStolen + 1e-12 && a.switches < b.switches);
