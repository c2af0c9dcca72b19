import { expect, test } from 'vitest';
import { errorRateInterval } from './error-rate.ts';

// Closed forms: no errors gives an upper limit of 1 - (0.025)^(1/n), all errors a lower one of 0.025^(1/n).
test('with no errors, the upper limit is that of the closed form', () => {
  for (const trials of [1, 10, 1000, 10_000_000]) {
    const { lower, upper } = errorRateInterval(0, trials);
    expect(lower).toBe(0);
    expect(upper / -Math.expm1(Math.log(0.025) / trials)).toBeCloseTo(1, 9);
  }
});

test('with errors alone, the lower limit is that of the closed form', () => {
  const { lower, upper } = errorRateInterval(20, 20);
  expect(lower).toBeCloseTo(0.025 ** (1 / 20), 9);
  expect(upper).toBe(1);
});

// 1 of 10: 0.00253 and 0.44502; 5 of 10: 0.18709 and 0.81291 (tables of the exact interval).
test.each([
  [1, 10, 0.00253, 0.44502],
  [5, 10, 0.18709, 0.81291],
])('%i of %i', (errors, trials, least, most) => {
  const { lower, upper } = errorRateInterval(errors, trials);
  expect(lower).toBeCloseTo(least, 5);
  expect(upper).toBeCloseTo(most, 5);
});

test('without trials nothing is known', () => {
  expect(errorRateInterval(0, 0)).toEqual({ lower: 0, upper: 1 });
});
