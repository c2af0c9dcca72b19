// From cycles of big slots, one a line, to the table: starts in slots, one period for all lines, the certificate, and what it costs.

import type { BigSlots, Bundle } from './bundle.ts';
import { IDLE } from './pinwheel/cycle.ts';
import { leastCommonMultiple } from './pinwheel/fold.ts';
import type { SlotProblem } from './slots.ts';
import type { MuxTable, TableCell, TableEntry } from './table.ts';

export interface LinePlan {
  bundles: Bundle[];
  big: BigSlots;
  /** Bundle of each big slot, again and again. */
  cycle: Int32Array;
}

const PERIOD_SLOTS_MOST = 0x7fff_ffff;

/** Slots until a line's plan repeats: a whole number of cycles and of periods of the windows. */
export function periodOf({ big, cycle }: LinePlan): number {
  return (leastCommonMultiple(cycle.length, big.starts.length) / big.starts.length) * big.periodSlots;
}

/** The table of these plans, or undefined where it would be longer than a device holds. */
export function layOut(
  name: string,
  problem: SlotProblem,
  plans: readonly LinePlan[],
  entriesMost: number,
): MuxTable | undefined {
  const period = plans
    .filter(({ bundles }) => bundles.length > 0)
    .map(periodOf)
    .reduce(leastCommonMultiple, 1);
  if (period > PERIOD_SLOTS_MOST) return undefined;
  let entries = 0;
  for (const plan of plans) {
    if (plan.bundles.length === 0) continue;
    let services = 0;
    for (const bundle of plan.cycle) if (bundle !== IDLE) services += plan.bundles[bundle].cells.length;
    entries += (services / plan.cycle.length) * plan.big.starts.length * (period / plan.big.periodSlots);
  }
  if (entries > entriesMost) return undefined;
  const lines = plans.map((plan) => entriesOf(plan, problem.switchSlots, period));
  const cells = problem.cells.map(({ name: cellName, index, bank, service, deadline }): TableCell => {
    const line = plans.findIndex(({ bundles }) =>
      bundles.some((bundle) => bundle.cells.some((cell) => cell.index === index)),
    );
    return {
      ...{ name: cellName, number: index, line, bank },
      ...{ serviceSlots: service, largestGapSlots: 0, deadlineSlots: deadline },
    };
  });
  const table = { name, slotNs: problem.slotNs, periodSlots: period, switchSlots: problem.switchSlots, cells, lines };
  certify(table);
  return table;
}

function entriesOf({ bundles, big, cycle }: LinePlan, switchSlots: number, period: number): TableEntry[] {
  if (bundles.length === 0) return [];
  const hasBanks = new Set(bundles.map(({ bank }) => bank)).size > 1;
  const entries: TableEntry[] = [];
  const count = big.starts.length;
  const total = (period / big.periodSlots) * count;
  for (let at = 0; at < total; at++) {
    const bundle = cycle[at % cycle.length];
    if (bundle === IDLE) continue;
    let start = big.starts[at % count] + Math.floor(at / count) * big.periodSlots + (hasBanks ? switchSlots : 0);
    for (const cell of bundles[bundle].cells) {
      entries.push({ startSlot: start, cell: cell.index });
      start += cell.service;
    }
  }
  return entries;
}

/** Writes each cell's largest gap into the table. */
export function certify(table: MuxTable): void {
  for (const cell of table.cells) cell.largestGapSlots = 0;
  for (const entries of table.lines) {
    const last = new Map<number, number>();
    const first = new Map<number, number>();
    for (const { startSlot, cell } of entries) {
      const before = last.get(cell);
      if (before === undefined) first.set(cell, startSlot);
      else table.cells[cell].largestGapSlots = Math.max(table.cells[cell].largestGapSlots, startSlot - before);
      last.set(cell, startSlot);
    }
    for (const [cell, start] of first) {
      const around = start + table.periodSlots - (last.get(cell) as number);
      table.cells[cell].largestGapSlots = Math.max(table.cells[cell].largestGapSlots, around);
    }
  }
}

export function isKept(table: MuxTable): boolean {
  return table.cells.every(({ largestGapSlots: gap, deadlineSlots }) => gap > 0 && gap <= deadlineSlots);
}
