// Wrong bank changes: how far apart they are, and that a gap depends on nothing but the seed and the one before.

import { expect, test } from 'vitest';
import { nextWrongSwitch, switchErrorRate } from './switch-errors.ts';

/** Good bank changes before each wrong one, of one chip after the other. */
function gaps(chips: number, ofChip: number): number[] {
  return Array.from({ length: chips }, (_, seed) => {
    let last = 0;
    return Array.from({ length: ofChip }, () => {
      const next = nextWrongSwitch(seed + 1, last);
      const good = next - last - 1;
      last = next;
      return good;
    });
  }).flat();
}

test('one bank change in ten million is wrong', () => {
  const all = gaps(200, 100);
  const mean = all.reduce((sum, gap) => sum + gap, 0) / all.length;
  // The spread of a geometric number is its mean; four times that of the mean of 20,000.
  expect(Math.abs(mean * switchErrorRate - 1)).toBeLessThan(4 / Math.sqrt(all.length));
});

test('the gaps are distributed as of bank changes that are wrong independently of each other', () => {
  const all = gaps(200, 100).sort((a, b) => a - b);
  // Kolmogorov's distance; 1.95 / sqrt(n) is passed by one sample in a thousand.
  const distance = Math.max(
    ...all.map((gap, at) => Math.abs(1 - (1 - switchErrorRate) ** (gap + 1) - (at + 1) / all.length)),
  );
  expect(distance).toBeLessThan(1.95 / Math.sqrt(all.length));
});

test('the first gap of chips with neighbouring seeds is distributed in the same way', () => {
  const all = gaps(20_000, 1).sort((a, b) => a - b);
  const distance = Math.max(
    ...all.map((gap, at) => Math.abs(1 - (1 - switchErrorRate) ** (gap + 1) - (at + 1) / all.length)),
  );
  expect(distance).toBeLessThan(1.95 / Math.sqrt(all.length));
});

test('a chip has its own gaps, the same ones each time', () => {
  expect(gaps(3, 50)).toEqual(gaps(3, 50));
  expect(new Set(gaps(40, 50)).size).toBeGreaterThan(1990);
});
