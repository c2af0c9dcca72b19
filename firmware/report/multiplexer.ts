// SMP group 67: the multiplexer (protocol/smp/multiplexer.ts).
//
// What must stay true: one upload at a time; a table that is refused leaves the one in force as it was.

import { fieldsOk, findBytes, readUnsigned } from '../../protocol/guest/cbor-fields';
import { writeUnsignedField } from '../../protocol/guest/cbor-writer';
import {
  GROUP_MULTIPLEXER,
  MGMT_EINVAL,
  MGMT_ENOTSUP,
  MUX_ERR_BUSY,
  MUX_ERR_CELL,
  MUX_ERR_CERTIFICATE,
  MUX_ERR_CODE,
  MUX_ERR_CRC,
  MUX_ERR_DEADLINE,
  MUX_ERR_ENTRY,
  MUX_ERR_HEADER,
  MUX_ERR_LENGTH,
  MUX_ERR_NO_CELL,
  MUX_ERR_NO_OFFSET,
  MUX_ERR_NO_ROOM,
  MUX_ERR_NO_TABLE,
  MUX_ERR_NOT_SERVED,
  MUX_ERR_SETTING,
  MUX_ERR_SIZE,
  MUX_ERR_UNKNOWN,
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
  MUX_FIGURE_PENDING,
  MUX_FIGURE_POSTPONED,
  MUX_FIGURE_RUNNING,
  MUX_FIGURE_SERVICES_HIGH,
  MUX_FIGURE_SERVICES_LOW,
  MUX_FIGURE_SWITCH_ERRORS,
  MUX_FIGURE_SWITCHES_HIGH,
  MUX_FIGURE_SWITCHES_LOW,
  MUX_FIGURE_TABLES,
  MUX_FIGURE_VALUES_REFUSED,
  MUX_FIGURE_VALUES_STORED,
  MUX_FIGURE_WINDOWS,
  MUX_LOAD_BUSY,
  MUX_LOAD_CELL,
  MUX_LOAD_CERTIFICATE,
  MUX_LOAD_CRC,
  MUX_LOAD_DEADLINE,
  MUX_LOAD_ENTRY,
  MUX_LOAD_GOOD,
  MUX_LOAD_HEADER,
  MUX_LOAD_NOT_SERVED,
  MUX_LOAD_SIZE,
  MUX_TABLE_SIZE_MAX,
  MUX_WRITE_CELL,
  MUX_WRITE_CODE,
  MUX_WRITE_NO_ROOM,
  MUX_WRITE_TAKEN,
  MUXCMD_CELL,
  MUXCMD_CONFIGURE,
  MUXCMD_COUNT,
  MUXCMD_RUN,
  MUXCMD_STATE,
  MUXCMD_UPLOAD,
  MUXCMD_WRITE,
  SMP_OP_READ,
  SMP_OP_WRITE,
} from '../../protocol/guest/generated/constants';
import { MULTIPLEXER_BOARD_LINES_SHIFT, readMultiplexerBoard } from '../../protocol/guest/generated/registers';
import {
  beginChunks,
  CHUNK_LAST,
  CHUNK_REFUSED,
  CHUNKS_SIZE,
  chunksAt,
  takeChunk,
} from '../../protocol/guest/smp/chunks';
import { registerGroup } from '../../protocol/guest/smp/groups';
import { openRequest } from '../../protocol/guest/smp/request';
import { STATUS_GROUP } from '../../protocol/guest/smp/status';
import {
  cellCount,
  cellMicrovolts,
  configureCell,
  loadTable,
  multiplexerFigure,
  releaseMultiplexer,
  setCode,
  stageTable,
  wantRefresh,
} from '../drive/multiplexer';

const ABSENT: u64 = u64.MAX_VALUE;
const WORD_MASK: u32 = 3;

const upload: usize = memory.data(<i32>CHUNKS_SIZE, 4);

export function registerMultiplexer(): void {
  assert(GROUP_MULTIPLEXER >= 64, 'groups below 64 are not ours to give');
  assert(MUXCMD_COUNT > MUXCMD_CELL, 'every command is counted');
  registerGroup(GROUP_MULTIPLEXER, 'multiplexer', MUXCMD_COUNT, answerMultiplexer);
}

function answerMultiplexer(operation: u32, command: u32, step: u32): u32 {
  assert(step == 0, 'every answer here is given at once');
  if (operation == SMP_OP_READ) {
    if (command == MUXCMD_STATE) return answerState();
    return command == MUXCMD_CELL ? answerCell() : MGMT_ENOTSUP;
  }
  assert(operation == SMP_OP_WRITE, 'the server passes on reads and writes only');
  switch (command) {
    case MUXCMD_UPLOAD:
      return answerUpload();
    case MUXCMD_CONFIGURE:
      return answerConfigure();
    case MUXCMD_RUN:
      return answerRun();
    case MUXCMD_WRITE:
      return answerWrite();
    default:
      return MGMT_ENOTSUP;
  }
}

function answerUpload(): u32 {
  openRequest();
  const offset = readUnsigned('off', ABSENT);
  const length = readUnsigned('len', ABSENT);
  const data = findBytes('data');
  if (!fieldsOk()) return MGMT_EINVAL;
  if (offset == ABSENT) return STATUS_GROUP + MUX_ERR_NO_OFFSET;
  const chunks = chunksAt(upload);
  if (offset == 0) {
    if (length == ABSENT || length == 0 || length > MUX_TABLE_SIZE_MAX || (<u32>length & WORD_MASK) != 0)
      return STATUS_GROUP + MUX_ERR_LENGTH;
    releaseMultiplexer();
    beginChunks(chunks, <u32>length);
  }
  assert((chunks.total & WORD_MASK) == 0 && chunks.total <= MUX_TABLE_SIZE_MAX, 'a table is whole words, and fits');
  assert(chunks.total == 0 || chunks.expected < chunks.total, 'an upload under way is not at its end');
  switch (takeChunk(chunks, offset, data, stageTable)) {
    case CHUNK_REFUSED:
      return STATUS_GROUP + MUX_ERR_LENGTH;
    case CHUNK_LAST: {
      const outcome = loadTable(chunks.expected);
      if (outcome != MUX_LOAD_GOOD) return STATUS_GROUP + refusal(outcome);
      break;
    }
    default:
      break;
  }
  writeUnsignedField('off', chunks.expected);
  return 0;
}

function refusal(outcome: u32): u32 {
  assert(outcome != MUX_LOAD_GOOD, 'a table that was taken is not refused');
  assert(outcome <= MUX_LOAD_BUSY, 'an outcome of the table');
  switch (outcome) {
    case MUX_LOAD_SIZE:
      return MUX_ERR_SIZE;
    case MUX_LOAD_CRC:
      return MUX_ERR_CRC;
    case MUX_LOAD_HEADER:
      return MUX_ERR_HEADER;
    case MUX_LOAD_CELL:
      return MUX_ERR_CELL;
    case MUX_LOAD_ENTRY:
      return MUX_ERR_ENTRY;
    case MUX_LOAD_CERTIFICATE:
      return MUX_ERR_CERTIFICATE;
    case MUX_LOAD_DEADLINE:
      return MUX_ERR_DEADLINE;
    case MUX_LOAD_NOT_SERVED:
      return MUX_ERR_NOT_SERVED;
    case MUX_LOAD_BUSY:
      return MUX_ERR_BUSY;
    default:
      return MUX_ERR_UNKNOWN;
  }
}

function answerConfigure(): u32 {
  openRequest();
  const cell = readUnsigned('cell', ABSENT);
  const setting = readUnsigned('setting', ABSENT);
  const value = readUnsigned('value', ABSENT);
  if (!fieldsOk() || setting > u8.MAX_VALUE || value > u32.MAX_VALUE) return MGMT_EINVAL;
  if (cell >= cellCount()) return STATUS_GROUP + MUX_ERR_NO_CELL;
  assert(setting != ABSENT && value != ABSENT, 'a setting and its value were sent');
  assert(cell != ABSENT, 'a cell was sent');
  return configureCell(<u32>cell, <u32>setting, <u32>value) ? 0 : STATUS_GROUP + MUX_ERR_SETTING;
}

function answerRun(): u32 {
  openRequest();
  const on = readUnsigned('on', ABSENT);
  if (!fieldsOk() || on > 1) return MGMT_EINVAL;
  assert(on != ABSENT, 'a level was sent');
  assert(on <= 1, 'it is on or off');
  return wantRefresh(on == 1) ? 0 : STATUS_GROUP + MUX_ERR_NO_TABLE;
}

function answerWrite(): u32 {
  openRequest();
  const cell = readUnsigned('cell', ABSENT);
  const code = readUnsigned('code', ABSENT);
  if (!fieldsOk() || cell == ABSENT || code == ABSENT) return MGMT_EINVAL;
  if (cell >= cellCount()) return STATUS_GROUP + MUX_ERR_NO_CELL;
  if (code > u16.MAX_VALUE) return STATUS_GROUP + MUX_ERR_CODE;
  releaseMultiplexer();
  assert(cell != ABSENT && code != ABSENT, 'a cell and a value were sent');
  switch (setCode(<u32>cell, <u32>code)) {
    case MUX_WRITE_TAKEN:
      return 0;
    case MUX_WRITE_CELL:
      return STATUS_GROUP + MUX_ERR_NO_CELL;
    case MUX_WRITE_CODE:
      return STATUS_GROUP + MUX_ERR_CODE;
    case MUX_WRITE_NO_ROOM:
      return STATUS_GROUP + MUX_ERR_NO_ROOM;
    default:
      return STATUS_GROUP + MUX_ERR_UNKNOWN;
  }
}

function answerState(): u32 {
  openRequest();
  if (!fieldsOk()) return MGMT_EINVAL;
  releaseMultiplexer();
  const board = readMultiplexerBoard();
  assert(cellCount() > 0, 'a board has cells');
  assert(board >> MULTIPLEXER_BOARD_LINES_SHIFT > 0, 'and lines');
  writeUnsignedField('cells', cellCount());
  writeUnsignedField('lines', board >> MULTIPLEXER_BOARD_LINES_SHIFT);
  writeUnsignedField('run', figure(MUX_FIGURE_RUNNING));
  writeUnsignedField('services', wide(MUX_FIGURE_SERVICES_HIGH, MUX_FIGURE_SERVICES_LOW));
  writeUnsignedField('switches', wide(MUX_FIGURE_SWITCHES_HIGH, MUX_FIGURE_SWITCHES_LOW));
  writeUnsignedField('late', figure(MUX_FIGURE_LATE));
  writeUnsignedField('last', figure(MUX_FIGURE_LATE_CELL));
  writeUnsignedField('errors', figure(MUX_FIGURE_SWITCH_ERRORS));
  writeUnsignedField('waited', figure(MUX_FIGURE_POSTPONED));
  writeUnsignedField('forced', figure(MUX_FIGURE_FORCED));
  writeUnsignedField('windows', figure(MUX_FIGURE_WINDOWS));
  writeUnsignedField('edges', figure(MUX_FIGURE_EDGES_LOST));
  writeUnsignedField('stored', figure(MUX_FIGURE_VALUES_STORED));
  writeUnsignedField('refused', figure(MUX_FIGURE_VALUES_REFUSED));
  writeUnsignedField('flagged', figure(MUX_FIGURE_FLAGGED));
  writeUnsignedField('extra', figure(MUX_FIGURE_EXTRA));
  writeUnsignedField('tables', figure(MUX_FIGURE_TABLES));
  writeUnsignedField('gaveup', figure(MUX_FIGURE_GIVEN_UP));
  writeUnsignedField('pending', figure(MUX_FIGURE_PENDING));
  writeUnsignedField('invalid', figure(MUX_FIGURE_INVALID));
  writeUnsignedField('place', figure(MUX_FIGURE_LOAD_PLACE));
  writeUnsignedField('excess', figure(MUX_FIGURE_LOAD_EXCESS));
  return 0;
}

function figure(which: u32): u32 {
  assert(which < MUX_FIGURE_CELL_STATE, 'a figure of the whole');
  assert(cellCount() > 0, 'it is asked of the first cell');
  return multiplexerFigure(which, 0);
}

function wide(high: u32, low: u32): u64 {
  assert(high == low + 1, 'two words of one figure');
  return ((<u64>figure(high)) << 32) | <u64>figure(low);
}

function answerCell(): u32 {
  openRequest();
  const cell = readUnsigned('cell', ABSENT);
  if (!fieldsOk()) return MGMT_EINVAL;
  if (cell >= cellCount()) return STATUS_GROUP + MUX_ERR_NO_CELL;
  releaseMultiplexer();
  const number = <u32>cell;
  assert(number < cellCount(), 'a cell that there is');
  writeUnsignedField('state', multiplexerFigure(MUX_FIGURE_CELL_STATE, number));
  writeUnsignedField('code', multiplexerFigure(MUX_FIGURE_CELL_CODE, number));
  writeUnsignedField('uv', cellMicrovolts(number));
  writeUnsignedField('deadline', multiplexerFigure(MUX_FIGURE_CELL_DEADLINE, number));
  writeUnsignedField('age', multiplexerFigure(MUX_FIGURE_CELL_AGE, number));
  writeUnsignedField('gap', multiplexerFigure(MUX_FIGURE_CELL_GAP, number));
  writeUnsignedField('late', multiplexerFigure(MUX_FIGURE_CELL_LATE, number));
  return 0;
}
