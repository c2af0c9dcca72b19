// A new value for a cell, and whether the idle time of the table can make up for the drift that follows.
//
// What must stay true: a value is refused before anything changes; one that is taken is stored by the next service of its cell.

import {
  MUX_CELL_UNUSED,
  MUX_CODE_MAX,
  MUX_TABLE_CELLS_MAX,
  MUX_WRITE_CELL,
  MUX_WRITE_CODE,
  MUX_WRITE_NO_ROOM,
  MUX_WRITE_TAKEN,
} from '../../protocol/guest/generated/constants';
import { deadlineOf, excessAfter } from './drift';
import { addExtra } from './extras';
import { Cell, cellAt, globals, lineAt } from './layout';
import { judgeCell } from './uses';

export function writeCell(number: u32, code: u32, time: i64): u32 {
  const all = globals();
  assert(time == all.now, 'the lines have come to this time');
  if (number >= MUX_TABLE_CELLS_MAX || cellAt(number).state == MUX_CELL_UNUSED) return MUX_WRITE_CELL;
  if (code > MUX_CODE_MAX) return MUX_WRITE_CODE;
  const cell = cellAt(number);
  if (all.running != 0 && !hasRoom(cell, code, time)) return MUX_WRITE_NO_ROOM;
  cell.code = code;
  judgeCell(cell);
  if (code != cell.heldCode) addExtra(number);
  assert(code == cell.heldCode || cell.extra != 0, 'the next service stores it');
  return MUX_WRITE_TAKEN;
}

/** Whether its line can serve a cell beside the table as often as it must be after this step. */
function hasRoom(cell: Cell, code: u32, time: i64): bool {
  const deadline = deadlineOf(cell, excessAfter(cell, code, time));
  if (deadline >= cell.tableGapNs) return true;
  const line = lineAt(cell.line);
  assert(deadline >= 0 && cell.tableGapNs > 0, 'a table that was judged serves it');
  if (line.idleEveryNs == 0) return false;
  // They take turns, each from half of its deadline on (extras.ts).
  const turns = <i64>line.extras + (cell.extra == 0 ? 1 : 0);
  assert(turns >= 1, 'at least the cell itself');
  return turns * <i64>line.idleEveryNs <= deadline / 2;
}
