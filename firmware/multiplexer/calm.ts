// Calm: from now on nothing happens but the services of the table, each at its planned time. Then whole periods can be passed over at once.
//
//         B            B + P          B + 2 P                       end
//   ------|--------------|------------- ... -----|--------------|-----|
//          passed over: every time moves on by N periods  executed: at least one whole period
//   end: what the run goes to, the next edge of a marker, or a bank change that connects the wrong cell
//
// Why nothing is left unwatched: the certificate was calculated here when the table was loaded (certificate.ts), and says that no cell waits longer
// than its gap from one planned service to the next. What the certificate does not know is looked at here, before each step over periods: every line
// is free and at its bank in time, every cell was served by the last period, and holds its value at least as long as its gap. Drift of a cell only
// falls between two values, so a deadline never becomes shorter. The period behind the step is executed with every deadline watched, and gives
// each cell the deadline, the gap and the time of its last service that it would have had.
//
// What must stay true: the state is bit by bit the one that executing each service gives, at every moment at which a run ends.

import {
  MUX_CELL_UNUSED,
  MUX_CELL_VALID,
  MUX_TABLE_CELLS,
  MUX_TABLE_ENTRIES,
  MUX_TABLE_ENTRY_SIZE,
  MUX_TABLE_LINES,
} from '../../protocol/guest/generated/constants';
import { isUrgent } from './drift';
import { Cell, cellAt, globals, Line, lineAt, NEVER, NO_BANK, TABLE } from './layout';
import { nextEdge } from './marks';
import { refreshDue } from './service';
import {
  bankIn,
  cellRow,
  headerOf,
  numberIn,
  periodNs,
  plannedCell,
  plannedStart,
  rowIn,
  slotNs,
  startIn,
  switchTime,
} from './table';

/** So many services are planned in a span that is called calm, at most: their number fits a word. */
const AHEAD_MAX: i64 = 1_000_000_000;
/** A span that is called calm, at most: it fits a word of microseconds. */
const SPAN_MAX_NS: i64 = 4_000_000_000_000;

/** Whether from now on the services of the table are all that happens, until an edge, a wrong switch, or something from outside. */
function isCalm(): bool {
  const all = globals();
  if (all.running == 0 || all.pending != 0 || all.extras != 0 || all.invalid != 0 || all.quiet != 0) return false;
  assert(all.inForce == 1, 'a table that is executed was judged by the settings of now');
  assert(nextEdge() >= all.now, 'no edge lies in the past');
  for (let row: u32 = 0; row < headerOf(TABLE, MUX_TABLE_CELLS); row++) {
    if (!holds(cellAt(numberIn(cellRow(TABLE, row))))) return false;
  }
  for (let line: u32 = 0; line < headerOf(TABLE, MUX_TABLE_LINES); line++) {
    if (!isOnTime(lineAt(line))) return false;
  }
  return true;
}

/** Whether the services of the table are enough for a cell. */
function holds(cell: Cell): bool {
  assert(cell.tableGapNs > 0, 'a cell of the table in force');
  assert(cell.extra == 0, 'no cell is served beside the table');
  return cell.state == MUX_CELL_VALID && !isUrgent(cell) && cell.deadlineNs >= cell.tableGapNs;
}

/** Whether a line can do its next service when it is planned, has done those of the last period, and is at the bank of the last of them. */
function isOnTime(line: Line): bool {
  if (line.entries == 0) return true;
  assert(line.head < line.entries, 'the next service is one of the table');
  const planned = plannedStart(line, 0);
  const ready = line.free + switchTime(line.bank, plannedCell(line, 0).bank);
  if (planned < globals().now || planned < ready) return false;
  if (line.bank != bankOf(line, (line.head == 0 ? line.entries : line.head) - 1)) return false;
  for (let index: u32 = 0; index < line.entries; index++) {
    const before = line.base + startOf(line, index) - (index < line.head ? 0 : periodNs());
    assert(before <= planned, 'it is planned before the next one');
    if (cellOf(line, index).last < before) return false;
  }
  return true;
}

function entryOf(line: Line, index: u32): usize {
  assert(index < line.entries, 'a service of the line');
  assert(line.entries <= headerOf(TABLE, MUX_TABLE_ENTRIES), 'no more services than the table has');
  return <usize>line.first + <usize>index * MUX_TABLE_ENTRY_SIZE;
}

/** When a service of a line begins, from the begin of its period on. */
function startOf(line: Line, index: u32): i64 {
  const start = <i64>startIn(entryOf(line, index)) * slotNs();
  assert(start < periodNs(), 'a service begins within the period');
  return start;
}

function cellOf(line: Line, index: u32): Cell {
  const cell = cellAt(numberIn(cellRow(TABLE, rowIn(entryOf(line, index)))));
  assert(cell.tableGapNs > 0, 'a cell of the table in force');
  assert(cell.state != MUX_CELL_UNUSED, 'a cell that is used');
  return cell;
}

/** Begin of the period that every line is about to begin; NEVER while one of them is within a period. */
export function nextPeriod(): i64 {
  let begin = NEVER;
  assert(globals().running == 1, 'a table is executed');
  for (let index: u32 = 0; index < headerOf(TABLE, MUX_TABLE_LINES); index++) {
    const line = lineAt(index);
    if (line.entries == 0) continue;
    if (line.head != 0 || (begin != NEVER && line.base != begin)) return NEVER;
    begin = line.base;
  }
  assert(begin >= 0, 'times are counted from the release');
  return begin;
}

/** Whether the last thing that a line has done is the last service of its period, as planned. */
function isAtEnd(line: Line): bool {
  if (line.entries == 0) return true;
  assert(line.head == 0, 'it is about to begin a period');
  assert(globals().running == 1, 'a table is executed');
  const start = line.base - periodNs() + startOf(line, line.entries - 1);
  return line.free == start + <i64>cellOf(line, line.entries - 1).serviceNs;
}

/** How often the lines change banks in a period. */
function switchesOfPeriod(): u32 {
  let switches: u32 = 0;
  assert(globals().running == 1, 'a table is executed');
  for (let number: u32 = 0; number < headerOf(TABLE, MUX_TABLE_LINES); number++) {
    const line = lineAt(number);
    for (let index: u32 = 0; index < line.entries; index++) {
      const before = index == 0 ? line.entries - 1 : index - 1;
      if (bankOf(line, before) != bankOf(line, index)) switches++;
    }
  }
  assert(switches <= headerOf(TABLE, MUX_TABLE_ENTRIES), 'one a service at most');
  return switches;
}

function bankOf(line: Line, index: u32): u32 {
  const bank = bankIn(cellRow(TABLE, rowIn(entryOf(line, index))));
  assert(bank == cellOf(line, index).bank, 'where its cell is');
  assert(bank != NO_BANK, 'a service is at a bank');
  return bank;
}

/**
 * Passes over whole periods before `end`, and leaves at least one to be executed. The bank change of number `badAt`, counted from the release,
 * connects the wrong cell: it is not passed over.
 */
export function passOver(end: i64, badAt: u64): void {
  const all = globals();
  if (all.running == 0 || all.extras != 0 || end - all.now < 2 * periodNs()) return;
  const begin = nextPeriod();
  if (begin == NEVER || !isCalm()) return;
  for (let line: u32 = 0; line < headerOf(TABLE, MUX_TABLE_LINES); line++) {
    if (!isAtEnd(lineAt(line))) return;
  }
  assert(badAt > all.switches && end <= nextEdge(), 'what is not planned lies behind');
  const switches = switchesOfPeriod();
  const periods = min((end - begin) / periodNs(), periodsBefore(badAt, switches)) - 1;
  if (periods <= 0) return;
  moveOn(periods);
  all.switches += <u64>periods * switches;
  assert(all.switches < badAt, 'no wrong one was passed over');
  assert(nextPeriod() == begin + periods * periodNs() && isCalm(), 'it is as calm as before');
}

/** Periods in which no bank change connects the wrong cell. */
function periodsBefore(badAt: u64, switches: u32): i64 {
  assert(badAt > globals().switches, 'the next bank change is the first');
  return switches == 0 ? NEVER : <i64>((badAt - 1 - globals().switches) / switches);
}

/** Everything is as it was so many periods before, but for the time. */
function moveOn(periods: i64): void {
  const all = globals();
  const span = periods * periodNs();
  assert(periods > 0 && span < NEVER, 'whole periods');
  for (let row: u32 = 0; row < headerOf(TABLE, MUX_TABLE_CELLS); row++) {
    const cell = cellAt(numberIn(cellRow(TABLE, row)));
    cell.last += span;
    // With the period that is executed there are two at least, so the largest gap of the table has been.
    cell.longestGapNs = max(cell.longestGapNs, cell.tableGapNs);
  }
  for (let index: u32 = 0; index < headerOf(TABLE, MUX_TABLE_LINES); index++) {
    const line = lineAt(index);
    if (line.entries == 0) continue;
    line.base += span;
    line.free += span;
  }
  all.now += span;
  all.serviceTime += span;
  all.services += <u64>periods * headerOf(TABLE, MUX_TABLE_ENTRIES);
  refreshDue();
  assert(all.earliestDue >= all.now, 'nobody is late');
}

/** Microseconds from now on in which the services of the table are all that happens; 0: it is not calm. `bad`: as for runLines. */
export function calmFor(bad: u32): u32 {
  if (bad == 0 || !isCalm()) return 0;
  const all = globals();
  const most = min(SPAN_MAX_NS / periodNs(), AHEAD_MAX / <i64>headerOf(TABLE, MUX_TABLE_ENTRIES) - 1);
  const periods = min(most, periodsBefore(all.switches + bad, switchesOfPeriod()));
  const span = min(periods * periodNs(), nextEdge() - all.now);
  assert(span >= 0 && span <= SPAN_MAX_NS, 'an edge is not in the past, and the span fits a word');
  assert(all.invalid == 0, 'every cell holds its value');
  return <u32>(span / 1000);
}

/** How many services are planned from now on before a time. */
export function plannedBefore(time: i64): u32 {
  assert(time >= globals().now, 'time goes forward');
  if (globals().running == 0) return 0;
  let sum: i64 = 0;
  for (let index: u32 = 0; index < headerOf(TABLE, MUX_TABLE_LINES); index++) {
    const line = lineAt(index);
    if (line.entries == 0 || time <= line.base) continue;
    const periods = (time - line.base) / periodNs();
    const rest = time - line.base - periods * periodNs();
    sum += periods * <i64>line.entries + <i64>startsBefore(line, rest) - <i64>line.head;
  }
  assert(sum >= 0 && sum <= <i64>u32.MAX_VALUE, 'services of a span that was called calm');
  return <u32>sum;
}

/** Services of a period that begin before a time of it. */
function startsBefore(line: Line, time: i64): u32 {
  let low: u32 = 0;
  let high = line.entries;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (startOf(line, middle) < time) low = middle + 1;
    else high = middle;
  }
  assert(low == line.entries || startOf(line, low) >= time, 'the first that begins later');
  assert(low == 0 || startOf(line, low - 1) < time, 'those before it begin sooner');
  return low;
}
