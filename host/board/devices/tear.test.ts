// A torn operation gives the result of its pattern, and never changes a bit that should not change.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../random.ts';
import { anyTearPattern, tearPatternNumber, tearPatterns } from './tear.ts';

const before = Uint8Array.of(0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe);
const erased = new Uint8Array(8).fill(0xff);

function randomFrom(seed: number): () => number {
  const random = new Random(seed);
  return () => random.next();
}

function torn(name: string, cells: Uint8Array, target: Uint8Array, random: () => number) {
  const result = { cells: cells.slice(), weak: new Uint8Array(cells.length) };
  tearPatterns[tearPatternNumber(name)].tear(result.cells, target, result.weak, random);
  return result;
}

// `random` of 2: "some" is 1 + 2 % 7 = 3 bytes. Of 0x0f0f: the low half of each byte made it, and is weak.
test.each([
  ['NONE', 2, [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe], 0],
  ['PREFIX', 2, [0xff, 0xff, 0xff, 0x76, 0x98, 0xba, 0xdc, 0xfe], 0],
  ['SUFFIX', 2, [0x10, 0x32, 0x54, 0xff, 0xff, 0xff, 0xff, 0xff], 0],
  ['ALL_BUT_LAST', 2, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], 0],
  ['RANDOM_BITS', 0x0f, [0x1f, 0x3f, 0x5f, 0x7f, 0x9f, 0xbf, 0xdf, 0xff], 0],
  ['WEAK_BITS', 0x0f0f, [0x1f, 0x3f, 0x5f, 0x7f, 0x9f, 0xbf, 0xdf, 0xff], 0x0f],
  ['PRE_PROGRAMMED', 2, [0, 0, 0, 0x76, 0x98, 0xba, 0xdc, 0xfe], 0],
])('an erase torn by %s', (name, chance, expected, weakOfFirst) => {
  const result = torn(name, before, erased, () => chance);
  expect([...result.cells]).toEqual(expected);
  expect(result.weak[0]).toBe(weakOfFirst);
});

test('a bit that was not to change never does, and is never weak, whatever the pattern, bytes and chance', () => {
  const bytes = fc.uint8Array({ minLength: 8, maxLength: 64 });
  fc.assert(
    fc.property(bytes, bytes, fc.integer(), (cells, mask, seed) => {
      const length = Math.min(cells.length, mask.length);
      const old = cells.subarray(0, length);
      const target = old.map((byte, i) => byte & mask[i]);
      for (const { name, program } of tearPatterns) {
        if (!program) continue;
        const result = torn(name, old, target, randomFrom(seed));
        for (let i = 0; i < length; i++)
          expect(((result.cells[i] ^ old[i]) | result.weak[i]) & ~(old[i] ^ target[i])).toBe(0);
      }
    }),
  );
});

test('chance reaches every pattern an operation can end in, and no other', () => {
  const random = randomFrom(3);
  const ofErase = new Set(Array.from({ length: 200 }, () => anyTearPattern(false, random)));
  const ofProgram = new Set(Array.from({ length: 200 }, () => anyTearPattern(true, random)));
  expect(ofErase.size).toBe(tearPatterns.length);
  expect(ofProgram.size).toBe(tearPatterns.length - 1);
  expect(ofProgram.has(tearPatternNumber('PRE_PROGRAMMED'))).toBe(false);
});

test('an unknown name is answered with the names there are', () => {
  expect(() => tearPatternNumber('HALF')).toThrow('no tear pattern is called HALF; there are NONE, PREFIX,');
});
