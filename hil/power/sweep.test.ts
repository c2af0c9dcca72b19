// Power cut in update stories on the real bootloader and firmware: the slice of the sweep that every test run can afford. All of it:
// npx tsx hil/power/main.ts --exhaustive

import { describe, expect, test } from 'vitest';
import { invariants, reachLimitNs } from './invariants.ts';
import { slice, sweepPower } from './sweep.ts';

// Swept before the tests have names, so that these can say how many points there were.
const result = await sweepPower();
const { uploadOperations, accesses, cutAgain } = slice;
const sample = `one in ${uploadOperations} of an upload's operations, one in ${accesses} bus accesses of a boot, one recovery in ${cutAgain}`;

describe(`${result.points} power cuts with seed ${result.seed} (${sample})`, () => {
  test.each(result.scenarios)('$name: $points cuts break no invariant', ({ violations, longestRecoveryNs }) => {
    const told = violations.map(({ invariant, point, text, replay }) => ({
      broken: invariants[invariant],
      ...{ point, text, replay },
    }));
    expect(told).toEqual([]);
    expect(longestRecoveryNs).toBeLessThan(reachLimitNs);
  });

  test('cover operations, accesses, recoveries, and stories begun again', () => {
    // One program operation at least: before, after, and six patterns in its first unit and in its last.
    for (const { name, operationPoints } of result.scenarios)
      expect(operationPoints, name).toBeGreaterThanOrEqual(1 + 6 + 6 + 1);
    const sum = (count: 'accessPoints' | 'secondCuts' | 'repeats') =>
      result.scenarios.reduce((total, scenario) => total + scenario[count], 0);
    expect(sum('accessPoints')).toBeGreaterThan(200);
    expect(sum('secondCuts')).toBeGreaterThan(200);
    expect(sum('repeats')).toBeGreaterThan(100);
  });
});
