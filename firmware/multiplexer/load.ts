// A table out of the staging area: judged whole, its certificate calculated anew, then taken whole.
//
//   header -> sizes fit -> CRC fits -> cells exist -> services follow each other -> largest gaps are what it says -> deadlines hold
//
// What must stay true: a table that is refused changes nothing, and one that is taken needs no look at its bounds again.

import { crc32 } from '../../protocol/guest/crc32';
import {
  MUX_CELL_UNUSED,
  MUX_LOAD_BUSY,
  MUX_LOAD_CELL,
  MUX_LOAD_CRC,
  MUX_LOAD_GOOD,
  MUX_LOAD_HEADER,
  MUX_LOAD_NOT_SERVED,
  MUX_LOAD_SIZE,
  MUX_TABLE_CELL_SIZE,
  MUX_TABLE_CELLS,
  MUX_TABLE_CELLS_MAX,
  MUX_TABLE_CRC,
  MUX_TABLE_ENTRIES,
  MUX_TABLE_ENTRIES_MAX,
  MUX_TABLE_ENTRY_SIZE,
  MUX_TABLE_HEADER_SIZE,
  MUX_TABLE_LENGTH,
  MUX_TABLE_LINE_SIZE,
  MUX_TABLE_LINES,
  MUX_TABLE_LINES_MAX,
  MUX_TABLE_MAGIC,
  MUX_TABLE_MAGIC_VALUE,
  MUX_TABLE_PERIOD,
  MUX_TABLE_SLOT_NS,
  MUX_TABLE_VERSION,
  MUX_TABLE_VERSION_VALUE,
} from '../../protocol/guest/generated/constants';
import { judgeServices } from './certificate';
import { takeTable } from './change';
import { cellAt, globals, NO_BANK, STAGING, STAGING_SIZE } from './layout';
import { bankIn, cellRow, headerOf, lineIn, numberIn, serviceIn } from './table';

const SLOT_MIN_NS: u32 = 4;
const SLOT_MAX_NS: u32 = 1_000_000;
/** So that a period in ns, and sums of a few, stay far below the largest i64. */
const PERIOD_MAX_SLOTS: u32 = 0x7fff_ffff;

/** Takes `length` staged bytes; MUX_LOAD_*, and LOAD_PLACE says which cell or entry it was. */
export function loadStaged(length: u32): u32 {
  const all = globals();
  all.loadPlace = 0;
  all.loadExcess = 0;
  assert(all.pending == 0 || all.running != 0, 'a table waits only for one that is executed');
  if (all.pending != 0) return MUX_LOAD_BUSY;
  let refusal = judgeHeader(length);
  if (refusal != MUX_LOAD_GOOD) return refusal;
  refusal = judgeCells();
  if (refusal != MUX_LOAD_GOOD) return refusal;
  refusal = judgeServices();
  if (refusal != MUX_LOAD_GOOD) return refusal;
  takeTable(length);
  assert(all.running != 0 || all.inForce == 1, 'a table that was taken is in force, or waits');
  return MUX_LOAD_GOOD;
}

function judgeHeader(length: u32): u32 {
  if (length < MUX_TABLE_HEADER_SIZE || length > STAGING_SIZE) return MUX_LOAD_SIZE;
  if (headerOf(STAGING, MUX_TABLE_MAGIC) != MUX_TABLE_MAGIC_VALUE) return MUX_LOAD_HEADER;
  if (headerOf(STAGING, MUX_TABLE_VERSION) != MUX_TABLE_VERSION_VALUE) return MUX_LOAD_HEADER;
  if (headerOf(STAGING, MUX_TABLE_LENGTH) != length) return MUX_LOAD_SIZE;
  const behind = MUX_TABLE_CRC + 4;
  if (crc32(0, STAGING + behind, length - behind) != headerOf(STAGING, MUX_TABLE_CRC)) return MUX_LOAD_CRC;
  const lines = headerOf(STAGING, MUX_TABLE_LINES);
  const cells = headerOf(STAGING, MUX_TABLE_CELLS);
  const entries = headerOf(STAGING, MUX_TABLE_ENTRIES);
  if (lines - 1 >= MUX_TABLE_LINES_MAX || cells - 1 >= MUX_TABLE_CELLS_MAX) return MUX_LOAD_SIZE;
  if (entries - 1 >= MUX_TABLE_ENTRIES_MAX) return MUX_LOAD_SIZE;
  const rows = lines * MUX_TABLE_LINE_SIZE + cells * MUX_TABLE_CELL_SIZE + entries * MUX_TABLE_ENTRY_SIZE;
  if (MUX_TABLE_HEADER_SIZE + rows != length) return MUX_LOAD_SIZE;
  const slot = headerOf(STAGING, MUX_TABLE_SLOT_NS);
  const period = headerOf(STAGING, MUX_TABLE_PERIOD);
  if (slot < SLOT_MIN_NS || slot > SLOT_MAX_NS || period - 1 >= PERIOD_MAX_SLOTS) return MUX_LOAD_HEADER;
  assert(length <= STAGING_SIZE, 'a table that its place holds');
  assert(entries <= MUX_TABLE_ENTRIES_MAX && cells <= MUX_TABLE_CELLS_MAX, 'rows that there is room for');
  return MUX_LOAD_GOOD;
}

/** Every cell of the table exists, stands in it once, and is where it was; every cell that is used stands in it. */
function judgeCells(): u32 {
  const all = globals();
  for (let number: u32 = 0; number < all.cells; number++) cellAt(number).nextFirst = 0;
  for (let index: u32 = 0; index < headerOf(STAGING, MUX_TABLE_CELLS); index++) {
    const row = cellRow(STAGING, index);
    const number = numberIn(row);
    all.loadPlace = number;
    if (number >= all.cells || lineIn(row) >= headerOf(STAGING, MUX_TABLE_LINES)) return MUX_LOAD_CELL;
    const cell = cellAt(number);
    if (cell.state == MUX_CELL_UNUSED || cell.nextFirst != 0 || serviceIn(row) == 0) return MUX_LOAD_CELL;
    // What it is wired to does not change.
    const isWired = cell.bank != NO_BANK;
    if (isWired && (cell.line != lineIn(row) || cell.bank != bankIn(row))) return MUX_LOAD_CELL;
    cell.nextFirst = 1;
  }
  for (let number: u32 = 0; number < all.cells; number++) {
    all.loadPlace = number;
    const cell = cellAt(number);
    if (cell.state != MUX_CELL_UNUSED && cell.nextFirst == 0) return MUX_LOAD_NOT_SERVED;
  }
  assert(all.cells <= MUX_TABLE_CELLS_MAX, 'cells of the board');
  assert(headerOf(STAGING, MUX_TABLE_CELLS) <= all.cells, 'a row for each cell that is used');
  return MUX_LOAD_GOOD;
}
