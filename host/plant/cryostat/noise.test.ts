import { describe, expect, test } from 'vitest';
import { hash, normal, uniform } from './noise.ts';

describe('noise', () => {
  test('depends on seed, channel and count, and on nothing else', () => {
    expect(hash(1, 2, 3)).toBe(hash(1, 2, 3));
    const near = [hash(1, 2, 3), hash(2, 2, 3), hash(1, 3, 3), hash(1, 2, 4), hash(1, 2, 3 + 2 ** 32)];
    expect(new Set(near).size).toBe(near.length);
  });

  test('is uniform, and normal, as far as 20,000 draws can tell', () => {
    let [sum, squares, under] = [0, 0, 0];
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      const x = normal(7, 1, i);
      sum += x;
      squares += x * x;
      if (uniform(7, 1, i) < 0.25) under++;
    }
    expect(Math.abs(sum / draws)).toBeLessThan(0.03);
    expect(squares / draws).toBeCloseTo(1, 1);
    expect(under / draws).toBeCloseTo(0.25, 2);
  });
});
