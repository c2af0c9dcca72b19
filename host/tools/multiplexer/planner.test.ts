import { describe, expect, it } from 'vitest';
import { chooser, Random } from '../../board/random.ts';
import { seeds } from '../../board/testing/cases.ts';
import { openProblem } from './open-problem.ts';
import { keepsDeadlines } from './pinwheel/cycle.ts';
import { Effort } from './pinwheel/effort.ts';
import { searchExactly } from './pinwheel/exact.ts';
import type { MuxProblem } from './problem.ts';
import { type MuxTable, tableBytes, tableJson } from './table.ts';
import { planned, randomBoard, randomSpread, randomUnits, unitProblem } from './testing.ts';
import { readTable } from './verify/read.ts';
import { verifyTable } from './verify/verify.ts';

const STEPS = 50_000_000;

/** The verdict on the bytes that a device would get. */
const verdictOn = (table: MuxTable, problem: MuxProblem) => verifyTable(readTable(tableBytes(table)), problem);

function accepted(problem: MuxProblem, steps = STEPS): MuxTable {
  const { plan } = planned(problem, steps, chooser(1));
  if (!plan) throw new Error(`${problem.name} was refused`);
  return plan.table;
}

describe('the planner', () => {
  it('accepts every unit-slot set of density up to 5/6', () => {
    for (const seed of seeds(500)) {
      const problem = unitProblem(randomUnits(new Random(seed), 0.5));
      expect(verdictOn(accepted(problem), problem).violations, problem.name).toEqual([]);
    }
  });

  it.each([
    [[2, 4, 12]],
    [[2, 6, 6]],
    [[3, 3, 6]],
    [[2, 5, 8]],
    [[3, 4, 5, 21]],
    [[2, 4, 13, 1000]],
    [[4, 4, 4, 12]],
    [[1]],
  ])('accepts the hard set %j', (deadlines) => {
    const problem = unitProblem(deadlines);
    expect(verdictOn(accepted(problem), problem).violations).toEqual([]);
  });

  it.each([[[2, 3, 1000]], [[2, 3, 7]], [[2, 2, 2]]])(
    'refuses %j, which has no table, and says what is enough',
    (deadlines) => {
      const problem = unitProblem(deadlines);
      const { refusal } = planned(problem, 2_000_000, chooser(1));
      expect(refusal?.reasons.length).toBeGreaterThan(0);
      expect(refusal?.reasons.every(({ excessNs }) => excessNs > 0)).toBe(true);
      const factor = refusal?.leastChange.toleranceFactor ?? 0;
      expect(factor).toBeGreaterThan(1);
      const eased = unitProblem(deadlines.map((deadline) => Math.floor(deadline * factor)));
      expect(verdictOn(accepted(eased), eased).violations).toEqual([]);
      expect(refusal?.isProven).toBe(deadlines[2] === 2);
    },
  );

  it('gives 96 cells tables up to a density of 0.87', () => {
    for (const seed of seeds(6)) {
      const problem = unitProblem(randomSpread(new Random(seed), 96, 0.8, 0.87));
      expect(verdictOn(accepted(problem, 200_000_000), problem).violations, problem.name).toEqual([]);
    }
  });

  it('gives boards with lines, banks and reserved windows tables that hold', () => {
    let tables = 0;
    for (const seed of seeds(60)) {
      const problem = randomBoard(new Random(seed));
      const { plan } = planned(problem, 4_000_000, chooser(seed));
      if (!plan) continue;
      tables++;
      expect(verdictOn(plan.table, problem).violations, `seed ${seed}`).toEqual([]);
      expect(plan.cost.switches).toBeGreaterThanOrEqual(plan.cost.switchesLeast);
    }
    expect(tables).toBeGreaterThan(30);
  });

  it('steals under 4 % of the time in the preset of 96 cells, and switches no oftener than it must', () => {
    const problem = openProblem('cells-96');
    const { plan } = planned(problem, STEPS, chooser(1));
    expect(problem.cells).toHaveLength(96);
    expect(plan?.cost.dutyStolen).toBeLessThan(0.04);
    expect(plan?.cost.switches).toBe(plan?.cost.switchesLeast);
  });

  it('gives the same table for the same problem, steps and seed', () => {
    const problem = unitProblem(randomSpread(new Random(3), 40, 0.85, 0.87));
    const table = () => tableJson(accepted(problem));
    expect(table()).toBe(table());
  });
});

describe('exact search', () => {
  it('knows what has no table, and finds what has', () => {
    expect(searchExactly([2, 3, 50], new Effort(1e7))).toBe('none');
    const found = searchExactly([2, 4, 12, 12, 12].slice(0, 3), new Effort(1e7));
    expect(typeof found === 'object' && keepsDeadlines(found.cycle, [2, 4, 12])).toBe(true);
  });
});
