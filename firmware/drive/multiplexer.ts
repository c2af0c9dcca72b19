// The multiplexer as the management core drives it: released when it is first needed, executed while somebody wants it and its gate is open.
//
// The refresh itself is not this core's work: it would stand still while an image is verified. Here is only what may wait a hundred
// milliseconds. What must stay true: this file alone writes MULTIPLEXER's registers; a parked table is executed again when its gate opens.

import { copyToBus } from '../../protocol/guest/dma';
import {
  EVENT_CELL_LATE,
  EVENT_CELL_SWITCH_ERROR,
  EVENT_CELL_VALUE_REFUSED,
  EVENT_MUX_EDGE_LOST,
  EVENT_MUX_TABLE,
  MUX_FIGURE_EDGES_LOST,
  MUX_FIGURE_LATE,
  MUX_FIGURE_LATE_CELL,
  MUX_FIGURE_RUNNING,
  MUX_FIGURE_SWITCH_ERRORS,
  MUX_FIGURE_TABLES,
  MUX_FIGURE_VALUES_CELL,
  MUX_FIGURE_VALUES_REFUSED,
  MUX_LOAD_BUSY,
  MUX_TABLE_CELLS_MAX,
  MUX_TABLE_SIZE_MAX,
  MUX_WRITE_NO_ROOM,
} from '../../protocol/guest/generated/constants';
import {
  MULTIPLEXER_CELL_CELL,
  MULTIPLEXER_COMMAND_COMMAND_PARK,
  MULTIPLEXER_COMMAND_COMMAND_START,
  MULTIPLEXER_CONTROL_RELEASE,
  MULTIPLEXER_SELECT_CELL_SHIFT,
  MULTIPLEXER_STAGE_DATA,
  MULTIPLEXER_STAGE_DATA_COUNT,
  MULTIPLEXER_STATUS_CHANGED,
  MULTIPLEXER_STATUS_EDGE_LOST,
  MULTIPLEXER_STATUS_GIVEN_UP,
  MULTIPLEXER_STATUS_LATE,
  MULTIPLEXER_STATUS_SWITCH_ERROR,
  MULTIPLEXER_STATUS_VALUE_REFUSED,
  OUTPUTS_STATE_MULTIPLEXER,
  readMultiplexerBoard,
  readMultiplexerControl,
  readMultiplexerFigure,
  readMultiplexerResult,
  readMultiplexerStatus,
  readMultiplexerVoltage,
  readOutputsState,
  writeMultiplexerCell,
  writeMultiplexerCode,
  writeMultiplexerCommand,
  writeMultiplexerControl,
  writeMultiplexerLoad,
  writeMultiplexerSelect,
  writeMultiplexerStageOffset,
  writeMultiplexerStatus,
  writeMultiplexerValue,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';

const CELLS_MASK: u32 = 0xffff;
const WORD_MASK: u32 = 3;
const ITEM_MOST: u32 = 0xff;

/** Whether somebody wants the table to be executed. */
let wanted: bool = false;
/** Whether it was released: it stays so until the reset. */
let released: bool = false;

export function cellCount(): u32 {
  const cells = readMultiplexerBoard() & CELLS_MASK;
  assert(cells > 0 && cells <= MUX_TABLE_CELLS_MAX, 'a board has cells, and no more than a table has');
  return cells;
}

export function multiplexerReleased(): bool {
  return released;
}

export function releaseMultiplexer(): void {
  if (!released) writeMultiplexerControl(MULTIPLEXER_CONTROL_RELEASE);
  released = true;
  assert((readMultiplexerControl() & MULTIPLEXER_CONTROL_RELEASE) != 0, 'what was released runs until the reset');
}

/** A figure, MUX_FIGURE_*; of a cell where it has one. */
export function multiplexerFigure(item: u32, cell: u32): u32 {
  assert(multiplexerReleased(), 'there are figures once it is released');
  assert(item <= ITEM_MOST && cell < cellCount(), 'an item and a cell that there are');
  writeMultiplexerSelect(item | (cell << MULTIPLEXER_SELECT_CELL_SHIFT));
  return readMultiplexerFigure();
}

/** False when it was refused: there is no such setting, its value is out of range, or a table is executed. */
export function configureCell(cell: u32, setting: u32, value: u32): bool {
  assert(setting <= ITEM_MOST && cell < cellCount(), 'a setting and a cell that there are');
  releaseMultiplexer();
  assert(multiplexerReleased(), 'settings are kept once it is released');
  writeMultiplexerSelect(setting | (cell << MULTIPLEXER_SELECT_CELL_SHIFT));
  writeMultiplexerValue(value);
  return readMultiplexerResult() == 0;
}

/** Puts a part of a table, no more than the window shows, into the staging area. */
export function stageTable(offset: u32, chunk: usize, length: u32): void {
  assert((offset & WORD_MASK) == 0 && (length & WORD_MASK) == 0, 'whole words');
  assert(<u64>offset + length <= MUX_TABLE_SIZE_MAX, 'no more than the largest table has');
  assert(length <= MULTIPLEXER_STAGE_DATA_COUNT << 2, 'what the window shows');
  writeMultiplexerStageOffset(offset);
  copyToBus(MULTIPLEXER_STAGE_DATA, chunk, length);
}

/** MUX_LOAD_*. */
export function loadTable(length: u32): u32 {
  assert(length > 0 && (length & WORD_MASK) == 0, 'a table is whole words');
  writeMultiplexerLoad(length);
  const outcome = readMultiplexerResult();
  assert(outcome <= MUX_LOAD_BUSY, 'an outcome of the table');
  return outcome;
}

/** MUX_WRITE_*. */
export function setCode(cell: u32, code: u32): u32 {
  assert(cell < cellCount() && code <= 0xffff, 'a cell that there is, and a value that its field holds');
  writeMultiplexerCell(cell);
  writeMultiplexerCode(code);
  const outcome = readMultiplexerResult();
  assert(outcome <= MUX_WRITE_NO_ROOM, 'an outcome of the table');
  return outcome;
}

/** What a cell holds, in microvolts. */
export function cellMicrovolts(cell: u32): u32 {
  assert(cell < cellCount() && cell <= MULTIPLEXER_CELL_CELL, 'a cell that there is');
  writeMultiplexerCell(cell);
  return readMultiplexerVoltage();
}

/** From now on the table is executed whenever it may be; false when there is none. */
export function wantRefresh(isWanted: bool): bool {
  releaseMultiplexer();
  if (isWanted && multiplexerFigure(MUX_FIGURE_TABLES, 0) == 0) return false;
  wanted = isWanted;
  driveMultiplexer();
  if (!isWanted) writeMultiplexerCommand(MULTIPLEXER_COMMAND_COMMAND_PARK);
  assert(wanted == isWanted, 'what is wanted is known');
  return true;
}

/** Executes the table when it is wanted, its gate is open, and it is not executed yet. */
function driveMultiplexer(): void {
  const isOpen = (readOutputsState() & OUTPUTS_STATE_MULTIPLEXER) != 0;
  assert(multiplexerReleased(), 'what is wanted was released');
  if (!wanted || !isOpen || multiplexerFigure(MUX_FIGURE_RUNNING, 0) != 0) return;
  writeMultiplexerCommand(MULTIPLEXER_COMMAND_COMMAND_START);
  assert(MULTIPLEXER_COMMAND_COMMAND_START != MULTIPLEXER_COMMAND_COMMAND_PARK, 'two commands');
}

/** Records what has happened, and starts again what a closed gate has parked. */
export function runMultiplexer(): void {
  if (!multiplexerReleased()) return;
  driveMultiplexer();
  const status = readMultiplexerStatus();
  assert(status >> 6 == 0, 'bits that there are');
  if (status == 0) return;
  writeMultiplexerStatus(status);
  if ((status & MULTIPLEXER_STATUS_LATE) != 0) {
    const cell = multiplexerFigure(MUX_FIGURE_LATE_CELL, 0);
    recordEvent(EVENT_CELL_LATE, cell, multiplexerFigure(MUX_FIGURE_LATE, 0));
  }
  if ((status & MULTIPLEXER_STATUS_SWITCH_ERROR) != 0)
    recordEvent(EVENT_CELL_SWITCH_ERROR, multiplexerFigure(MUX_FIGURE_SWITCH_ERRORS, 0), 0);
  const tables = multiplexerFigure(MUX_FIGURE_TABLES, 0);
  if ((status & MULTIPLEXER_STATUS_CHANGED) != 0) recordEvent(EVENT_MUX_TABLE, 1, tables);
  if ((status & MULTIPLEXER_STATUS_GIVEN_UP) != 0) recordEvent(EVENT_MUX_TABLE, 0, tables);
  if ((status & MULTIPLEXER_STATUS_EDGE_LOST) != 0)
    recordEvent(EVENT_MUX_EDGE_LOST, multiplexerFigure(MUX_FIGURE_EDGES_LOST, 0), 0);
  if ((status & MULTIPLEXER_STATUS_VALUE_REFUSED) != 0) {
    const cell = multiplexerFigure(MUX_FIGURE_VALUES_CELL, 0);
    recordEvent(EVENT_CELL_VALUE_REFUSED, cell, multiplexerFigure(MUX_FIGURE_VALUES_REFUSED, 0));
  }
  // STATUS may hold the next thing already: cells go on while this is told. The next run tells it.
  assert(multiplexerReleased(), 'what happens there happens once it is released');
}
