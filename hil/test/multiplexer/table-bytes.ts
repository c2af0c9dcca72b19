// A refresh table as bytes (protocol/multiplexer/table.ts), written by hand; the planner has its own writer.

import { crc32 } from 'node:zlib';
import { RefreshTable as T } from '../../../protocol/multiplexer/table.ts';

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
  const entries = table.lines.flat();
  const length =
    T.HEADER_SIZE + table.lines.length * T.LINE_SIZE + table.cells.length * T.CELL_SIZE + entries.length * T.ENTRY_SIZE;
  const view = new DataView(new ArrayBuffer(length));
  const put = (at: number, value: number) => view.setUint32(at, value, true);
  for (const [at, value] of [
    [T.MAGIC, T.MAGIC_VALUE],
    [T.VERSION, T.VERSION_VALUE],
    [T.LENGTH, length],
    [T.SLOT_NS, table.slotNs],
    [T.PERIOD, table.period],
    [T.SWITCH, table.switch],
    [T.LINES, table.lines.length],
    [T.CELLS, table.cells.length],
    [T.ENTRIES, entries.length],
  ])
    put(at, value);
  let at: number = T.HEADER_SIZE;
  let first = 0;
  for (const line of table.lines) {
    put(at, first);
    put(at + 4, line.length);
    first += line.length;
    at += T.LINE_SIZE;
  }
  for (const [row, cell] of table.cells.entries()) {
    view.setUint16(at, cell.cell, true);
    view.setUint8(at + T.CELL_LINE, cell.line);
    view.setUint8(at + T.CELL_BANK, cell.bank);
    view.setUint16(at + T.CELL_SERVICE, cell.service, true);
    put(at + T.CELL_GAP, cell.gap ?? gapOf(table, row));
    put(at + T.CELL_DEADLINE, cell.deadline ?? gapOf(table, row));
    at += T.CELL_SIZE;
  }
  for (const [start, row] of entries) {
    put(at, start);
    view.setUint16(at + T.ENTRY_ROW, row, true);
    at += T.ENTRY_SIZE;
  }
  put(T.CRC, crc32(new Uint8Array(view.buffer, T.CRC + 4)));
  return new Uint8Array(view.buffer);
}

export function gapOf({ lines, period }: TableText, row: number): number {
  const starts = lines.flat().flatMap(([start, of]) => (of === row ? [start] : []));
  const around = starts.map((start, index) => (starts[index + 1] ?? starts[0] + period) - start);
  return Math.max(0, ...around);
}
