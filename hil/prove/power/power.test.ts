// Power cuts in update stories on the real bootloader and firmware: the slice of the proof that is part of every test run. The full proof:
// coldrig prove power

import { describe, expect, test } from 'vitest';
import { callCanaries } from '../canaries/of-sharing.ts';
import { runSlice, toldOf } from '../testing.ts';
import { slice } from './sampling.ts';

// The sweep runs before the tests get their names, so that the names can contain the number of points.
const result = await runSlice('power');
const { uploadOperations, units, accesses, windowsAgain } = slice;
const sample = `one in ${uploadOperations} of an upload's operations, one in ${units} units, one in ${accesses} accesses of a boot, one window in ${windowsAgain} cut again`;

describe(`${result.points} power cuts with seed ${result.seed} (${sample})`, () => {
  test.each(result.scenarios)('$name: $points cuts break no invariant', ({ name }) => {
    expect(toldOf(result, name)).toEqual([]);
  });

  test('cover operations, accesses, recoveries, and stories begun again', () => {
    // At least one program operation: before, after, and six patterns in its first unit and in its last.
    for (const { name, counts } of result.scenarios)
      expect(counts.atOperations, name).toBeGreaterThanOrEqual(1 + 6 + 6 + 1);
    const sum = (count: string) => result.scenarios.reduce((total, { counts }) => total + counts[count], 0);
    expect(sum('atAccesses')).toBeGreaterThan(200);
    expect(sum('secondCuts')).toBeGreaterThan(200);
    expect(sum('chains')).toBeGreaterThan(50);
    expect(sum('repeats')).toBeGreaterThan(100);
  });
});

test.each(callCanaries)(
  '$name is caught: a boot in which every call is run is not the boot that was shared',
  async ({ name, caughtBy }) => {
    const { found } = await runSlice('power', { canary: name, scenario: caughtBy.scenario, stopAtFirst: true });
    expect(found.map(({ invariant }) => invariant)).toContain(caughtBy.invariant);
  },
);
