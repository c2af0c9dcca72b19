// A refresh table as it is uploaded to the multiplexer: which cell each line serves when; little endian, every part aligned to 4 bytes.
//
//   header    48 bytes of u32 words
//   lines     {first entry u32, entries u32} each
//   cells     {cell u16, line u8, bank u8, service u16, 0 u16, largest gap u32, deadline u32} each; a cell stands in it once
//   entries   {start u32, row of the cell table u16, 0 u16} each: those of line 0 in the order of their start, then those of line 1 ...
//
// Starts, gaps, services and deadlines are in slots. A table is cyclic: after PERIOD slots it begins again. The largest gap is the
// certificate: the largest distance between the starts of two services of a cell that follow each other, around the end as well. The
// firmware calculates it anew before it accepts the table. A service takes its slots from its start on; where the service before it
// on the line was of another bank, SWITCH slots lie between them.

import { constantTable, valuesOf } from '../constants.ts';

export const refreshTableLayout = constantTable('MUX_TABLE', 'Refresh table: offsets and sizes in bytes.', {
  MAGIC: [0, 'MUX_TABLE_MAGIC_VALUE'],
  VERSION: [4, 'MUX_TABLE_VERSION_VALUE'],
  LENGTH: [8, 'Bytes of the whole table, header included'],
  CRC: [12, 'CRC-32 of everything behind this word'],
  SLOT_NS: [16, 'Nanoseconds of a slot'],
  PERIOD: [20, 'Slots until it begins again'],
  SWITCH: [24, 'Slots that a line needs to go from one bank to another'],
  LINES: [28, 'How many lines'],
  CELLS: [32, 'How many cells'],
  ENTRIES: [36, 'How many services a period has'],
  HEADER_SIZE: [48, 'Bytes of the header; the words from 40 on are 0'],
  MAGIC_VALUE: [0x5458_554d, '"MUXT"'],
  VERSION_VALUE: [1, 'Version of this layout'],
  LINE_SIZE: [8, 'Bytes of a line’s row'],
  CELL_SIZE: [16, 'Bytes of a cell’s row'],
  CELL_LINE: [2, 'In a cell’s row: its line, u8'],
  CELL_BANK: [3, 'Its bank, u8'],
  CELL_SERVICE: [4, 'Slots of a service, u16'],
  CELL_GAP: [8, 'Its largest gap, u32'],
  CELL_DEADLINE: [12, 'The deadline it was planned for, u32'],
  ENTRY_SIZE: [8, 'Bytes of a service’s entry'],
  ENTRY_ROW: [4, 'In an entry: row of the cell table, u16'],
  CELLS_MAX: [1024, 'Most cells of a board'],
  LINES_MAX: [8, 'Most lines of a board'],
  ENTRIES_MAX: [65_536, 'Most services of a period'],
  SIZE_MAX: [48 + 8 * 8 + 1024 * 16 + 65_536 * 8, 'Bytes of the largest table'],
});

export const RefreshTable = valuesOf(refreshTableLayout);
