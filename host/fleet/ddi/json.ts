// Reads JSON that came over the network: every field by its type and its limit, an error by its place.
//
// What must stay true: nothing of it is trusted; a field that is not read is ignored, because the other end may be newer.

/** What came is not what was expected; the message names the place. */
export class DdiError extends Error {
  override readonly name = 'DdiError';
}

export class JsonPlace {
  private readonly value: unknown;
  private readonly place: string;

  private constructor(value: unknown, place: string) {
    [this.value, this.place] = [value, place];
  }

  /** `what` names the message in errors. */
  static parse(text: string, what: string): JsonPlace {
    try {
      return new JsonPlace(JSON.parse(text), what);
    } catch (error) {
      throw new DdiError(`${what} is no JSON: ${(error as Error).message}`);
    }
  }

  /** The field of an object; undefined where it has none, or null. */
  get(name: string): JsonPlace | undefined {
    const object = this.object();
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    return value === undefined || value === null ? undefined : new JsonPlace(value, `${this.place}: ${name}`);
  }

  need(name: string): JsonPlace {
    const found = this.get(name);
    if (found === undefined) throw new DdiError(`${this.place}: ${name} is missing`);
    return found;
  }

  entries(most: number): [string, JsonPlace][] {
    const object = this.object();
    const names = Object.keys(object);
    if (names.length > most) throw this.wrong(`at most ${most} fields`, `${names.length}`);
    return names.map((name) => [name, new JsonPlace(object[name], `${this.place}: ${name}`)]);
  }

  list(most: number): JsonPlace[] {
    if (!Array.isArray(this.value)) throw this.wrong('a list');
    if (this.value.length > most) throw this.wrong(`a list of at most ${most}`, `${this.value.length}`);
    return this.value.map((value, index) => new JsonPlace(value, `${this.place}[${index}]`));
  }

  text(most: number): string {
    if (typeof this.value !== 'string') throw this.wrong('a text');
    if (this.value.length > most) throw this.wrong(`a text of at most ${most} characters`, `${this.value.length}`);
    return this.value;
  }

  integer(least: number, most: number): number {
    const number = typeof this.value === 'string' && /^\d{1,15}$/.test(this.value) ? Number(this.value) : this.value;
    if (typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most) return number;
    throw this.wrong(`a whole number from ${least} to ${most}`);
  }

  number(least: number, most: number): number {
    if (typeof this.value === 'number' && this.value >= least && this.value <= most) return this.value;
    throw this.wrong(`a number from ${least} to ${most}`);
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') throw this.wrong('true or false');
    return this.value;
  }

  oneOf<Word extends string>(words: readonly Word[]): Word {
    const found = words.find((word) => word === this.value);
    if (found === undefined) throw this.wrong(`one of ${words.join(', ')}`);
    return found;
  }

  private object(): Record<string, unknown> {
    if (typeof this.value === 'object' && this.value !== null && !Array.isArray(this.value))
      return this.value as Record<string, unknown>;
    throw this.wrong('an object');
  }

  private wrong(expected: string, found = described(this.value)): DdiError {
    return new DdiError(`${this.place}: expected ${expected}, found ${found}`);
  }
}

function described(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return value === null ? 'null' : 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
