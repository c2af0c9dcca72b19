// One service: a line goes to a cell's bank, stores its value, and lets go.
//
// What must stay true: a cell that is VALID was served before its deadline; one that was not is LATE before it is served again.

import {
  MUX_CELL_EMPTY,
  MUX_CELL_LATE,
  MUX_CELL_UNUSED,
  MUX_CELL_VALID,
} from '../../protocol/guest/generated/constants';
import { deadlineOf, dueOf, excessAfter, excessAt } from './drift';
import { addExtra, removeExtra } from './extras';
import { Cell, cellAt, globals, lineAt, NEVER, NO_BANK, NO_CELL } from './layout';
import { switchTime } from './table';
import { judgeCell } from './uses';

/** Serves a cell: the line has switched to its bank by `start`, and stores its value from then on. */
export function serve(lineIndex: u32, number: u32, start: i64): void {
  const all = globals();
  const line = lineAt(lineIndex);
  const cell = cellAt(number);
  assert(cell.line == lineIndex && cell.state != MUX_CELL_UNUSED, 'a cell of this line that is used');
  assert(start >= line.free + switchTime(line.bank, cell.bank), 'the line is free, and at the bank');
  if (line.bank != cell.bank) {
    if (line.bank != NO_BANK) all.switches++;
    line.bank = cell.bank;
  }
  storeValue(cell, number, start);
  line.free = start + <i64>cell.serviceNs;
  all.services++;
  all.serviceTime = start;
  all.serviceLine = lineIndex;
  all.serviceCell = number;
  all.serviceSpan = cell.serviceNs;
  assert(line.bank == cell.bank && line.free > start, 'the line is at the bank, and busy');
}

function storeValue(cell: Cell, number: u32, start: i64): void {
  assert(cell.state != MUX_CELL_VALID || start - cell.last <= cell.deadlineNs, 'a late cell was found to be late');
  if (cell.state != MUX_CELL_EMPTY) cell.longestGapNs = max(cell.longestGapNs, start - cell.last);
  if (cell.code != cell.heldCode) {
    cell.excessDrift = excessAfter(cell, cell.code, start);
    cell.stepTime = start;
    cell.heldCode = cell.code;
  }
  if (cell.state != MUX_CELL_VALID) globals().invalid--;
  cell.state = MUX_CELL_VALID;
  judgeCell(cell);
  cell.last = start;
  cell.hurry = 0;
  assert(cell.heldCode == cell.code, 'it holds what it should');
  holdFrom(cell, number, start);
}

/** Derives the deadline anew, and whether the table alone is enough for it. */
function holdFrom(cell: Cell, number: u32, start: i64): void {
  cell.deadlineNs = deadlineOf(cell, excessAt(cell, start));
  if (cell.deadlineNs < cell.tableGapNs) addExtra(number);
  else removeExtra(number);
  globals().earliestDue = min(globals().earliestDue, dueOf(cell));
  assert(cell.deadlineNs >= 0, 'a deadline lies behind its service');
  assert(globals().earliestDue <= start + cell.deadlineNs, 'the monitor looks at it in time');
}

/** The switch has connected another cell than it was told: neither holds what it should. */
export function readBack(connected: u32): void {
  const all = globals();
  const wanted = all.serviceCell;
  if (wanted == NO_CELL || connected == wanted) return;
  assert(wanted < all.cells, 'the last service was of a cell');
  all.switchErrors++;
  spoil(wanted);
  assert(all.invalid > 0, 'a cell that holds something else is not valid');
  if (connected < all.cells && cellAt(connected).state != MUX_CELL_UNUSED) spoil(connected);
}

function spoil(number: u32): void {
  const cell = cellAt(number);
  assert(cell.state != MUX_CELL_UNUSED, 'a cell that is used');
  if (cell.state == MUX_CELL_VALID) globals().invalid++;
  if (cell.state != MUX_CELL_EMPTY) cell.state = MUX_CELL_LATE;
  judgeCell(cell);
  addExtra(number);
  assert(cell.state != MUX_CELL_VALID && cell.extra != 0, 'it is to be served anew');
}

/** Finds the cells that have missed their deadline at `time`; true when there is one. `earliestDue` is exact afterwards. */
export function findLate(time: i64): bool {
  const all = globals();
  let found = false;
  let earliest = NEVER;
  for (let number: u32 = 0; number < all.cells; number++) {
    const cell = cellAt(number);
    if (cell.state != MUX_CELL_VALID) continue;
    const due = dueOf(cell);
    if (due >= time) {
      earliest = min(earliest, due);
      continue;
    }
    cell.state = MUX_CELL_LATE;
    cell.late++;
    all.late++;
    all.lateCell = number;
    all.invalid++;
    judgeCell(cell);
    addExtra(number);
    found = true;
  }
  all.earliestDue = earliest;
  assert(earliest >= time, 'who is not late is due later');
  assert(!found || all.invalid > 0, 'who is late is not valid');
  return found;
}

/** Makes `earliestDue` exact; nobody is late. */
export function refreshDue(): void {
  const all = globals();
  let earliest = NEVER;
  for (let number: u32 = 0; number < all.cells; number++) earliest = min(earliest, dueOf(cellAt(number)));
  assert(earliest >= all.earliestDue, 'nobody was due sooner than was known');
  assert(earliest >= all.now, 'who is late was found to be late');
  all.earliestDue = earliest;
}
