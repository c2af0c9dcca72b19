// How a table comes into force: at once while nothing runs, else at the first moment at which no cell misses its deadline by it.
//
//   at a moment: cells that the new table would serve too late are served once more before it begins ("hurry"), then it begins
//
// What must stay true: a change is made whole, and only when every cell is served in time on both sides of it. When a whole period of the
// table in force offers no such moment, the new one is discarded.

import {
  MUX_CELL_UNUSED,
  MUX_CELL_VALID,
  MUX_TABLE_CELLS,
  MUX_TABLE_ENTRIES,
  MUX_TABLE_LINES,
  MUX_TABLE_LINES_MAX,
  MUX_TABLE_PERIOD,
  MUX_TABLE_SLOT_NS,
  MUX_TABLE_SWITCH,
} from '../../protocol/guest/generated/constants';
import { dueOf, isUrgent } from './drift';
import { addExtra, removeExtra } from './extras';
import { idleEvery } from './idle';
import { Cell, cellAt, globals, lineAt, NEVER, NEXT, STAGING, STAGING_SIZE, TABLE } from './layout';
import { bankIn, cellRow, entryAt, gapIn, headerOf, lineIn, lineRow, numberIn, serviceIn } from './table';

/** Rounds in which more and more cells are found to need a service before the change. */
const ROUNDS_MAX: u32 = 4;

/** Takes a table that was judged: it waits, or comes into force. */
export function takeTable(length: u32): void {
  const all = globals();
  assert(length <= STAGING_SIZE, 'a table that its place holds');
  memory.copy(NEXT, STAGING, length);
  all.nextLength = length;
  all.pending = 2 + (all.running == 0 ? 0 : headerOf(TABLE, MUX_TABLE_ENTRIES));
  assert(all.pending >= 2, 'a table waits');
  if (all.running == 0) bringIntoForce(all.now);
}

/** Begins to execute the table in force. */
export function startTable(time: i64): bool {
  const all = globals();
  assert(time == all.now, 'the lines have come to this time');
  if (all.running != 0 || all.inForce == 0) return false;
  all.running = 1;
  setLines(time);
  assert(
    all.running == 1 && headerOf(TABLE, MUX_TABLE_LINES) <= MUX_TABLE_LINES_MAX,
    'a table that was judged is executed',
  );
  return true;
}

/** Leaves every cell alone from a time on. */
export function parkLines(time: i64): void {
  const all = globals();
  assert(time == all.now, 'the lines have come to this time');
  all.running = 0;
  if (all.pending != 0) bringIntoForce(time);
  assert(all.pending == 0, 'no table waits for one that is not executed');
}

/** Changes to the table that waits, if this is a good moment. */
export function tryChange(): void {
  const all = globals();
  assert(all.pending != 0 && all.running != 0, 'a table waits');
  assert(all.nextLength > 0 && all.nextLength <= STAGING_SIZE, 'it is whole');
  let start = all.now;
  for (let line: u32 = 0; line < MUX_TABLE_LINES_MAX; line++) start = max(start, lineAt(line).free);
  const begin = beginOf(start);
  if (begin != NEVER) {
    bringIntoForce(begin);
    return;
  }
  if (all.services == all.triedAt) return;
  all.triedAt = all.services;
  all.pending--;
  if (all.pending == 0) all.givenUp++;
}

/** When the next table could begin if it were prepared from `start` on; NEVER: it could not. */
function beginOf(start: i64): i64 {
  let begin = start;
  assert(start >= globals().now, 'a table begins no earlier than now');
  for (let round: u32 = 0; round < ROUNDS_MAX; round++) {
    const needed = start + longestPreparation(begin);
    if (needed == begin) return holdsUntil(begin) ? begin : NEVER;
    assert(needed > begin, 'who needs a service still needs it when the table begins later');
    begin = needed;
  }
  return NEVER;
}

/** Whether the next table, begun at a time, would come too late for a cell. */
function needsHurry(cell: Cell, begin: i64): bool {
  assert(cell.nextGap > 0, 'a cell of the next table');
  assert(cell.state != MUX_CELL_UNUSED, 'a cell that is used');
  return cell.state == MUX_CELL_VALID && cell.extra == 0 && firstStart(cell, begin) > dueOf(cell);
}

function firstStart(cell: Cell, begin: i64): i64 {
  assert(cell.nextFirst < headerOf(NEXT, MUX_TABLE_PERIOD), 'a service begins within the period');
  assert(begin >= 0, 'times are counted from the release');
  return begin + <i64>cell.nextFirst * <i64>headerOf(NEXT, MUX_TABLE_SLOT_NS);
}

/** Time of a service and a switch of a row of the next table. */
function costOf(row: usize): i64 {
  assert(serviceIn(row) > 0, 'a service takes time');
  assert(headerOf(NEXT, MUX_TABLE_SLOT_NS) > 0, 'a slot takes time');
  return <i64>(serviceIn(row) + headerOf(NEXT, MUX_TABLE_SWITCH)) * <i64>headerOf(NEXT, MUX_TABLE_SLOT_NS);
}

/** What the line with the most to do needs for the services before the change, and to come to the bank of its first one behind it. */
function longestPreparation(begin: i64): i64 {
  const change = <i64>headerOf(NEXT, MUX_TABLE_SWITCH) * <i64>headerOf(NEXT, MUX_TABLE_SLOT_NS);
  let longest: i64 = 0;
  for (let line: u32 = 0; line < headerOf(NEXT, MUX_TABLE_LINES); line++) {
    let sum: i64 = 0;
    for (let index: u32 = 0; index < headerOf(NEXT, MUX_TABLE_CELLS); index++) {
      const row = cellRow(NEXT, index);
      if (lineIn(row) == line && needsHurry(cellAt(numberIn(row)), begin)) sum += costOf(row);
    }
    longest = max(longest, sum);
  }
  assert(longest >= 0 && change >= 0, 'times');
  return longest + change;
}

/** Whether every cell that is served before the change is served in time, then and by the new table. */
function holdsUntil(begin: i64): bool {
  assert(begin >= globals().now, 'a table begins when it is prepared');
  assert(globals().pending != 0, 'a table waits');
  for (let index: u32 = 0; index < headerOf(NEXT, MUX_TABLE_CELLS); index++) {
    const cell = cellAt(numberIn(cellRow(NEXT, index)));
    if (!needsHurry(cell, begin)) continue;
    // They go in the order in which they are due (extras.ts); each at the earliest now, and at the latest before the new one begins.
    if (begin > dueOf(cell) || firstStart(cell, begin) > globals().now + cell.deadlineNs) return false;
  }
  return true;
}

function bringIntoForce(begin: i64): void {
  const all = globals();
  assert(all.nextLength <= STAGING_SIZE && all.nextLength > 0, 'a table waits');
  if (all.running != 0) markHurried(begin);
  memory.copy(TABLE, NEXT, all.nextLength);
  all.pending = 0;
  all.inForce = 1;
  all.tables++;
  for (let index: u32 = 0; index < headerOf(TABLE, MUX_TABLE_CELLS); index++) {
    const row = cellRow(TABLE, index);
    const number = numberIn(row);
    const cell = cellAt(number);
    removeExtra(number);
    cell.line = lineIn(row);
    cell.bank = bankIn(row);
    cell.serviceNs = <u32>(<i64>serviceIn(row) * <i64>headerOf(TABLE, MUX_TABLE_SLOT_NS));
    cell.tableGapNs = <i64>gapIn(row) * <i64>headerOf(TABLE, MUX_TABLE_SLOT_NS);
    if (cell.state != MUX_CELL_VALID || cell.deadlineNs < cell.tableGapNs || isUrgent(cell)) addExtra(number);
    assert(cell.state != MUX_CELL_UNUSED, 'a cell that is used');
  }
  setLines(begin);
  assert(all.pending == 0 && all.inForce == 1, 'it is in force whole');
}

function markHurried(begin: i64): void {
  assert(globals().running == 1, 'a table is executed');
  assert(begin >= globals().now, 'the next one begins no earlier than now');
  for (let index: u32 = 0; index < headerOf(NEXT, MUX_TABLE_CELLS); index++) {
    const cell = cellAt(numberIn(cellRow(NEXT, index)));
    if (needsHurry(cell, begin)) cell.hurry = 1;
  }
}

/** Every line begins its table at a time. */
function setLines(begin: i64): void {
  assert(globals().inForce == 1, 'a table that was judged');
  assert(begin >= globals().now, 'it begins no earlier than now');
  for (let index: u32 = 0; index < MUX_TABLE_LINES_MAX; index++) {
    const line = lineAt(index);
    line.entries = 0;
    if (index >= headerOf(TABLE, MUX_TABLE_LINES)) continue;
    const row = lineRow(TABLE, index);
    line.base = begin;
    line.head = 0;
    line.first = <u32>entryAt(TABLE, load<u32>(row));
    line.entries = load<u32>(row, 4);
    line.idleEveryNs = line.entries == 0 ? 0 : idleEvery(line);
  }
}
