// Which of two thermometers drifts, from their readings alone.

import { describe, expect, test } from 'vitest';
import { normal } from '../../plant/cryostat/noise.ts';
import { type PairCorrection, PairWatch, UNCLEAR } from './thermometers.ts';

const second = 1e9;
const [level, noise] = [3_100_000, 300];

/** Readings of both while `first` and `second` move from sample 120 on, in uK a sample, and the plate with `plate`. */
function watched(moves: { first?: number; second?: number; plate?: number }, samples: number, seed: number) {
  const watch = new PairWatch(second);
  const found: { at: number; what: PairCorrection | typeof UNCLEAR }[] = [];
  const offsets = [0, 0];
  for (let at = 0; at < samples; at++) {
    const since = Math.max(0, at - 120);
    const reading = (which: 0 | 1, drift = 0) =>
      level + 4000 * which + since * (drift + (moves.plate ?? 0)) + offsets[which] + noise * normal(seed, which, at);
    const what = watch.take(reading(0, moves.first), reading(1, moves.second));
    if (what === undefined) continue;
    found.push({ at, what });
    if (what !== UNCLEAR) offsets[what.which] += what.by;
  }
  return { found, offsets };
}

describe('two thermometers of a plate', () => {
  test.each([
    ['first', 0, 330],
    ['first', 0, -330],
    ['second', 1, 330],
    ['second', 1, -330],
  ] as const)(
    'of which the %s drifts: that one is corrected, again and again, long before 25 mK',
    (name, which, rate) => {
      const { found, offsets } = watched({ [name]: rate }, 600, 5);
      expect(found.length).toBeGreaterThan(10);
      expect(found[0].at).toBeLessThan(120 + 20);
      expect(found.every(({ what }) => what !== UNCLEAR && what.which === which)).toBe(true);
      expect(Math.abs(offsets[which] + 480 * rate)).toBeLessThan(10_000);
      expect(offsets[1 - which]).toBe(0);
    },
  );

  test('of which one creeps from the beginning on, which is all that was learnt: it is corrected before the device stops trusting both', () => {
    const watch = new PairWatch(second);
    // 25 mK apart at sample 167.
    const crept = (at: number) => level + 15_000 + 60 * at;
    let found: ReturnType<PairWatch['take']>;
    let at = 0;
    for (; found === undefined && at < 300; at++)
      found = watch.take(level + noise * normal(7, 0, at), crept(at) + noise * normal(7, 1, at));
    expect(found).toMatchObject({ which: 1 });
    expect(at).toBeGreaterThan(100);
    expect(at).toBeLessThan(167);
  });

  test('that move together are left alone, and so are two at rest', () => {
    const runs = Array.from({ length: 20 }, (_, seed) => [
      watched({}, 600, seed),
      watched({ plate: 200 }, 600, seed),
    ]).flat();
    // What is learnt from 100 samples is not exact: an alarm in hours may be false, and then both are learnt anew.
    expect(runs.filter(({ found }) => found.length > 0).length).toBeLessThan(3);
    for (const { offsets } of runs) for (const offset of offsets) expect(Math.abs(offset)).toBeLessThan(4 * noise);
  });

  test('of which one drifts while the plate moves far more are not corrected', () => {
    const { found } = watched({ plate: 3000, second: 300 }, 160, 3);
    expect(found[0].what).toBe(UNCLEAR);
  });
});
