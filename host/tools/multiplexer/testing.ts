// Problems for tests and measurements: random unit-slot sets, random boards, and the planner run to its end.

import { densityOf } from './pinwheel/cycle.ts';
import { type PlanResult, planProblem } from './planner.ts';
import type { MuxCell, MuxProblem } from './problem.ts';

/** What these need of the generator of host/board/random.ts, which tools do not import. */
export interface Random {
  below(n: number): number;
  fraction(): number;
  of<T>(list: readonly T[]): T;
}

/** One line, services of one slot of one nanosecond, no banks: the pinwheel problem. */
export function unitProblem(deadlines: readonly number[]): MuxProblem {
  const cells = deadlines.map(
    (deadlineNs, number): MuxCell => ({
      ...{ name: `c${number}`, number, lines: [0], bank: 0, deadlineNs, serviceNs: 1 },
    }),
  );
  return { name: `unit ${deadlines.join()}`, lines: 1, slotNs: 1, switchNs: 0, windows: [], cells, serves: 'voltages' };
}

/** 3 to 8 deadlines from 2 to at most 64 slots, of a density from `least` to 5/6. */
export function randomUnits(random: Random, least: number): number[] {
  for (;;) {
    const most = random.of([8, 12, 24, 64]);
    const deadlines = Array.from({ length: 3 + random.below(6) }, () => 2 + random.below(most - 1));
    const density = densityOf(deadlines);
    if (density >= least && density <= 5 / 6 + 1e-12) return deadlines.sort((a, b) => a - b);
  }
}

/** Deadlines of `cells` cells over 2.3 decades, scaled to a density within the bounds. */
export function randomSpread(random: Random, cells: number, from: number, to: number): number[] {
  for (;;) {
    const spread = Array.from({ length: cells }, () => 10 ** (2.3 * random.fraction()));
    const wanted = from + (to - from) * random.fraction();
    const scale = densityOf(spread) / wanted;
    const deadlines = spread.map((value) => Math.max(2, Math.round(value * scale)));
    const density = densityOf(deadlines);
    if (density >= from && density < to) return deadlines.sort((a, b) => a - b);
  }
}

/** A board with lines, banks, services of several lengths and, at times, reserved windows. */
export function randomBoard(random: Random): MuxProblem {
  const lines = 1 + random.below(3);
  const hasWindows = random.below(2) === 0;
  const cells = Array.from({ length: 2 + random.below(30) }, (_, number): MuxCell => {
    const all = Array.from({ length: lines }, (_, line) => line);
    const allowed = random.below(4) === 0 ? [random.below(lines)] : all;
    const deadlineNs = Math.round(300_000 * 10 ** (1.5 * random.fraction()));
    const serviceNs = 500 + random.below(6_000);
    return { name: `c${number}`, number, lines: allowed, bank: random.below(4), deadlineNs, serviceNs };
  });
  const window = {
    name: 'pulses',
    periodNs: 50_000,
    offsetNs: random.below(50_000),
    lengthNs: 1 + random.below(30_000),
  };
  const switchNs = random.below(2_000);
  return {
    name: 'random',
    lines,
    slotNs: 250,
    switchNs,
    windows: hasWindows ? [window] : [],
    cells,
    serves: 'voltages',
  };
}

export function planned(problem: MuxProblem, steps: number, choose: (n: number) => number): PlanResult {
  return ended(planProblem(problem, { steps, choose }));
}

/** What a search returns once nobody stops it. */
export function ended<Result>(search: Generator<unknown, Result>): Result {
  for (;;) {
    const step = search.next();
    if (step.done) return step.value;
  }
}
