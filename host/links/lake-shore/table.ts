// An instrument's commands as one table: what each is called, what its first word chooses, what the others may be, what it starts with.
//
//   { name: 'FILTER', of: 'input', fields: [int(0, 1), int(2, 64), int(1, 10)], starts: '0,8,10' }
//
// Most commands keep what they are given and give it back; a row with `get` or `set` does more. A word that is empty or missing leaves that
// field as it was, as the makers' own driver relies on. What must stay true: what a command was given, its query gives back; a command whose
// words are out of range changes nothing.

import { type ScpiCommand, ScpiError } from './scpi.ts';

/** What a word may be; gives it back as the instrument prints it, or says what it should have been. */
export type Field = (word: string) => { value: string } | { expected: string };

export const int =
  (least: number, most: number, width = 1): Field =>
  (word) => {
    const value = Number(word);
    const isGood = word !== '' && Number.isInteger(value) && value >= least && value <= most;
    return isGood
      ? { value: String(value).padStart(width, '0') }
      : { expected: `a whole number from ${least} to ${most}` };
  };

export const real =
  (least: number, most: number): Field =>
  (word) => {
    const value = Number(word);
    const isGood = word !== '' && value >= least && value <= most;
    return isGood ? { value: number(value) } : { expected: `a number from ${least} to ${most}` };
  };

/** 1 for yes. */
export const on = int(0, 1);

/** A figure in whatever unit. */
export const any = real(-1e6, 1e6);

/** Longer ones are cut off, as the instrument does. */
export const text =
  (most: number): Field =>
  (word) => ({ value: word.slice(0, most) });

export const oneOf =
  (...names: string[]): Field =>
  (word) =>
    names.includes(word.toUpperCase()) ? { value: word.toUpperCase() } : { expected: `one of ${names.join(', ')}` };

/** What a command's first words choose. */
export type Places = Readonly<Record<string, readonly Field[]>>;

export interface Row<Instrument> {
  name: string;
  /** In `Places`; nothing: the instrument itself. */
  of?: string;
  fields?: readonly Field[];
  /** From the factory; by place where places differ. */
  starts?: string | ((instrument: Instrument, place: string) => string);
  /** What its query answers, where that is not what was set. */
  get?: (instrument: Instrument, place: string) => string;
  /** What its command does beside keeping its words; undefined and no fields: there is no command. */
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

  /** What a command was given last, or what the instrument came with. */
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

  /** What these commands were given for a place, and for those within it. */
  forgetPlace(names: readonly string[], place: string): void {
    for (const key of this.kept.keys())
      if (names.some((name) => key === `${name} ${place}` || key.startsWith(`${name} ${place},`)))
        this.kept.delete(key);
  }

  /** As from the factory. */
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
export const number = (value: number): string => `${value < 0 ? '' : '+'}${Number(value.toPrecision(6))}`;

/** Six digits, as these instruments print temperatures. */
export function kelvinText(value: number): string {
  const digits = value === 0 ? '0.00000E+00' : value.toExponential(5).replace(/e([+-])(\d)$/, 'E$10$2');
  return value < 0 ? digits.replace('e', 'E') : `+${digits.replace('e', 'E')}`;
}
