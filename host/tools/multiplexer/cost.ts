// What a table costs: how much of the pulse time its refreshing takes, and how often lines switch banks against the least that is possible.

import type { MuxTable } from './table.ts';

export interface TableCost {
  /** Slots in which at least one line serves or switches, divided by the slots of the period. */
  dutyStolen: number;
  /** Bank switches of all lines in a period. */
  switches: number;
  /** No table of this period with these cells on these lines has fewer. */
  switchesLeast: number;
}

export function costOf(table: MuxTable): TableCost {
  const busy: [from: number, to: number][] = [];
  let switches = 0;
  for (const entries of table.lines) {
    entries.forEach(({ startSlot, cell }, at) => {
      const { bank, serviceSlots } = table.cells[cell];
      const before = entries[(at + entries.length - 1) % entries.length];
      const isSwitch = table.cells[before.cell].bank !== bank;
      if (isSwitch) switches++;
      busy.push([startSlot - (isSwitch ? table.switchSlots : 0), startSlot + serviceSlots]);
    });
  }
  return {
    dutyStolen: unionOf(busy, table.periodSlots) / table.periodSlots,
    switches,
    switchesLeast: leastSwitches(table),
  };
}

/** Slots that at least one stretch covers, on a circle of `period` slots. */
function unionOf(stretches: [number, number][], period: number): number {
  const flat = stretches.flatMap(([from, to]): [number, number][] => {
    if (from < 0)
      return [
        [from + period, period],
        [0, to],
      ];
    return to > period
      ? [
          [from, period],
          [0, to - period],
        ]
      : [[from, to]];
  });
  flat.sort((a, b) => a[0] - b[0]);
  let covered = 0;
  let end = 0;
  for (const [from, to] of flat) {
    covered += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return covered;
}

/**
 * In any stretch as long as the longest of the banks' deadlines (a bank's is the least of its cells) every bank of the line is visited, which takes
 * one switch fewer than there are banks; and in a period each bank is switched to at least once.
 */
function leastSwitches(table: MuxTable): number {
  let least = 0;
  for (let line = 0; line < table.lines.length; line++) {
    const deadlines = new Map<number, number>();
    for (const cell of table.cells) {
      if (cell.line !== line) continue;
      deadlines.set(cell.bank, Math.min(cell.deadlineSlots, deadlines.get(cell.bank) ?? Number.POSITIVE_INFINITY));
    }
    const banks = deadlines.size;
    if (banks < 2) continue;
    const stretch = Math.max(...deadlines.values());
    least += Math.max(banks, Math.floor(table.periodSlots / stretch) * (banks - 1));
  }
  return least;
}
