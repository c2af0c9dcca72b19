// Settings of cells: which are used, by how much each may drift, and how fast it does (protocol/multiplexer/module.ts).
//
// What must stay true: those of a cell change only while nothing is executed, so a table that was judged by them stays right.

import {
  MUX_CELL_EMPTY,
  MUX_CELL_UNUSED,
  MUX_CELL_VALID,
  MUX_SETTING_READBACK,
  MUX_SETTING_SEQUENCERS,
  MUX_SETTING_SETTLED,
  MUX_SETTING_TOLERANCE,
  MUX_SETTING_USED,
  MUX_SETTING_VALUE_COUNT,
  MUX_SETTING_VALUE_MARKER,
  MUX_SETTING_WINDOW_MARKERS,
  MUX_SETTLED_DRIFT,
  MUX_TABLE_CELLS_MAX,
} from '../../protocol/guest/generated/constants';
import { addExtra, removeExtra } from './extras';
import { cellAt, globals, NO_BANK } from './layout';
import { setWindowMarkers } from './marks';
import { gatherRelied, judgeCell, relyOn } from './uses';
import { prepareValues } from './values';

const TOLERANCE_MAX: u32 = 4_000_000;
/** 1 V/s. */
const DRIFT_MAX: u32 = 1_000_000_000;
const SEQUENCERS_ALL: u32 = 0x3f;
const TOLERANCE_DEFAULT: u32 = 100;

/** False when there is no such setting or cell, the value is out of range, or a table is executed. */
export function configureCell(number: u32, setting: u32, value: u32): bool {
  const all = globals();
  if (setting == MUX_SETTING_WINDOW_MARKERS) return setWindowMarkers(value);
  if (number >= MUX_TABLE_CELLS_MAX) return false;
  if (setting >= MUX_SETTING_VALUE_MARKER) return prepareValues(number, setting, value);
  if (all.running != 0) return false;
  const cell = cellAt(number);
  switch (setting) {
    case MUX_SETTING_USED:
      return value <= 1 && use(number, value);
    case MUX_SETTING_TOLERANCE:
      if (value - 1 >= TOLERANCE_MAX) return false;
      cell.toleranceMicrovolts = value;
      break;
    case MUX_SETTING_SETTLED:
      if (value - 1 >= DRIFT_MAX) return false;
      cell.settledDrift = value;
      break;
    case MUX_SETTING_SEQUENCERS:
      if (value > SEQUENCERS_ALL) return false;
      relyOn(number, value);
      return true;
    case MUX_SETTING_READBACK:
      if (value > 1) return false;
      all.readback = value;
      return true;
    default:
      return false;
  }
  // The table was judged by settings that are no longer in force.
  all.inForce = 0;
  assert(all.running == 0, 'nothing is executed');
  return true;
}

function use(number: u32, value: u32): bool {
  const all = globals();
  const cell = cellAt(number);
  assert(all.running == 0, 'nothing is executed');
  assert(value <= 1, 'it is used or not');
  if ((cell.state != MUX_CELL_UNUSED) == (value == 1)) return true;
  all.inForce = 0;
  if (value == 0) {
    removeExtra(number);
    if (cell.state != MUX_CELL_VALID) all.invalid--;
    cell.state = MUX_CELL_UNUSED;
    judgeCell(cell);
    gatherRelied();
    prepareValues(number, MUX_SETTING_VALUE_COUNT, 0);
    return true;
  }
  all.cells = max(all.cells, number + 1);
  cell.state = MUX_CELL_EMPTY;
  cell.bank = NO_BANK;
  if (cell.toleranceMicrovolts == 0) cell.toleranceMicrovolts = TOLERANCE_DEFAULT;
  if (cell.settledDrift == 0) cell.settledDrift = MUX_SETTLED_DRIFT;
  all.invalid++;
  judgeCell(cell);
  gatherRelied();
  addExtra(number);
  return true;
}
