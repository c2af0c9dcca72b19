// The certificate of a staged table: no two services of a line overlap, and the largest gap of every cell is what its row says and not longer than
// the cell holds its voltage once it has settled.
//
// One pass over the services in their order, with two words a cell. What must stay true: nothing is taken from the planner without a check.

import {
  MUX_CELL_UNUSED,
  MUX_LOAD_CERTIFICATE,
  MUX_LOAD_DEADLINE,
  MUX_LOAD_ENTRY,
  MUX_LOAD_GOOD,
  MUX_LOAD_NOT_SERVED,
  MUX_TABLE_CELLS,
  MUX_TABLE_CELLS_MAX,
  MUX_TABLE_ENTRIES,
  MUX_TABLE_LINES,
  MUX_TABLE_LINES_MAX,
  MUX_TABLE_PERIOD,
  MUX_TABLE_SLOT_NS,
  MUX_TABLE_SWITCH,
} from '../../protocol/guest/generated/constants';
import { deadlineOf } from './drift';
import { Cell, cellAt, globals, STAGING } from './layout';
import {
  bankIn,
  cellRow,
  entryAt,
  gapIn,
  headerOf,
  lineIn,
  lineRow,
  numberIn,
  rowIn,
  serviceIn,
  startIn,
} from './table';

const NONE: u32 = 0xffff_ffff;

/** MUX_LOAD_*. */
export function judgeServices(): u32 {
  assert(headerOf(STAGING, MUX_TABLE_CELLS) <= MUX_TABLE_CELLS_MAX, 'a header that was judged');
  assert(headerOf(STAGING, MUX_TABLE_LINES) <= MUX_TABLE_LINES_MAX, 'a header that was judged');
  for (let row: u32 = 0; row < headerOf(STAGING, MUX_TABLE_CELLS); row++) {
    const cell = cellOf(row);
    cell.nextFirst = NONE;
    cell.nextLast = NONE;
    cell.nextGap = 0;
  }
  let from: u32 = 0;
  for (let line: u32 = 0; line < headerOf(STAGING, MUX_TABLE_LINES); line++) {
    const row = lineRow(STAGING, line);
    const count = load<u32>(row, 4);
    globals().loadPlace = from;
    if (load<u32>(row) != from || count > headerOf(STAGING, MUX_TABLE_ENTRIES) - from) return MUX_LOAD_ENTRY;
    const refusal = judgeLine(line, from, count);
    if (refusal != MUX_LOAD_GOOD) return refusal;
    from += count;
  }
  globals().loadPlace = from;
  if (from != headerOf(STAGING, MUX_TABLE_ENTRIES)) return MUX_LOAD_ENTRY;
  return judgeGaps();
}

function cellOf(row: u32): Cell {
  const cell = cellAt(numberIn(cellRow(STAGING, row)));
  assert(cell.state != MUX_CELL_UNUSED, 'a cell that was judged');
  assert(numberIn(cellRow(STAGING, row)) < globals().cells, 'a cell of those that are used');
  return cell;
}

/** The services of a line lie in the period, one behind the other, with time to switch; the last also before the first of the next period. */
function judgeLine(line: u32, from: u32, count: u32): u32 {
  const period = headerOf(STAGING, MUX_TABLE_PERIOD);
  assert(period > 0, 'a period has slots');
  for (let index: u32 = 0; index < count; index++) {
    globals().loadPlace = from + index;
    const entry = entryAt(STAGING, from + index);
    const start = startIn(entry);
    if (rowIn(entry) >= headerOf(STAGING, MUX_TABLE_CELLS) || start >= period) return MUX_LOAD_ENTRY;
    const row = cellRow(STAGING, rowIn(entry));
    if (lineIn(row) != line) return MUX_LOAD_ENTRY;
    const isLast = index + 1 == count;
    const behind = entryAt(STAGING, isLast ? from : from + index + 1);
    if (rowIn(behind) >= headerOf(STAGING, MUX_TABLE_CELLS)) return MUX_LOAD_ENTRY;
    const next = <u64>startIn(behind) + (isLast ? <u64>period : 0);
    const change: u32 =
      bankIn(row) == bankIn(cellRow(STAGING, rowIn(behind))) ? 0 : headerOf(STAGING, MUX_TABLE_SWITCH);
    if (<u64>start + serviceIn(row) + <u64>change > next) return MUX_LOAD_ENTRY;
    noteService(cellOf(rowIn(entry)), start);
  }
  assert(from + count <= headerOf(STAGING, MUX_TABLE_ENTRIES), 'the services of a line lie in the table');
  return MUX_LOAD_GOOD;
}

function noteService(cell: Cell, start: u32): void {
  if (cell.nextFirst == NONE) cell.nextFirst = start;
  else cell.nextGap = max(cell.nextGap, start - cell.nextLast);
  assert(cell.nextLast == NONE || start > cell.nextLast, 'services come in the order of their start');
  cell.nextLast = start;
  assert(start < headerOf(STAGING, MUX_TABLE_PERIOD), 'a service begins within the period');
}

function judgeGaps(): u32 {
  const all = globals();
  const period = headerOf(STAGING, MUX_TABLE_PERIOD);
  assert(headerOf(STAGING, MUX_TABLE_CELLS) <= all.cells, 'cells that were judged');
  for (let index: u32 = 0; index < headerOf(STAGING, MUX_TABLE_CELLS); index++) {
    const row = cellRow(STAGING, index);
    const cell = cellOf(index);
    all.loadPlace = numberIn(row);
    if (cell.nextFirst == NONE) return MUX_LOAD_NOT_SERVED;
    const around = cell.nextFirst + period - cell.nextLast;
    cell.nextGap = max(cell.nextGap, around);
    assert(cell.nextGap > 0 && cell.nextGap <= period, 'a gap is no longer than the period');
    if (cell.nextGap != gapIn(row)) return MUX_LOAD_CERTIFICATE;
    const gapNs = <i64>cell.nextGap * <i64>headerOf(STAGING, MUX_TABLE_SLOT_NS);
    const excess = gapNs - deadlineOf(cell, 0);
    if (excess <= 0) continue;
    all.loadExcess = <u32>min(excess / 1000, <i64>u32.MAX_VALUE);
    return MUX_LOAD_DEADLINE;
  }
  return MUX_LOAD_GOOD;
}
