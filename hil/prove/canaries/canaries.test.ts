// The proof can fail: it catches every bootloader that was broken on purpose, says where, and the command it prints catches it again.

import { describe, expect, test } from 'vitest';
import { runSlice, toldOf } from '../testing.ts';
import { canaries } from './canaries.ts';
import type { Caught } from './proof.ts';

const result = await runSlice('canaries');
const caught = result.extra.canaries as Caught[];

describe('a broken bootloader is caught', () => {
  test.each(canaries)('"$name" by prove $caughtBy.proof, $caughtBy.scenario', async ({ name, caughtBy }) => {
    expect(toldOf(result, name)).toEqual([]);
    const { proof, scenario, invariant } = caughtBy;
    const entry = caught.find((each) => each.name === name);
    expect(entry).toMatchObject({ caughtBy: proof, scenario, ...(invariant && { invariant }) });
    // To break a window takes two cuts that leave different states, and to break the sharing takes an earlier boot. So one point alone shows nothing;
    // the whole scenario does.
    const point = ['window', 'shared'].includes(entry?.invariant ?? '') ? undefined : entry?.point;
    const again = await runSlice(proof, { canary: name, scenario, stopAtFirst: true, ...(point && { point }) });
    expect(again.found.map(({ invariant }) => invariant)).toContain(entry?.invariant);
    expect(again.found[0].replay).toContain(`--scenario '${scenario}' --point`);
    expect(again.found[0].replay).toContain(`--canary '${name}'`);
  });
});

test('a byte that a boot reads and that is missing in its list breaks the sharing, and is reported as that', () => {
  const entry = caught.find(({ name }) => name === 'a byte that is read and not noted');
  expect(entry?.invariant).toBe('shared');
});

test('there are at least a dozen, and several proofs catch them', () => {
  expect(canaries.length).toBeGreaterThanOrEqual(12);
  expect(new Set(canaries.map(({ caughtBy }) => caughtBy.proof)).size).toBeGreaterThanOrEqual(2);
});
