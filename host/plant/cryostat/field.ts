// One value of a YAML file with its place, so that an error can name the file, the line, what was found and what was expected.

import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/** A fridge file that cannot be used. The message says file, line, what is wrong and what was expected. */
export class FridgeError extends Error {
  readonly file: string;
  readonly line: number;

  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`);
    this.file = file;
    this.line = line;
  }
}

/** A longer text is not a fridge file. */
const LARGEST_TEXT = 1_000_000;

/** Of a value in an error. */
const SHOWN_MOST = 60;

/** `expected`: what such a file is, for the errors. */
export function parseYaml(text: string, file: string, expected = 'a fridge, which begins with `fridge: NAME`'): Field {
  if (text.length > LARGEST_TEXT) throw new FridgeError(file, 1, `${text.length} characters; expected ${expected}`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true });
  const [error] = document.errors;
  if (error) {
    // The library ends its sentence with the place, which is in front already, and a colon for the lines that follow it.
    const [said] = error.message.split(/ at line |\n/);
    const what = error.code === 'MULTIPLE_DOCS' ? 'several documents in one file' : said;
    throw new FridgeError(file, lines.linePos(error.pos[0]).line, `not YAML (${what}); expected ${expected}`);
  }
  if (!document.contents) throw new FridgeError(file, 1, `empty; expected ${expected}`);
  return new Field(document.contents, '', { file, lines });
}

interface Source {
  file: string;
  lines: LineCounter;
}

export class Field {
  readonly path: string;
  private readonly node: Node | null;
  private readonly source: Source;
  private readonly startsAt: number;

  constructor(node: Node | null, path: string, source: Source, startsAt = 0) {
    this.node = node;
    this.path = path;
    this.source = source;
    this.startsAt = node?.range?.[0] ?? startsAt;
  }

  error(message: string): FridgeError {
    const { file, lines } = this.source;
    return new FridgeError(file, lines.linePos(this.startsAt).line, `${this.path || 'the file'} ${message}`);
  }

  /** The entries of a mapping; every key must be known. */
  object<Key extends string>(known: readonly Key[]): Partial<Record<Key, Field>> {
    const fields = this.entries();
    for (const [key, field] of fields) {
      if (!(known as readonly string[]).includes(key)) throw field.error(`is not known; expected ${listed(known)}`);
    }
    return Object.fromEntries(fields) as Partial<Record<Key, Field>>;
  }

  /** The same, and every known key must be present. */
  whole<Key extends string>(keys: readonly Key[]): Record<Key, Field> {
    const found = this.object(keys);
    for (const key of keys) if (!found[key]) throw this.error(`lacks ${key}; expected ${listed(keys)}`);
    return found as Record<Key, Field>;
  }

  entries(): [string, Field][] {
    if (!isMap(this.node)) throw this.error(`is ${this.what()}; expected a mapping`);
    return this.node.items.map(({ key, value }) => {
      const name = String(isScalar(key) ? key.value : key);
      const place = (key as Node).range?.[0];
      return [name, new Field(value as Node | null, this.below(name), this.source, place)];
    });
  }

  list(): Field[] {
    if (!isSeq(this.node)) throw this.error(`is ${this.what()}; expected a list`);
    return this.node.items.map((item, i) => new Field(item as Node, `${this.path}[${i}]`, this.source, this.startsAt));
  }

  numbers(count: number): number[] {
    const values = this.list().map((field) => field.number());
    if (values.length !== count) throw this.error(`has ${values.length} numbers; expected ${count}`);
    return values;
  }

  number(least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY): number {
    const value = isScalar(this.node) ? this.node.value : undefined;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.error(`is ${this.what()}; expected a number`);
    if (value < least || value > most) throw this.error(`is ${value}; expected ${range(least, most)}`);
    return value;
  }

  wholeNumber(least: number, most: number): number {
    const value = this.number(least, most);
    if (!Number.isInteger(value)) throw this.error(`is ${value}; expected a whole number, ${range(least, most)}`);
    return value;
  }

  exactly(expected: number): number {
    const value = this.number();
    if (value !== expected) throw this.error(`is ${value}; expected ${expected}`);
    return value;
  }

  text(): string {
    const value = isScalar(this.node) ? this.node.value : undefined;
    // YAML reads the stage name 4K as text, but a name like 50 as a number.
    if (typeof value !== 'string' || value === '') throw this.error(`is ${this.what()}; expected text`);
    return value;
  }

  oneOf<Name extends string>(names: readonly Name[]): Name {
    const text = this.text();
    const found = names.find((name) => name === text);
    if (!found) throw this.error(`is ${this.what()}; expected ${listed(names)}`);
    return found;
  }

  isText(): boolean {
    return isScalar(this.node) && typeof this.node.value === 'string';
  }

  isMapping(): boolean {
    return isMap(this.node);
  }

  private below(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  private what(): string {
    if (isMap(this.node)) return 'a mapping';
    if (isSeq(this.node)) return 'a list';
    const value = isScalar(this.node) ? this.node.value : null;
    if (typeof value !== 'string') return value === null ? 'empty' : String(value);
    // A text file that is none of ours is one long text to YAML.
    return value.length > SHOWN_MOST ? `'${value.slice(0, SHOWN_MOST)}…'` : `'${value}'`;
  }
}

function range(least: number, most: number): string {
  if (most === Number.POSITIVE_INFINITY) return `${least} or more`;
  return least === Number.NEGATIVE_INFINITY ? `${most} or less` : `${least} to ${most}`;
}

function listed(names: readonly string[]): string {
  return names.length <= 1 ? `${names[0]}` : `${names.slice(0, -1).join(', ')} or ${names[names.length - 1]}`;
}
