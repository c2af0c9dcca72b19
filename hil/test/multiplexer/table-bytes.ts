// Refresh tables as tests write them, in the bytes of the product's own writer (host/tools/multiplexer/table.ts).

import { tableBytes as bytesOfTable } from '../../../host/tools/multiplexer/table.ts';

export interface TableCell {
  cell: number;
  line: number;
  bank: number;
  /** In slots. */
  service: number;
  /** In slots; the table is refused when it is wrong. */
  gap?: number;
  deadline?: number;
}

export interface TableText {
  slotNs: number;
  /** In slots. */
  period: number;
  switch: number;
  cells: TableCell[];
  /** Of each line: start in slots, and row of `cells`, in the order of starts. */
  lines: [start: number, row: number][][];
}

/** Bytes of a table; gaps that are not given are calculated. */
export function tableBytes(table: TableText): Uint8Array {
  const cells = table.cells.map(({ cell, service, gap, deadline, ...wiring }, row) => {
    const largest = gapOf(table, row);
    return {
      ...{ name: `cell ${cell}`, number: cell, serviceSlots: service, ...wiring },
      ...{ largestGapSlots: gap ?? largest, deadlineSlots: deadline ?? largest },
    };
  });
  return bytesOfTable({
    ...{ name: 'test', slotNs: table.slotNs, periodSlots: table.period, switchSlots: table.switch, cells },
    lines: table.lines.map((line) => line.map(([startSlot, cell]) => ({ startSlot, cell }))),
  });
}

export function gapOf({ lines, period }: TableText, row: number): number {
  const starts = lines.flat().flatMap(([start, of]) => (of === row ? [start] : []));
  const around = starts.map((start, index) => (starts[index + 1] ?? starts[0] + period) - start);
  return Math.max(0, ...around);
}
