// From services of any length to unit slots: a big slot of B slots holds a switch and the services of a bundle of cells of one bank, and a
// bundle must come again within so many big slots. Between reserved windows there is room for so many big slots.
//
// What must stay true: rounding is to the safe side, so a cycle of big slots that keeps the bundles' deadlines keeps those of the cells.

import type { SlotCell } from './slots.ts';

export interface Bundle {
  cells: SlotCell[];
  bank: number;
  /** Big slots from start to start. */
  deadline: number;
}

export interface BigSlots {
  size: number;
  /** First slots of the big slots within one period of the windows, and the length of that period. */
  starts: number[];
  periodSlots: number;
}

/** Big slots of one size, as many as fit between the windows; undefined where none fits. None reaches over the end of a period. */
export function bigSlotsOf(size: number, reserved: Uint8Array): BigSlots | undefined {
  if (reserved.indexOf(1) < 0) return { size, starts: [0], periodSlots: size };
  // The only free time that is long enough may lie across the end: then it lies within two periods.
  for (const periods of [1, 2]) {
    const periodSlots = periods * reserved.length;
    const starts = startsWithin(size, reserved, periodSlots);
    if (starts.length > 0) return { size, starts, periodSlots };
  }
  return undefined;
}

function startsWithin(size: number, reserved: Uint8Array, periodSlots: number): number[] {
  const starts: number[] = [];
  let free = 0;
  for (let slot = 0; slot < periodSlots; slot++) {
    free = reserved[slot % reserved.length] ? 0 : free + 1;
    if (free < size) continue;
    starts.push(slot - size + 1);
    free = 0;
  }
  return starts;
}

/** Most big slots from one to another whose starts are never more than `deadline` slots apart. */
export function bigSlotsWithin({ starts, periodSlots }: BigSlots, deadline: number): number {
  const count = starts.length;
  const rounds = Math.max(0, Math.floor(deadline / periodSlots) - 1);
  let within = rounds * count;
  for (;;) {
    const next = within + 1;
    for (let i = 0; i < count; i++) {
      const to = i + next;
      if (starts[to % count] + Math.floor(to / count) * periodSlots - starts[i] > deadline) return within;
    }
    within = next;
  }
}

/** Cells of a line in bundles: of one bank, alike in deadline, as many as fit behind a switch; undefined where a cell cannot be served in time. */
export function bundlesOf(
  cells: readonly SlotCell[],
  big: BigSlots,
  switchSlots: number,
  isGrouped: boolean,
): Bundle[] | undefined {
  const order = [...cells].sort((a, b) => a.bank - b.bank || a.deadline - b.deadline || a.index - b.index);
  const bundles: Bundle[] = [];
  let room = 0;
  for (const cell of order) {
    const deadline = bigSlotsWithin(big, cell.deadline);
    if (deadline < 1) return undefined;
    const last = bundles[bundles.length - 1];
    if (isGrouped && last && last.bank === cell.bank && room >= cell.service) {
      // Sorted by deadline, so the first cell's is the bundle's.
      last.cells.push(cell);
      room -= cell.service;
      continue;
    }
    bundles.push({ cells: [cell], bank: cell.bank, deadline });
    room = big.size - switchSlots - cell.service;
    if (room < 0) return undefined;
  }
  return bundles;
}
