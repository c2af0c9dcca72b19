// SMP group 67: the multiplexer's cells and the table that serves them. It is ours; other clients list it by ENUM and pass it by.
//
//   UPLOAD     w {off, data, len}              len with off 0; chunks in order, in multiples of 4 bytes                  -> {off}: where the next begins
//              the last one has the table judged (its CRC and certificate are in it). STATE says which cell or service it was refused for
//   CONFIGURE  w {cell, setting, value}        MUX_SETTING_*; those of a cell are refused while a table is executed        -> {}
//   RUN        w {on}                          1: execute the table whenever the gate of the multiplexer is open; 0: park  -> {}
//   WRITE      w {cell, code}                  a new value; the next service stores it                                    -> {}
//   STATE      r {} -> {cells, lines, run, services, switches, late, last, errors, waited, forced, windows, edges, stored, refused, flagged, extra, tables, gaveup, pending, invalid, place, excess}
//   CELL       r {cell} -> {state, code, uv, deadline, age, gap, late}     microvolts held now; deadline, age and longest gap in us
//
// A table that is uploaded while one is executed comes into force at the first moment at which no cell misses its deadline.

import { constantTable, valuesOf, withCount } from '../constants.ts';

export const multiplexerCommands = constantTable(
  'MUXCMD',
  'Commands of the MULTIPLEXER group.',
  withCount({
    UPLOAD: [0, 'Upload a table'],
    CONFIGURE: [1, 'Set a setting of a cell'],
    RUN: [2, 'Execute the table, or park'],
    WRITE: [3, 'Give a cell a new value'],
    STATE: [4, 'State of the multiplexer'],
    CELL: [5, 'State of a cell'],
  }),
);

export const multiplexerErrors = constantTable('MUX_ERR', 'Error codes of the MULTIPLEXER group.', {
  UNKNOWN: [1, 'Unknown error'],
  NO_CELL: [2, 'There is no such cell, or it is not set up'],
  NO_OFFSET: [3, 'No offset in the request'],
  LENGTH: [
    4,
    'No length with the first chunk, or more than the largest table has, or a chunk that is no multiple of 4 bytes',
  ],
  SIZE: [5, 'The length of the table is not that of its parts, or it has more than the multiplexer'],
  CRC: [6, 'The CRC-32 is not that of the bytes received'],
  HEADER: [7, 'The bytes are no refresh table of this version'],
  CELL: [
    8,
    'A cell of the table does not exist, stands in it twice, is not set up, or is wired to another line or bank',
  ],
  ENTRY: [
    9,
    'A service lies outside the period, is of another line, or begins before the one in front of it has ended',
  ],
  CERTIFICATE: [10, 'The largest gap of a cell is not what the table says'],
  DEADLINE: [11, 'The largest gap of a cell is longer than it holds its voltage'],
  NOT_SERVED: [12, 'A cell of the table is never served, or a cell that is set up is not in it'],
  BUSY: [13, 'Another table waits to come into force; ask again'],
  SETTING: [
    14,
    'There is no such setting, its value is out of range, a table is executed (park first), or a sequencer whose marker it names is running (stop it first)',
  ],
  NO_TABLE: [15, 'There is no table; upload one'],
  CODE: [16, 'The value is larger than the largest of the converter'],
  NO_ROOM: [
    17,
    'So large a step drifts faster than the idle time of the table can make up for; step less, or upload a table with more idle time',
  ],
});

export const MuxCommand = valuesOf(multiplexerCommands);
export const MuxError = valuesOf(multiplexerErrors);
