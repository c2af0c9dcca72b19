// Cells that are served beside the table, in its idle time: with a new value, or late, or drifting faster than the table serves them.
//
//   urgent    EMPTY, LATE, or another value is wanted             as soon as there is room
//   boosted   its deadline is shorter than the table's gap for it  when half of the deadline is over, until the drift has fallen
//
// In a pulse window urgent cells wait for the end, and boosted ones as long as they can. A service beside the table begins only where the services
// of the table can bear it (ahead.ts). What must stay true: a cell is in the list once, and knows its place.

import { MUX_EXTRAS_MAX, MUX_TABLE_CELLS_MAX } from '../../protocol/guest/generated/constants';
import { canBear } from './ahead';
import { dueOf, isUrgent } from './drift';
import { Cell, cellAt, EXTRAS, globals, lineAt, NEVER, NO_CELL } from './layout';
import { switchNs, switchTime } from './table';

export function extraAt(place: u32): u32 {
  assert(place < globals().extras, 'a place in the list');
  assert(globals().extras <= MUX_EXTRAS_MAX, 'no more cells than there is room for');
  return load<u16>(EXTRAS + ((<usize>place) << 1));
}

export function addExtra(number: u32): void {
  const cell = cellAt(number);
  const all = globals();
  if (cell.extra != 0) return;
  assert(all.extras < MUX_EXTRAS_MAX && MUX_EXTRAS_MAX == MUX_TABLE_CELLS_MAX, 'there is room for every cell');
  store<u16>(EXTRAS + ((<usize>all.extras) << 1), <u16>number);
  all.extras++;
  cell.extra = all.extras;
  cell.since = all.now;
  lineAt(cell.line).extras++;
  assert(cell.extra == all.extras && extraAt(cell.extra - 1) == number, 'a cell knows its place');
}

export function removeExtra(number: u32): void {
  const cell = cellAt(number);
  const all = globals();
  if (cell.extra == 0) return;
  assert(all.extras > 0 && extraAt(cell.extra - 1) == number, 'a cell knows its place');
  const last = extraAt(all.extras - 1);
  store<u16>(EXTRAS + ((<usize>(cell.extra - 1)) << 1), <u16>last);
  cellAt(last).extra = cell.extra;
  cell.extra = 0;
  all.extras--;
  assert(lineAt(cell.line).extras > 0, 'its line has counted it');
  lineAt(cell.line).extras--;
  assert(cell.extra == 0, 'it is not in the list any more');
}

/** From when on a cell of the list is to be served. */
function readyFrom(cell: Cell): i64 {
  const all = globals();
  assert(cell.extra != 0, 'a cell of the list');
  assert(cell.since <= all.now, 'it has come into the list');
  if (isUrgent(cell)) return all.quiet == 0 ? max(cell.since, min(all.quietTo, all.now)) : NEVER;
  const half = cell.last + cell.deadlineNs / 2;
  if (all.quiet == 0) return half;
  // An eighth of the deadline is left for the turns of the others.
  return max(half, cell.last + cell.deadlineNs - cell.deadlineNs / 8 - 2 * (<i64>cell.serviceNs + switchNs()));
}

/** When a line may serve a cell beside the table, its `candidate`; NEVER: not before its next service of the table. */
export function extraStart(lineIndex: u32): i64 {
  const line = lineAt(lineIndex);
  const all = globals();
  if (line.extras == 0) return NEVER;
  let start = NEVER;
  line.candidate = NO_CELL;
  for (let place: u32 = 0; place < all.extras; place++) {
    const number = extraAt(place);
    const cell = cellAt(number);
    if (cell.line != lineIndex) continue;
    const begin = max(max(line.free, readyFrom(cell)) + switchTime(line.bank, cell.bank), all.now);
    if (begin > start || (begin == start && line.candidate != NO_CELL && !goesFirst(number, line.candidate))) continue;
    start = begin;
    line.candidate = number;
  }
  if (line.candidate == NO_CELL || start >= NEVER) return NEVER;
  const cell = cellAt(line.candidate);
  assert(start >= line.free, 'the line is free by then');
  assert(cell.line == lineIndex && cell.extra != 0, 'a cell of the line that is in the list');
  return canBear(line, start + <i64>cell.serviceNs, cell.bank) ? start : NEVER;
}

/** Of two cells that may begin at once, the one that is due first; the lower number where that is equal. */
function goesFirst(number: u32, other: u32): bool {
  const due = dueOf(cellAt(number));
  const otherDue = dueOf(cellAt(other));
  assert(number != other, 'two cells');
  assert(number < globals().cells && other < globals().cells, 'cells that are used');
  return due < otherDue || (due == otherDue && number < other);
}
