// The plan as a table: services of each line in the order of their start, and each cell's largest gap, its certificate. And its two files:
// the device's binary (protocol/multiplexer/table.ts) and JSON, which has names and nanoseconds besides.

import { crc32 } from 'node:zlib';
import { RefreshTable as T } from '../../../protocol/multiplexer/table.ts';

export interface TableCell {
  name: string;
  /** On the board. */
  number: number;
  line: number;
  bank: number;
  serviceSlots: number;
  largestGapSlots: number;
  deadlineSlots: number;
}

export interface TableEntry {
  startSlot: number;
  /** Place in `cells`. */
  cell: number;
}

export interface MuxTable {
  name: string;
  slotNs: number;
  periodSlots: number;
  switchSlots: number;
  cells: TableCell[];
  /** By line. */
  lines: TableEntry[][];
}

/** The format's name in JSON. */
export const tableFormat = 'coldrig-mux-table-1';

export function tableBytes(table: MuxTable): Uint8Array {
  const entries = table.lines.reduce((sum, line) => sum + line.length, 0);
  const length =
    T.HEADER_SIZE + T.LINE_SIZE * table.lines.length + T.CELL_SIZE * table.cells.length + T.ENTRY_SIZE * entries;
  const view = new DataView(new ArrayBuffer(length));
  const word = (at: number, value: number) => view.setUint32(at, value, true);
  word(T.MAGIC, T.MAGIC_VALUE);
  word(T.VERSION, T.VERSION_VALUE);
  word(T.LENGTH, length);
  word(T.SLOT_NS, table.slotNs);
  word(T.PERIOD, table.periodSlots);
  word(T.SWITCH, table.switchSlots);
  word(T.LINES, table.lines.length);
  word(T.CELLS, table.cells.length);
  word(T.ENTRIES, entries);
  let at: number = T.HEADER_SIZE;
  let first = 0;
  for (const line of table.lines) {
    word(at, first);
    word(at + 4, line.length);
    first += line.length;
    at += T.LINE_SIZE;
  }
  for (const cell of table.cells) {
    view.setUint16(at, cell.number, true);
    view.setUint8(at + T.CELL_LINE, cell.line);
    view.setUint8(at + T.CELL_BANK, cell.bank);
    view.setUint16(at + T.CELL_SERVICE, cell.serviceSlots, true);
    word(at + T.CELL_GAP, cell.largestGapSlots);
    word(at + T.CELL_DEADLINE, cell.deadlineSlots);
    at += T.CELL_SIZE;
  }
  for (const { startSlot, cell } of table.lines.flat()) {
    word(at, startSlot);
    view.setUint16(at + T.ENTRY_ROW, cell, true);
    at += T.ENTRY_SIZE;
  }
  const bytes = new Uint8Array(view.buffer);
  word(T.CRC, crc32(bytes.subarray(T.CRC + 4)));
  return bytes;
}

/** JSON of a table: what the binary has, with names. */
export function tableJson(table: MuxTable): string {
  return `${JSON.stringify({ format: tableFormat, ...table })}\n`;
}
