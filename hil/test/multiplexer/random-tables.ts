// Random refresh tables that are good: services of random cells one behind the other, with some idle time, and deadlines a little longer than
// the gaps that came out.

import type { MultiplexerModule } from '../../../host/board/multiplexer/multiplexer-module.ts';
import { type Choose, chooser } from '../../../host/board/random.ts';
import { gapOf, type TableCell, type TableText, tableBytes } from './table-bytes.ts';

export interface RandomTable {
  table: TableText;
  bytes: Uint8Array;
  /** Of every cell. */
  toleranceMicrovolts: number;
  /** Largest drift of each row's cell in nV/s, so that it holds its value a little longer than its gap. */
  drifts: number[];
}

/** `idle`: slots between two services at most; `slackPercent`: by how much deadlines are longer than gaps, at most. */
export function randomTable(seed: number, idle = 6, slackPercent = 60, slotNs = 500): RandomTable {
  const pick = chooser(seed);
  const toleranceMicrovolts = 4;
  const lines = 1 + pick(3);
  const table: TableText = { slotNs, period: 0, switch: pick(3), cells: [], lines: [] };
  const free = Array.from({ length: 40 }, (_, cell) => cell);
  for (let line = 0; line < lines; line++) {
    const rows = Array.from({ length: 2 + pick(5) }, () => {
      const [cell] = free.splice(pick(free.length), 1);
      return table.cells.push({ cell, line, bank: pick(3), service: 1 + pick(4) } satisfies TableCell) - 1;
    });
    table.lines.push(servicesOf(table, rows, pick, idle));
  }
  table.period = 8 + Math.max(...table.lines.map((services) => endOf(table, services)));
  const drifts = table.cells.map((_, row) => {
    const gapNs = gapOf(table, row) * table.slotNs;
    return Math.floor((toleranceMicrovolts * 1e12) / (gapNs * (1 + pick(slackPercent + 1) / 100)));
  });
  return { table, bytes: tableBytes(table), toleranceMicrovolts, drifts };
}

/** Every row at least once, some more often. */
function servicesOf(
  { cells, switch: change }: TableText,
  rows: number[],
  pick: Choose,
  idle: number,
): [number, number][] {
  const wanted = [...rows, ...Array.from({ length: pick(8) }, () => rows[pick(rows.length)])];
  const order: number[] = [];
  while (wanted.length > 0) order.push(...wanted.splice(pick(wanted.length), 1));
  let at = 0;
  let bank = -1;
  return order.map((row) => {
    const start = at + (bank === cells[row].bank ? 0 : change) + (pick(2) === 0 ? 0 : pick(idle + 1));
    at = start + cells[row].service;
    bank = cells[row].bank;
    return [start, row];
  });
}

function endOf({ cells }: TableText, services: [number, number][]): number {
  const [start, row] = services[services.length - 1];
  return start + cells[row].service;
}

/** Sets the cells of a table up, and loads it; a value of MuxLoad. */
export function loadTable(
  module: MultiplexerModule,
  { table, bytes, toleranceMicrovolts, drifts }: RandomTable,
): number {
  for (const [row, { cell }] of table.cells.entries()) {
    module.configure(cell, 'USED', 1);
    module.configure(cell, 'TOLERANCE', toleranceMicrovolts);
    if (!module.configure(cell, 'SETTLED', drifts[row]))
      throw new Error(`cell ${cell} does not take ${drifts[row]} nV/s`);
  }
  module.stage(bytes);
  return module.load(bytes.length);
}
