// The commands of an instrument as one table: the name, what the first word selects, the allowed values of the others, the default.
//
//   { name: 'FILTER', of: 'input', fields: [int(0, 1), int(2, 64), int(1, 10)], starts: '0,8,10' }
//
// Most commands store their words, and their query gives them back; a row with `get` or `set` does more. An empty or missing word leaves its
// field unchanged, because the vendor's own driver relies on that. What must stay true: a query gives back the words of its command; a command
// with a word out of range changes nothing.

import { type ScpiCommand, ScpiError } from './scpi.ts';

/** Checks a word: gives it back as the instrument prints it, or says what was expected. */
export type Field = (word: string) => { value: string } | { expected: string };

/** Decimal, as the instruments read numbers: no 0x10, no Infinity. */
const figureOf = (word: string): number =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word) ? Number(word) : Number.NaN;

export const int =
  (least: number, most: number, width = 1): Field =>
  (word) => {
    const value = figureOf(word);
    const isGood = Number.isInteger(value) && value >= least && value <= most;
    return isGood
      ? { value: String(value).padStart(width, '0') }
      : { expected: `a whole number from ${least} to ${most}` };
  };

export const real =
  (least: number, most: number): Field =>
  (word) => {
    const value = figureOf(word);
    const isGood = value >= least && value <= most;
    return isGood ? { value: number(value) } : { expected: `a number from ${least} to ${most}` };
  };

/** A flag; 1 means yes. */
export const on = int(0, 1);

/** A number in any unit. */
export const any = real(-1e6, 1e6);

/** A longer text is cut off, as by the instrument. */
export const text =
  (most: number): Field =>
  (word) => ({ value: word.slice(0, most) });

export const oneOf =
  (...names: string[]): Field =>
  (word) =>
    names.includes(word.toUpperCase()) ? { value: word.toUpperCase() } : { expected: `one of ${names.join(', ')}` };

/** What the first words of a command select. */
export type Places = Readonly<Record<string, readonly Field[]>>;

export interface Row<Instrument> {
  name: string;
  /** A key of `Places`; without it, the instrument itself. */
  of?: string;
  fields?: readonly Field[];
  /** The factory setting; by place when places differ. */
  starts?: string | ((instrument: Instrument, place: string) => string);
  /** The answer of the query, when it is not the stored words. */
  get?: (instrument: Instrument, place: string) => string;
  /** What the command does besides storing its words. Without this and without fields there is no command. */
  set?: (instrument: Instrument, place: string, words: string[]) => void;
  /** There is no query. */
  isCommandOnly?: boolean;
}

export class CommandTable<Instrument> {
  readonly names: readonly string[];
  private readonly rows: ReadonlyMap<string, Row<Instrument>>;
  private readonly places: Places;
  private readonly kept = new Map<string, string[]>();

  constructor(places: Places, rows: readonly Row<Instrument>[]) {
    this.places = places;
    this.rows = new Map(rows.map((row) => [row.name, row]));
    if (this.rows.size !== rows.length) throw new Error('command table: a name stands twice');
    this.names = rows.flatMap((row) => [
      ...(hasQuery(row) ? [`${row.name}?`] : []),
      ...(hasCommand(row) ? [row.name] : []),
    ]);
  }

  execute(instrument: Instrument, { name, words }: ScpiCommand): string | undefined {
    const isQuery = name.endsWith('?');
    const row = this.rows.get(isQuery ? name.slice(0, -1) : name);
    if (!row || !(isQuery ? hasQuery(row) : hasCommand(row))) throw new ScpiError('command', `no command ${name}`);
    const choosers = row.of === undefined ? [] : this.places[row.of];
    const place = choosers.map((field, i) => checked(name, field, (words[i] ?? '').trim())).join(',');
    if (isQuery) return row.get ? row.get(instrument, place) : this.settings(instrument, row.name, place).join(',');
    const { fields = [] } = row;
    const given = words.slice(choosers.length);
    if (given.length > fields.length)
      throw new ScpiError('execution', `${name} takes ${fields.length} values here, and not ${given.length}`);
    const before = this.settings(instrument, row.name, place);
    const after = fields.map((field, i) =>
      (given[i] ?? '') === '' && before[i] !== undefined ? before[i] : checked(name, field, given[i] ?? ''),
    );
    row.set?.(instrument, place, after);
    this.kept.set(`${row.name} ${place}`, after);
    return undefined;
  }

  /** The words of the last command, or the factory setting. */
  settings(instrument: Instrument, name: string, place: string): string[] {
    const row = this.rows.get(name);
    const { starts = '' } = row ?? {};
    const known = this.kept.get(`${name} ${place}`);
    if (known) return known;
    const first = typeof starts === 'string' ? starts : starts(instrument, place);
    const words = first === '' && (row?.fields ?? []).length === 0 ? [] : first.split(',');
    this.kept.set(`${name} ${place}`, words);
    return words;
  }

  /** The words of these commands for a place, and for the places within it. */
  forgetPlace(names: readonly string[], place: string): void {
    for (const key of this.kept.keys())
      if (names.some((name) => key === `${name} ${place}` || key.startsWith(`${name} ${place},`)))
        this.kept.delete(key);
  }

  /** Restores the factory settings. */
  forget(): void {
    this.kept.clear();
  }
}

const hasQuery = <I>({ isCommandOnly, fields, get }: Row<I>) => !isCommandOnly && (get ?? fields) !== undefined;
const hasCommand = <I>({ fields, set }: Row<I>) => (set ?? fields) !== undefined;

function checked(name: string, field: Field, word: string): string {
  const result = field(word);
  if ('value' in result) return result.value;
  throw new ScpiError('execution', `${name}: '${word}' is not ${result.expected}`);
}

/** A number as these instruments print settings. */
export const number = (value: number): string => `${value < 0 ? '' : '+'}${Number(value.toPrecision(6))}`.toUpperCase();

/** Six digits, as these instruments print temperatures. */
export function kelvinText(value: number): string {
  const digits = value === 0 ? '0.00000E+00' : value.toExponential(5).replace(/e([+-])(\d)$/, 'E$10$2');
  return value < 0 ? digits.replace('e', 'E') : `+${digits.replace('e', 'E')}`;
}
