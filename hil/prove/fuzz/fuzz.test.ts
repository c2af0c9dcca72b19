// Random and damaged input: what was found once, and how inputs are changed. The slice of the proof is run by coverage.test.ts. The full proof:
// coldrig prove fuzz

import { describe, expect, test } from 'vitest';
import { Random } from '../../../host/board/random.ts';
import { runSlice } from '../testing.ts';
import crashers from './crashers.json' with { type: 'json' };
import { minimise } from './minimise.ts';
import { type Input, mutate } from './mutate.ts';

describe('a crasher that was found once', () => {
  // Each minimised, with the broken bootloader in which it was found. A correct one has shown none yet.
  test.each(crashers)('in "$canary" leaves the bootloader unmoved', async ({ scenario, canary, input: point }) => {
    expect((await runSlice('fuzz', { scenario, point })).violations).toBe(0);
    const { found } = await runSlice('fuzz', { scenario, point, canary });
    expect(found.map(({ invariant }) => invariant)).toEqual(['unmoved']);
  });
});

test('two resets that are requested in one datagram are one reset, and break no law', async () => {
  const twice = { scenario: 'SMP messages', point: '0a00000100000005a00a0000000000000500' };
  expect((await runSlice('fuzz', twice)).found).toEqual([]);
});

describe('an input', () => {
  const bytes = (text: string): Input => text.split('|').map((piece) => new Uint8Array(Buffer.from(piece)));
  const text = (input: Input) => input.map((piece) => Buffer.from(piece).toString()).join('|');

  test('that breaks a law is minimised to the smallest one that still breaks it', () => {
    const breaks = (input: Input) => text(input).includes('bug');
    expect(text(minimise(bytes('hello|there is a bug in here|and more'), breaks))).toBe('bug');
    expect(text(minimise(bytes('nothing'), (input) => input[0].length > 2))).toBe('\0\0\0');
  });

  test('is changed by its random source alone: the same seed changes it the same way', () => {
    const changes = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 50 }, () =>
        text(mutate(bytes('one|two|three'), bytes('other'), bytes('token'), random)),
      );
    };
    expect(changes(7)).toEqual(changes(7));
    expect(new Set(changes(7)).size).toBeGreaterThan(40);
    expect(changes(8)).not.toEqual(changes(7));
  });
});
