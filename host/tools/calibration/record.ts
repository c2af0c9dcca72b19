// The record of one calibration run: what was measured with which settings, what was fitted, what came out, on which device and image, when. One
// JSON file a run.
//
// What must stay true: a record is complete in itself, failed runs included: the raw data and the model are enough to repeat the fit without the
// device. A record is never changed after it was written. A file that cannot be read as a record is an error with its name, and never "no record".

import type { DeviceTime, Outcome, RunKind, Verdict } from './graph.ts';

export const RECORD_FORMAT = 'coldrig-calibration-1';

/** A curve that was fitted to the data. */
export interface FitReport {
  /** Name of the model (fit.ts). */
  model: string;
  parameters: Record<string, number>;
  /** One standard error of each parameter, from the scatter of the data about the curve. */
  errors: Record<string, number>;
  /** Root of the mean square of the residuals, in the units of the data. */
  rms: number;
  /** Part of the variance that the curve explains: 1 is all. */
  explained: number;
}

/** What a node hands to the record; all of it is plain data. */
export interface RunReport {
  verdict: Verdict;
  /** In words: why the verdict, with figures and limits. */
  reason: string;
  /** Settings of the measurement. */
  inputs: Record<string, number>;
  /** Columns of the raw data, all of the same length. */
  data: Record<string, number[]>;
  fit?: FitReport;
  /** What the node measured, and what it wrote; units last in the names. */
  results: Record<string, number>;
}

export interface RunRecord extends RunReport {
  format: typeof RECORD_FORMAT;
  number: number;
  /** The call of maintain that it belongs to: number of its first run. */
  session: number;
  node: string;
  kind: RunKind;
  /** Serial number in the fuses, hexadecimal. */
  device: string;
  /** Hash of the image that ran, hexadecimal. */
  image: string;
  start: DeviceTime;
  end: DeviceTime;
  /** Which corrections the device had in force when the run was over. */
  inForce: string;
}

export class RecordError extends Error {}

export function outcomeOf({ number, node, kind, verdict, end }: RunRecord): Outcome {
  return { number, node, kind, verdict, end };
}

const DIGITS = 6;

export function recordName({ number, node, kind }: Pick<RunRecord, 'number' | 'node' | 'kind'>): string {
  return `${String(number).padStart(DIGITS, '0')}-${node}-${kind}.json`;
}

/** The number in the name of a record's file; undefined for a file that is none by its name. */
export function numberInName(name: string): number | undefined {
  const found = /^(\d{6,})-[\w.-]+-(?:check|calibrate)\.json$/.exec(name);
  return found ? Number(found[1]) : undefined;
}

export function recordText(record: RunRecord): string {
  const { data, ...rest } = record;
  // The columns last and one a line, so that a person can read what is above them.
  const columns = Object.entries(data).map(
    ([name, values]) => `    ${JSON.stringify(name)}: ${JSON.stringify(values)}`,
  );
  const head = JSON.stringify(rest, null, 2).replace(/\n}$/, '');
  return `${head},\n  "data": {\n${columns.join(',\n')}\n  }\n}\n`;
}

/** Throws a RecordError that names the file and what is wrong. */
export function parseRecord(text: string, name: string): RunRecord {
  const refuse = (what: string): never => {
    throw new RecordError(`${name} is no calibration record: ${what}; move it away, or restore it from a copy`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    refuse(`it is not JSON (${(error as Error).message})`);
  }
  if (typeof value !== 'object' || value === null) refuse('it holds no object');
  const record = value as Record<string, unknown>;
  if (record.format !== RECORD_FORMAT) refuse(`its format is ${JSON.stringify(record.format)}, not ${RECORD_FORMAT}`);
  for (const [key, is] of fields) if (!is(record[key])) refuse(`${key} is ${shown(record[key])}`);
  if (new Set(Object.values(record.data as Columns).map(({ length }) => length)).size > 1)
    refuse('its columns of data have different lengths');
  return value as RunRecord;
}

type Columns = Record<string, number[]>;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown): boolean => typeof value === 'string';
const isOneOf = (values: string[]) => (value: unknown) => values.includes(value as string);
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isTime = (value: unknown): boolean =>
  isObject(value) && isCount((value as DeviceTime).boot) && isCount((value as DeviceTime).ns);
const isNumbers = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every((entry) => typeof entry === 'number');
const isColumns = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every((column) => Array.isArray(column) && isNumbers(column));

const fields: [key: keyof RunRecord, is: (value: unknown) => boolean][] = [
  ['number', isCount],
  ['session', isCount],
  ['node', isText],
  ['kind', isOneOf(['check', 'calibrate'])],
  ['verdict', isOneOf(['in_spec', 'out_of_spec', 'bad_data'])],
  ['reason', isText],
  ['device', isText],
  ['image', isText],
  ['inForce', isText],
  ['start', isTime],
  ['end', isTime],
  ['inputs', isNumbers],
  ['results', isNumbers],
  ['data', isColumns],
];

const shown = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value).slice(0, 40));
