// Client side of SMP group 67: settings, tables and values to the multiplexer of a controller, and its figures back (protocol/smp/multiplexer.ts).
//
// What must stay true: everything here does no harm when it arrives twice.

import { MuxSetting } from '../../../protocol/multiplexer/module.ts';
import { MuxCommand } from '../../../protocol/smp/multiplexer.ts';
import { SmpGroup } from '../../../protocol/smp/smp.ts';
import type { SmpClient } from './client.ts';
import { Fields } from './fields.ts';
import type { Command, RequestOptions } from './session.ts';
import { uploadChunks } from './upload-chunks.ts';

export interface MultiplexerStateAnswer {
  cells: number;
  lines: number;
  isRunning: boolean;
  services: number;
  /** Changes of a bank. */
  switches: number;
  /** Missed deadlines. */
  late: number;
  /** Cell that missed its deadline last. */
  lateCell: number | undefined;
  switchErrors: number;
  /** Services that waited for the end of a pulse window, and those that could not. */
  waited: number;
  forced: number;
  /** Pulse windows so far, and edges of markers that were lost. */
  windows: number;
  edgesLost: number;
  /** Prepared values that edges of markers have set, and those that were refused. */
  valuesStored: number;
  valuesRefused: number;
  /** Sequencers that played or acquired while a cell that they rely on did not hold its value; one bit each. */
  flagged: number;
  /** Services beside the table. */
  extra: number;
  tables: number;
  givenUp: number;
  isPending: boolean;
  /** Cells in use that do not hold their value. */
  invalid: number;
  /** What the last table was refused for: cell or service, and by how many us a gap is too long. */
  refusedPlace: number;
  refusedExcessUs: number;
}

export interface CellAnswer {
  /** A value of MuxCell. */
  state: number;
  code: number;
  /** What it holds, through the readback channel. */
  microvolts: number;
  deadlineUs: number;
  ageUs: number;
  longestGapUs: number;
  late: number;
}

const noCell = 0xffff;

function command(what: string, number: number, write: boolean): Command {
  return { what, group: SmpGroup.MULTIPLEXER, command: number, write };
}

/** Uploads a refresh table; the device judges it with the last chunk. Rejects with an SmpError that names the reason. */
export async function uploadTable(client: SmpClient, table: Uint8Array, options?: RequestOptions): Promise<void> {
  const upload = {
    command: command('upload of a refresh table', MuxCommand.UPLOAD, true),
    ...{ what: 'table upload', holder: 'the multiplexer' },
    ...{ always: {}, first: { len: table.length } },
  };
  await uploadChunks(client, table, upload, options);
}

export async function configureCell(
  client: SmpClient,
  cell: number,
  setting: keyof typeof MuxSetting,
  value: number,
  options?: RequestOptions,
): Promise<void> {
  const what = command(`${setting} of cell ${cell}`, MuxCommand.CONFIGURE, true);
  await client.request(what, { cell, setting: MuxSetting[setting], value }, options);
}

/** Prepares values for a cell: each rising edge of a marker (4 n + m: marker m of sequencer n) stores the next of them. */
export async function prepareValues(
  client: SmpClient,
  cell: number,
  marker: number,
  codes: readonly number[],
  options?: RequestOptions,
): Promise<void> {
  for (const [place, code] of codes.entries())
    await configureCell(client, cell, 'VALUE', (place * 2 ** 16 + code) >>> 0, options);
  await configureCell(client, cell, 'VALUE_MARKER', marker, options);
  await configureCell(client, cell, 'VALUE_COUNT', codes.length, options);
}

/** Executes the table whenever the gate of the multiplexer is open, or parks. */
export async function runRefresh(client: SmpClient, isOn: boolean, options?: RequestOptions): Promise<void> {
  await client.request(command('refresh', MuxCommand.RUN, true), { on: isOn ? 1 : 0 }, options);
}

/** Gives a cell a new value, in steps of the converter. */
export async function writeCell(
  client: SmpClient,
  cell: number,
  code: number,
  options?: RequestOptions,
): Promise<void> {
  await client.request(command(`value of cell ${cell}`, MuxCommand.WRITE, true), { cell, code }, options);
}

export async function multiplexerState(client: SmpClient, options?: RequestOptions): Promise<MultiplexerStateAnswer> {
  const answer = await client.request(command('multiplexer state', MuxCommand.STATE, false), {}, options);
  const fields = new Fields(answer, 'multiplexer state');
  const lateCell = fields.count('last');
  return {
    cells: fields.count('cells'),
    lines: fields.count('lines'),
    isRunning: fields.count('run') === 1,
    services: fields.count('services'),
    switches: fields.count('switches'),
    late: fields.count('late'),
    lateCell: lateCell === noCell ? undefined : lateCell,
    switchErrors: fields.count('errors'),
    waited: fields.count('waited'),
    forced: fields.count('forced'),
    windows: fields.count('windows'),
    edgesLost: fields.count('edges'),
    valuesStored: fields.count('stored'),
    valuesRefused: fields.count('refused'),
    flagged: fields.count('flagged'),
    extra: fields.count('extra'),
    tables: fields.count('tables'),
    givenUp: fields.count('gaveup'),
    isPending: fields.count('pending') === 1,
    invalid: fields.count('invalid'),
    refusedPlace: fields.count('place'),
    refusedExcessUs: fields.count('excess'),
  };
}

export async function cellState(client: SmpClient, cell: number, options?: RequestOptions): Promise<CellAnswer> {
  const answer = await client.request(command(`state of cell ${cell}`, MuxCommand.CELL, false), { cell }, options);
  const fields = new Fields(answer, 'cell state');
  return {
    state: fields.count('state'),
    code: fields.count('code'),
    microvolts: fields.count('uv'),
    deadlineUs: fields.count('deadline'),
    ageUs: fields.count('age'),
    longestGapUs: fields.count('gap'),
    late: fields.count('late'),
  };
}
