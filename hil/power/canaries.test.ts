// The sweep can fail: it catches every bootloader that was broken on purpose, and the line it prints catches it again.

import { expect, test } from 'vitest';
import { canaries } from './canaries.ts';
import { scenarioByName } from './scenarios.ts';
import { slice, sweepPower } from './sweep.ts';

/** The ends of an upload are where these show. */
const sampling = { ...slice, uploadOperations: 1_000 };

test.each(canaries)('a bootloader with "$name" is caught', async (canary) => {
  const scenarios = canary.scenarios.map(scenarioByName);
  const { violations } = await sweepPower({ canary, scenarios, sampling, stopAtFirst: true });
  expect(violations).not.toHaveLength(0);
  const [{ scenario, point, invariant, seed, replay }] = violations;
  expect(replay).toContain(`--scenario '${scenario}'`);
  // The point of a second cut is replayed by its first: all of what may follow it follows.
  const first = point.split(',')[0];
  const again = await sweepPower({ canary, scenarios: [scenarioByName(scenario)], seed, point: first });
  expect(again.violations).toContainEqual(expect.objectContaining({ point, invariant }));
});
