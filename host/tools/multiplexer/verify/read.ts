// Reads a table file, binary or JSON, without trusting a byte of it.
//
// What must stay true: this folder shares no code with the planner; it knows the format (protocol/multiplexer/table.ts) and nothing else.

import { crc32 } from 'node:zlib';
import { RefreshTable as T } from '../../../../protocol/multiplexer/table.ts';

export interface ReadCell {
  /** From JSON; `cell N` from the binary, which has no names. */
  name: string;
  number: number;
  line: number;
  bank: number;
  serviceSlots: number;
  /** What the certificate says. */
  largestGapSlots: number;
  deadlineSlots: number;
}

export interface ReadTable {
  slotNs: number;
  periodSlots: number;
  switchSlots: number;
  cells: ReadCell[];
  /** By line, in the order of the file. */
  lines: { startSlot: number; cell: number }[][];
}

/** A file that is no table. The message says what was expected where. */
export class TableError extends Error {}

export function readTable(bytes: Uint8Array): ReadTable {
  if (bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === T.MAGIC_VALUE) return readBinary(bytes);
  if (bytes[0] === '{'.charCodeAt(0)) return readJson(new TextDecoder().decode(bytes));
  throw new TableError('it is no table: expected one that `coldrig mux plan --out` wrote, binary ("MUXT") or JSON');
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function readBinary(bytes: Uint8Array): ReadTable {
  if (bytes.length < T.HEADER_SIZE)
    throw new TableError(`it ends after ${bytes.length} bytes, within the header of ${T.HEADER_SIZE}; write it again`);
  const view = viewOf(bytes);
  const word = (at: number) => view.getUint32(at, true);
  if (word(T.VERSION) !== T.VERSION_VALUE)
    throw new TableError(
      `its version is ${word(T.VERSION)}; expected ${T.VERSION_VALUE}: plan it again with this version`,
    );
  const [lines, cells, entries] = [word(T.LINES), word(T.CELLS), word(T.ENTRIES)];
  if (lines > T.LINES_MAX || cells > T.CELLS_MAX || entries > T.ENTRIES_MAX)
    throw new TableError(
      `it has ${lines} lines, ${cells} cells and ${entries} services; at most ${T.LINES_MAX}, ${T.CELLS_MAX} and ${T.ENTRIES_MAX} are possible`,
    );
  const length = T.HEADER_SIZE + lines * T.LINE_SIZE + cells * T.CELL_SIZE + entries * T.ENTRY_SIZE;
  if (word(T.LENGTH) !== length || bytes.length !== length)
    throw new TableError(
      `it has ${bytes.length} bytes and says ${word(T.LENGTH)}; its parts take ${length}: it was cut or joined; copy it again`,
    );
  if (word(T.CRC) !== crc32(bytes.subarray(T.CRC + 4)))
    throw new TableError('its CRC-32 is wrong: a byte was changed; copy it again');
  const cellsAt = T.HEADER_SIZE + lines * T.LINE_SIZE;
  const entriesAt = cellsAt + cells * T.CELL_SIZE;
  const read: ReadTable = {
    ...{ slotNs: word(T.SLOT_NS), periodSlots: word(T.PERIOD), switchSlots: word(T.SWITCH) },
    cells: [],
    lines: [],
  };
  for (let at = cellsAt; at < entriesAt; at += T.CELL_SIZE) {
    const number = view.getUint16(at, true);
    read.cells.push({
      ...{
        name: `cell ${number}`,
        number,
        line: view.getUint8(at + T.CELL_LINE),
        bank: view.getUint8(at + T.CELL_BANK),
      },
      serviceSlots: view.getUint16(at + T.CELL_SERVICE, true),
      ...{ largestGapSlots: word(at + T.CELL_GAP), deadlineSlots: word(at + T.CELL_DEADLINE) },
    });
  }
  let next = 0;
  for (let line = 0; line < lines; line++) {
    const [first, count] = [word(T.HEADER_SIZE + line * T.LINE_SIZE), word(T.HEADER_SIZE + line * T.LINE_SIZE + 4)];
    if (first !== next || first + count > entries)
      throw new TableError(
        `line ${line} has services ${first} to ${first + count}; expected them to begin at ${next} and end by ${entries}`,
      );
    next = first + count;
    read.lines.push(
      Array.from({ length: count }, (_, i) => {
        const at = entriesAt + (first + i) * T.ENTRY_SIZE;
        return { startSlot: word(at), cell: view.getUint16(at + T.ENTRY_ROW, true) };
      }),
    );
  }
  if (next !== entries) throw new TableError(`its lines have ${next} services; the header says ${entries}`);
  return read;
}

function readJson(text: string): ReadTable {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TableError(`it is no JSON: ${(error as Error).message}`);
  }
  const table = value as ReadTable & { format?: string };
  if (table.format !== 'coldrig-mux-table-1')
    throw new TableError(
      `its format is ${JSON.stringify(table.format) ?? 'not given'}; expected "coldrig-mux-table-1"`,
    );
  for (const key of ['slotNs', 'periodSlots', 'switchSlots'] as const) wholeNumber(table[key], key);
  if (!Array.isArray(table.cells) || !Array.isArray(table.lines)) throw new TableError('cells and lines must be lists');
  table.cells.forEach((cell, i) => {
    if (typeof cell?.name !== 'string') throw new TableError(`cells[${i}].name must be text`);
    for (const key of ['number', 'line', 'bank', 'serviceSlots', 'largestGapSlots', 'deadlineSlots'] as const)
      wholeNumber(cell[key], `cells[${i}].${key}`);
  });
  table.lines.forEach((entries, line) => {
    if (!Array.isArray(entries)) throw new TableError(`lines[${line}] must be a list`);
    entries.forEach((entry, i) => {
      for (const key of ['startSlot', 'cell'] as const) wholeNumber(entry?.[key], `lines[${line}][${i}].${key}`);
    });
  });
  return table;
}

function wholeNumber(value: unknown, where: string): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new TableError(`${where} is ${JSON.stringify(value)}; expected a whole number of 0 or more`);
}
