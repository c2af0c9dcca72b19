// Constant tables: the one form in which both sides' numbers are written down.
//
// A table has a prefix, a sentence, and named values each with a sentence of its own. The host uses `valuesOf(table)`;
// the generator makes `export const PREFIX_NAME: u32 = value;` for the guests. A table of what can go wrong is an `alarmTable`: each value of it has
// its runbook, the page docs/runbooks/NAME.md, or says that it is no alarm. What must stay true: every value is
// an unsigned 32-bit integer, and a prefix names exactly one table.

export interface ConstantTable<Names extends string = string> {
  prefix: string;
  doc: string;
  values: Record<Names, readonly [value: number, doc: string, runbook?: string]>;
}

/** In place of a runbook: this value is no alarm. */
export const NO_ALARM = '';
/** In place of a runbook: an argument of the event is a value of another table, which has the page (protocol/runbooks.ts). */
export const BY_ARGUMENT = '*';

export function constantTable<Names extends string>(
  prefix: string,
  doc: string,
  values: Record<Names, readonly [number, string]>,
): ConstantTable<Names> {
  return { prefix, doc, values };
}

/** A table of what can go wrong. The name of a runbook is given without its folder and ending. */
export function alarmTable<Names extends string>(
  prefix: string,
  doc: string,
  values: Record<Names, readonly [value: number, doc: string, runbook: string]>,
): ConstantTable<Names> {
  return { prefix, doc, values };
}

/** The commands of a group, and COUNT above all of them: a command more is counted by itself. */
export function withCount<Names extends string>(
  commands: Record<Names, readonly [number, string]>,
): Record<Names | 'COUNT', readonly [number, string]> {
  const numbers = (Object.values(commands) as (readonly [number, string])[]).map(([number]) => number);
  if (new Set(numbers).size !== numbers.length)
    throw new Error(`two commands of a group have one number: ${numbers.join(', ')}; give the new one the next number`);
  return { ...commands, COUNT: [1 + Math.max(...numbers), 'Every command is below this'] } as Record<
    Names | 'COUNT',
    readonly [number, string]
  >;
}

export function valuesOf<Names extends string>(table: ConstantTable<Names>): Record<Names, number> {
  return Object.fromEntries(
    Object.entries(table.values).map(([name, entry]) => [name, (entry as [number, string])[0]]),
  ) as Record<Names, number>;
}

/** The name of a value, or `undefined` where the table has none. */
export function nameOf(table: ConstantTable, value: number): string | undefined {
  return Object.keys(table.values).find((name) => table.values[name]?.[0] === value);
}

/** The sentence that explains a value, or `undefined` where the table has none. */
export function docOf(table: ConstantTable, value: number): string | undefined {
  const name = nameOf(table, value);
  return name === undefined ? undefined : table.values[name]?.[1];
}
