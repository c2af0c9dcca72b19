// The table in force, read: entries, rows, times (protocol/multiplexer/table.ts has its layout).
//
// What must stay true: only a table that was judged (load.ts) is read here, so nothing in it lies outside of it.

import {
  MUX_CELL_UNUSED,
  MUX_TABLE_CELL_BANK,
  MUX_TABLE_CELL_GAP,
  MUX_TABLE_CELL_LINE,
  MUX_TABLE_CELL_SERVICE,
  MUX_TABLE_CELL_SIZE,
  MUX_TABLE_CELLS,
  MUX_TABLE_ENTRIES,
  MUX_TABLE_ENTRIES_MAX,
  MUX_TABLE_ENTRY_ROW,
  MUX_TABLE_ENTRY_SIZE,
  MUX_TABLE_HEADER_SIZE,
  MUX_TABLE_LINE_SIZE,
  MUX_TABLE_LINES,
  MUX_TABLE_LINES_MAX,
  MUX_TABLE_PERIOD,
  MUX_TABLE_SLOT_NS,
  MUX_TABLE_SWITCH,
} from '../../protocol/guest/generated/constants';
import { Cell, cellAt, globals, Line, MEMORY_END, NO_BANK, STAGING, TABLE } from './layout';

/** A word of the header of a table. */
export function headerOf(table: usize, offset: u32): u32 {
  assert(offset < MUX_TABLE_HEADER_SIZE && (offset & 3) == 0, 'a word of the header');
  return load<u32>(table + offset);
}

export function lineRow(table: usize, line: u32): usize {
  assert(line < headerOf(table, MUX_TABLE_LINES), 'a line of the table');
  assert(line < MUX_TABLE_LINES_MAX, 'a line of the board');
  return table + MUX_TABLE_HEADER_SIZE + line * MUX_TABLE_LINE_SIZE;
}

export function cellRow(table: usize, row: u32): usize {
  assert(row < headerOf(table, MUX_TABLE_CELLS), 'a row of the table');
  return (
    table + MUX_TABLE_HEADER_SIZE + headerOf(table, MUX_TABLE_LINES) * MUX_TABLE_LINE_SIZE + row * MUX_TABLE_CELL_SIZE
  );
}

export function entryAt(table: usize, entry: u32): usize {
  assert(entry <= headerOf(table, MUX_TABLE_ENTRIES), 'an entry of the table, or the end');
  assert(entry <= MUX_TABLE_ENTRIES_MAX, 'an entry that a table has room for');
  const rows =
    headerOf(table, MUX_TABLE_LINES) * MUX_TABLE_LINE_SIZE + headerOf(table, MUX_TABLE_CELLS) * MUX_TABLE_CELL_SIZE;
  return table + MUX_TABLE_HEADER_SIZE + rows + entry * MUX_TABLE_ENTRY_SIZE;
}

export function numberIn(row: usize): u32 {
  return load<u16>(row);
}

export function lineIn(row: usize): u32 {
  assert(row >= STAGING && row < MEMORY_END, 'a row of a table');
  assert((row & 3) == 0, 'rows are aligned');
  return load<u8>(row, MUX_TABLE_CELL_LINE);
}

export function bankIn(row: usize): u32 {
  assert(row >= STAGING && row < MEMORY_END, 'a row of a table');
  assert((row & 3) == 0, 'rows are aligned');
  return load<u8>(row, MUX_TABLE_CELL_BANK);
}

export function serviceIn(row: usize): u32 {
  assert(row >= STAGING && row < MEMORY_END, 'a row of a table');
  assert((row & 3) == 0, 'rows are aligned');
  return load<u16>(row, MUX_TABLE_CELL_SERVICE);
}

export function gapIn(row: usize): u32 {
  assert(row >= STAGING && row < MEMORY_END, 'a row of a table');
  assert((row & 3) == 0, 'rows are aligned');
  return load<u32>(row, MUX_TABLE_CELL_GAP);
}

export function startIn(entry: usize): u32 {
  return load<u32>(entry);
}

export function rowIn(entry: usize): u32 {
  return load<u16>(entry, MUX_TABLE_ENTRY_ROW);
}

export function slotNs(): i64 {
  return <i64>headerOf(TABLE, MUX_TABLE_SLOT_NS);
}

export function periodNs(): i64 {
  return <i64>headerOf(TABLE, MUX_TABLE_PERIOD) * slotNs();
}

export function switchNs(): i64 {
  assert(globals().inForce == 1, 'a table that was judged');
  return <i64>headerOf(TABLE, MUX_TABLE_SWITCH) * slotNs();
}

/** Time to come from one bank to another; the first service of a line goes from none, as long as any. */
export function switchTime(from: u32, to: u32): i64 {
  assert(to != NO_BANK, 'a service is at a bank');
  return from == to ? 0 : switchNs();
}

/** When a service `ahead` of the next one of a line is planned. */
export function plannedStart(line: Line, ahead: u32): i64 {
  assert(line.entries > 0 && line.head < line.entries, 'a line that has services');
  const entry = line.head + ahead;
  const start = startIn(<usize>line.first + (entry % line.entries) * MUX_TABLE_ENTRY_SIZE);
  return line.base + <i64>(entry / line.entries) * periodNs() + <i64>start * slotNs();
}

/** The cell of a service `ahead` of the next one of a line. */
export function plannedNumber(line: Line, ahead: u32): u32 {
  assert(line.entries > 0, 'a line that has services');
  const entry = <usize>line.first + ((line.head + ahead) % line.entries) * MUX_TABLE_ENTRY_SIZE;
  return numberIn(cellRow(TABLE, rowIn(entry)));
}

export function plannedCell(line: Line, ahead: u32): Cell {
  const cell = cellAt(plannedNumber(line, ahead));
  assert(cell.state != MUX_CELL_UNUSED, 'a cell that is used');
  return cell;
}

/** The next service of a line is the one behind. */
export function advanceHead(line: Line): void {
  assert(line.head < line.entries, 'the next service is one of the table');
  assert(globals().running == 1, 'a table is executed');
  line.head++;
  if (line.head < line.entries) return;
  line.head = 0;
  line.base += periodNs();
}
