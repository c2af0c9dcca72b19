// Reads answers strictly: a field must be present and have its type, or the answer is refused with the name of the field.
// Unknown fields are ignored, because a device may send more than we need.

import type { CborMap } from './cbor.ts';
import { SmpError } from './error.ts';

export class Fields {
  readonly #map: CborMap;
  readonly #what: string;

  constructor(map: unknown, what: string) {
    this.#what = what;
    if (typeof map !== 'object' || map === null || Array.isArray(map) || ArrayBuffer.isView(map)) {
      throw malformed(what, 'is not a map', map);
    }
    this.#map = map as CborMap;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#map, key);
  }

  keys(): string[] {
    return Object.keys(this.#map);
  }

  text(key: string): string {
    const value = this.#map[key];
    return typeof value === 'string' ? value : this.#refuse(key, 'a text', value);
  }

  integer(key: string): number {
    const value = this.#map[key];
    return Number.isInteger(value) ? (value as number) : this.#refuse(key, 'an integer', value);
  }

  count(key: string): number {
    const value = this.integer(key);
    return value >= 0 ? value : this.#refuse(key, 'zero or more', value);
  }

  bytes(key: string): Uint8Array {
    const value = this.#map[key];
    return value instanceof Uint8Array ? new Uint8Array(value) : this.#refuse(key, 'bytes', value);
  }

  /** False when it is missing, because recovery servers leave flags out. */
  flag(key: string): boolean {
    const value = this.#map[key] ?? false;
    return typeof value === 'boolean' ? value : this.#refuse(key, 'true or false', value);
  }

  map(key: string): Fields {
    return new Fields(this.#map[key], `${this.#what}, ${key}`);
  }

  list(key: string): unknown[] {
    const value = this.#map[key];
    return Array.isArray(value) ? value : this.#refuse(key, 'a list', value);
  }

  maps(key: string): Fields[] {
    return this.list(key).map((item, index) => new Fields(item, `${this.#what}, ${key}[${index}]`));
  }

  optionalCount(key: string): number | undefined {
    return this.has(key) ? this.count(key) : undefined;
  }

  #refuse(key: string, expected: string, found: unknown): never {
    throw malformed(`${this.#what}, ${key}`, `is not ${expected}`, found);
  }
}

function malformed(where: string, what: string, found: unknown): SmpError {
  const shown = found === undefined ? 'missing' : JSON.stringify(found)?.slice(0, 60);
  return new SmpError('malformed', `${where}: the answer ${what} but ${shown}; is this an SMP device of this kind?`);
}
