// The proof can fail: it catches every bootloader that was broken on purpose, and the line it prints catches it again.

import { expect, test } from 'vitest';
import { runSlice } from '../testing.ts';
import { canaries } from './canaries.ts';

test.each(canaries)('a bootloader with "$name" is caught', async ({ name: canary, scenarios: [scenario] }) => {
  const { found } = await runSlice('power', { canary, scenario, stopAtFirst: true });
  expect(found).not.toHaveLength(0);
  const [{ point, invariant, replay }] = found;
  expect(replay).toContain(`--scenario '${scenario}' --point '${point}' --canary '${canary}'`);
  const again = await runSlice('power', { canary, scenario, point });
  expect(again.found).toContainEqual(expect.objectContaining({ point, invariant }));
});
