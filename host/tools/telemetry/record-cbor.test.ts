// Our part of CBOR beside cbor-x: the same bytes, the same values, and nothing taken that it would refuse.

import { Encoder } from 'cbor-x';
import { describe, expect, test } from 'vitest';
import { chooser } from '../../board/random.ts';
import { seeds } from '../../board/testing/cases.ts';
import type { TelemetryValue } from './envelope.ts';
import { recordBytes, recordOfBytes } from './record-cbor.ts';

const library = new Encoder({
  ...{ useRecords: false, variableMapSize: true, tagUint8Array: false, mapsAsObjects: true },
} as ConstructorParameters<typeof Encoder>[0]);

type Luck = (choices: number) => number;
const edges = [
  0,
  23,
  24,
  255,
  256,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  -1,
  -24,
  -25,
  -256,
  -257,
  -65_537,
  -(2 ** 31),
];
const texts = [
  '',
  'a',
  'critical',
  'north',
  'x'.repeat(23),
  'x'.repeat(24),
  'x'.repeat(255),
  'schema',
  '0',
  'größe',
  'x'.repeat(256),
];
const names = ['schema', 'device', 'boot', 'kind', 'body', 'words', 'x'.repeat(30), 'größe', '7'];
const others: TelemetryValue[] = [2 ** 32, -(2 ** 31) - 1, 0.5, Number.NaN, 2n ** 64n, -1n];

function value(luck: Luck, depth: number): TelemetryValue {
  switch (luck(depth > 0 ? 9 : 7)) {
    case 0:
      return texts[luck(texts.length)];
    case 1:
      return [true, false, null][luck(3)];
    case 2:
      return [0n, 5n, 2n ** 53n, 2n ** 64n - 1n][luck(4)];
    case 3:
      return luck(8) === 0 ? others[luck(others.length)] : luck(1 << 20);
    case 7:
      return Array.from({ length: luck(30) }, () => value(luck, depth - 1));
    case 8:
      return map(luck, depth - 1);
    default:
      return edges[luck(edges.length)];
  }
}

const map = (luck: Luck, depth: number): Record<string, TelemetryValue> =>
  Object.fromEntries(Array.from({ length: luck(8) }, () => [names[luck(names.length)], value(luck, depth)]));

/** As the library reads it; undefined: it refuses. */
function read(bytes: Uint8Array): unknown {
  try {
    return library.decode(bytes);
  } catch {
    return undefined;
  }
}

describe('records as CBOR', () => {
  test('are the bytes of the library, or are left to it; and read back the same', () => {
    let [written, left] = [0, 0];
    for (const seed of seeds(400)) {
      const luck = chooser(seed);
      const record = map(luck, 3);
      const [ours, theirs] = [recordBytes(record), library.encode(record)];
      if (ours === undefined) left++;
      else {
        written++;
        expect(Buffer.from(ours).toString('hex')).toBe(theirs.toString('hex'));
        expect(recordOfBytes(ours)).toEqual(read(ours));
      }
    }
    expect(Math.min(written, left)).toBeGreaterThan(20);
  });

  test('that are damaged are never read as anything but what the library reads', () => {
    let same = 0;
    for (const seed of seeds(400)) {
      const luck = chooser(seed);
      const bytes = new Uint8Array(library.encode(map(luck, 2)));
      if (bytes.length > 0) bytes[luck(bytes.length)] = luck(256);
      const cut = bytes.subarray(0, luck(4) === 0 ? luck(bytes.length + 1) : undefined);
      const ours = recordOfBytes(cut);
      if (ours === undefined) continue;
      expect(ours).toEqual(read(cut));
      same++;
    }
    expect(same).toBeGreaterThan(20);
  });

  test('a record that is too long, or too deep, is left to the library', () => {
    const deep = Array.from({ length: 20 }).reduce<TelemetryValue>((inner) => ({ body: inner }), null);
    const long = { words: Array.from({ length: 20_000 }, (_, index) => index + 70_000) };
    for (const record of [deep as Record<string, TelemetryValue>, long]) {
      expect(recordBytes(record)).toBeUndefined();
      const theirs = library.encode(record);
      expect(recordOfBytes(theirs) ?? read(theirs)).toEqual(record);
    }
  });

  test('names that somebody makes up fill no memory', () => {
    for (let index = 0; index < 10_000; index++) recordOfBytes(library.encode({ [`made-up-${index}`]: 1 }));
    expect(recordBytes({ 'made-up-9999': 1 })).toBeUndefined();
    expect(recordBytes({ schema: 1 })).toBeDefined();
  });
});
