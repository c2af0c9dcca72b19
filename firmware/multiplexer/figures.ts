// What can be asked of the multiplexer, and where things are for the host (protocol/multiplexer/module.ts).

import {
  MUX_CELL_EMPTY,
  MUX_EXTRAS_MAX,
  MUX_FIGURE_CELL_AGE,
  MUX_FIGURE_CELL_CODE,
  MUX_FIGURE_CELL_DEADLINE,
  MUX_FIGURE_CELL_GAP,
  MUX_FIGURE_CELL_LATE,
  MUX_FIGURE_CELL_STATE,
  MUX_FIGURE_EDGES_LOST,
  MUX_FIGURE_EXTRA,
  MUX_FIGURE_FLAGGED,
  MUX_FIGURE_FORCED,
  MUX_FIGURE_GIVEN_UP,
  MUX_FIGURE_INVALID,
  MUX_FIGURE_LATE,
  MUX_FIGURE_LATE_CELL,
  MUX_FIGURE_LOAD_EXCESS,
  MUX_FIGURE_LOAD_PLACE,
  MUX_FIGURE_MARKERS,
  MUX_FIGURE_PENDING,
  MUX_FIGURE_POSTPONED,
  MUX_FIGURE_RELIED,
  MUX_FIGURE_RUNNING,
  MUX_FIGURE_SERVICE_CELL,
  MUX_FIGURE_SERVICE_CODE,
  MUX_FIGURE_SERVICE_LINE,
  MUX_FIGURE_SERVICE_SPAN,
  MUX_FIGURE_SERVICE_TIME_HIGH,
  MUX_FIGURE_SERVICE_TIME_LOW,
  MUX_FIGURE_SERVICES_HIGH,
  MUX_FIGURE_SERVICES_LOW,
  MUX_FIGURE_SWITCH_ERRORS,
  MUX_FIGURE_SWITCHES_HIGH,
  MUX_FIGURE_SWITCHES_LOW,
  MUX_FIGURE_TABLES,
  MUX_FIGURE_VALUES_CELL,
  MUX_FIGURE_VALUES_REFUSED,
  MUX_FIGURE_VALUES_STORED,
  MUX_FIGURE_WINDOW_MARKERS,
  MUX_FIGURE_WINDOWS,
  MUX_PLACE_CELLS,
  MUX_PLACE_CELLS_SIZE,
  MUX_PLACE_EDGES,
  MUX_PLACE_EDGES_SIZE,
  MUX_PLACE_GLOBALS,
  MUX_PLACE_GLOBALS_SIZE,
  MUX_PLACE_NEXT,
  MUX_PLACE_NEXT_SIZE,
  MUX_PLACE_STAGING,
  MUX_PLACE_STAGING_SIZE,
  MUX_PLACE_TABLE,
  MUX_PLACE_TABLE_SIZE,
  MUX_PLACE_USES,
  MUX_PLACE_USES_SIZE,
  MUX_PLACE_VALUES,
  MUX_PLACE_VALUES_SIZE,
  MUX_SEQUENCERS,
  MUX_TABLE_LENGTH,
  MUX_USES_MAX,
  MUX_VALUES_MAX,
} from '../../protocol/guest/generated/constants';
import {
  CELL_SIZE,
  CELLS,
  cellAt,
  EDGE_SIZE,
  EDGES,
  EXTRAS,
  GLOBALS,
  globals,
  NEXT,
  NO_CELL,
  STAGING,
  STAGING_SIZE,
  TABLE,
  USE_SIZE,
  USES,
  VALUES,
} from './layout';
import { wantedMarkers } from './marks';
import { headerOf } from './table';

export function figureOf(which: u32, index: u32): u32 {
  const all = globals();
  assert(all.invalid <= all.cells, 'cells that are used');
  assert(all.extras <= all.cells, 'cells that are used');
  switch (which) {
    case MUX_FIGURE_RUNNING:
      return all.running;
    case MUX_FIGURE_SERVICES_LOW:
      return <u32>all.services;
    case MUX_FIGURE_SERVICES_HIGH:
      return <u32>(all.services >> 32);
    case MUX_FIGURE_SWITCHES_LOW:
      return <u32>all.switches;
    case MUX_FIGURE_SWITCHES_HIGH:
      return <u32>(all.switches >> 32);
    case MUX_FIGURE_LATE:
      return all.late;
    case MUX_FIGURE_LATE_CELL:
      return all.lateCell;
    case MUX_FIGURE_SWITCH_ERRORS:
      return all.switchErrors;
    case MUX_FIGURE_POSTPONED:
      return all.postponed;
    case MUX_FIGURE_FORCED:
      return all.forced;
    case MUX_FIGURE_EXTRA:
      return all.extraServices;
    case MUX_FIGURE_LOAD_PLACE:
      return all.loadPlace;
    case MUX_FIGURE_LOAD_EXCESS:
      return all.loadExcess;
    case MUX_FIGURE_TABLES:
      return all.tables;
    case MUX_FIGURE_PENDING:
      return all.pending == 0 ? 0 : 1;
    case MUX_FIGURE_GIVEN_UP:
      return all.givenUp;
    case MUX_FIGURE_INVALID:
      return all.invalid;
    case MUX_FIGURE_WINDOWS:
      return all.windows;
    case MUX_FIGURE_WINDOW_MARKERS:
      return all.windowMarkers;
    case MUX_FIGURE_MARKERS:
      return wantedMarkers();
    case MUX_FIGURE_VALUES_STORED:
      return all.valuesStored;
    case MUX_FIGURE_VALUES_REFUSED:
      return all.valuesRefused;
    case MUX_FIGURE_VALUES_CELL:
      return all.valuesCell;
    case MUX_FIGURE_RELIED:
      return all.relied;
    case MUX_FIGURE_FLAGGED:
      return all.flagged;
    case MUX_FIGURE_EDGES_LOST:
      return all.edgesLost;
    default:
      return which < MUX_FIGURE_CELL_STATE ? serviceFigure(which) : cellFigure(which, index);
  }
}

/** Of the last service. */
function serviceFigure(which: u32): u32 {
  const all = globals();
  assert(all.serviceTime >= 0, 'times are counted from the release');
  assert(all.serviceCell == NO_CELL || all.serviceCell < all.cells, 'a cell that is used, or none yet');
  switch (which) {
    case MUX_FIGURE_SERVICE_LINE:
      return all.serviceLine;
    case MUX_FIGURE_SERVICE_CELL:
      return all.serviceCell;
    case MUX_FIGURE_SERVICE_CODE:
      return all.serviceCell == NO_CELL ? 0 : cellAt(all.serviceCell).heldCode;
    case MUX_FIGURE_SERVICE_TIME_LOW:
      return <u32>all.serviceTime;
    case MUX_FIGURE_SERVICE_TIME_HIGH:
      return <u32>(all.serviceTime >> 32);
    case MUX_FIGURE_SERVICE_SPAN:
      return all.serviceSpan;
    default:
      return 0;
  }
}

function cellFigure(which: u32, index: u32): u32 {
  const all = globals();
  if (index >= all.cells) return 0;
  const cell = cellAt(index);
  assert(which >= MUX_FIGURE_CELL_STATE, 'a figure of a cell');
  assert(cell.state == MUX_CELL_EMPTY || cell.last <= all.now + cell.deadlineNs, 'a service that was');
  switch (which) {
    case MUX_FIGURE_CELL_STATE:
      return cell.state;
    case MUX_FIGURE_CELL_CODE:
      return cell.code;
    case MUX_FIGURE_CELL_DEADLINE:
      return microseconds(cell.deadlineNs);
    case MUX_FIGURE_CELL_GAP:
      return microseconds(cell.longestGapNs);
    case MUX_FIGURE_CELL_LATE:
      return cell.late;
    case MUX_FIGURE_CELL_AGE:
      return cell.state == MUX_CELL_EMPTY ? u32.MAX_VALUE : microseconds(all.now - cell.last);
    default:
      return 0;
  }
}

function microseconds(ns: i64): u32 {
  const whole = max(ns, 0) / 1000;
  assert(whole >= 0, 'a span');
  return <u32>min(whole, <i64>u32.MAX_VALUE);
}

export function placeOf(which: u32): u32 {
  assert(globals().extras <= MUX_EXTRAS_MAX, 'no more cells than there is room for');
  assert(globals().nextLength <= STAGING_SIZE, 'a table that its place holds');
  switch (which) {
    case MUX_PLACE_STAGING:
      return <u32>STAGING;
    case MUX_PLACE_STAGING_SIZE:
      return STAGING_SIZE;
    case MUX_PLACE_GLOBALS:
      return <u32>GLOBALS;
    case MUX_PLACE_GLOBALS_SIZE:
      return <u32>(EXTRAS - GLOBALS) + (globals().extras << 1);
    case MUX_PLACE_EDGES:
      return <u32>EDGES;
    case MUX_PLACE_EDGES_SIZE:
      return globals().edges * <u32>EDGE_SIZE;
    case MUX_PLACE_USES:
      return <u32>USES;
    case MUX_PLACE_USES_SIZE:
      return globals().relied == 0 ? 0 : MUX_SEQUENCERS * MUX_USES_MAX * <u32>USE_SIZE;
    case MUX_PLACE_VALUES:
      return <u32>VALUES;
    case MUX_PLACE_VALUES_SIZE:
      return globals().cells * MUX_VALUES_MAX * 2;
    case MUX_PLACE_CELLS:
      return <u32>CELLS;
    case MUX_PLACE_CELLS_SIZE:
      return globals().cells * <u32>CELL_SIZE;
    case MUX_PLACE_TABLE:
      return <u32>TABLE;
    case MUX_PLACE_TABLE_SIZE:
      return globals().inForce == 0 ? 0 : headerOf(TABLE, MUX_TABLE_LENGTH);
    case MUX_PLACE_NEXT:
      return <u32>NEXT;
    case MUX_PLACE_NEXT_SIZE:
      return globals().pending == 0 ? 0 : globals().nextLength;
    default:
      return 0;
  }
}
