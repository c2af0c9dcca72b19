// Idle time of a line in the table in force: how long there may be no room for one service more.
//
// What must stay true: in any span of that length there is room for a service of the line's longest kind, with a switch before and behind.

import { MUX_TABLE_ENTRY_SIZE } from '../../protocol/guest/generated/constants';
import { Line, TABLE } from './layout';
import { cellRow, periodNs, rowIn, serviceIn, slotNs, startIn, switchNs } from './table';

/** Nanoseconds from the beginning of one room to the end of the next, at worst; 0: there is never room. */
export function idleEvery(line: Line): u32 {
  assert(line.entries > 0, 'a line that has services');
  let longest: i64 = 0;
  for (let index: u32 = 0; index < line.entries; index++) longest = max(longest, serviceNs(line, index));
  const room = longest + 2 * switchNs();
  let worst: i64 = 0;
  /** Last begin of a room so far; before the first one: not known yet. */
  let lastRoom: i64 = -1;
  let firstRoom: i64 = -1;
  for (let index: u32 = 0; index < line.entries; index++) {
    const end = startNs(line, index) + serviceNs(line, index);
    const next = index + 1 == line.entries ? startNs(line, 0) + periodNs() : startNs(line, index + 1);
    if (next - end < room) continue;
    if (firstRoom < 0) firstRoom = end;
    if (lastRoom >= 0) worst = max(worst, end + room - lastRoom);
    lastRoom = next - room;
  }
  if (firstRoom < 0) return 0;
  worst = max(worst, firstRoom + periodNs() + room - lastRoom);
  assert(worst >= room, 'a room takes its time');
  return <u32>min(worst, <i64>u32.MAX_VALUE);
}

function startNs(line: Line, index: u32): i64 {
  assert(index < line.entries, 'a service of the line');
  const start = <i64>startIn(<usize>line.first + index * MUX_TABLE_ENTRY_SIZE) * slotNs();
  assert(start < periodNs(), 'a service begins within the period');
  return start;
}

function serviceNs(line: Line, index: u32): i64 {
  assert(index < line.entries, 'a service of the line');
  const span = <i64>serviceIn(cellRow(TABLE, rowIn(<usize>line.first + index * MUX_TABLE_ENTRY_SIZE))) * slotNs();
  assert(span > 0, 'a service takes time');
  return span;
}
