// The states that a device can be brought into: the slice follows each model a few moves from power-on. The full search: coldrig prove explore

import { describe, expect, test } from 'vitest';
import { windowCanaries } from '../canaries/of-window.ts';
import { runSlice, toldOf } from '../testing.ts';

const result = await runSlice('explore');

describe(`${result.points} moves from power-on`, () => {
  test.each(result.scenarios)('$name: $counts.states states, and no move breaks an invariant', ({ name, counts }) => {
    expect(toldOf(result, name)).toEqual([]);
    expect(counts.states).toBeGreaterThan(10);
    expect(counts.transitions).toBeGreaterThan(100);
  });
});

test('boots are shared, and a sample is run all the same; a sample of states is moved from two histories', () => {
  const sum = (name: string) => result.scenarios.reduce((total, { counts }) => total + counts[name], 0);
  expect(sum('shared')).toBeGreaterThan(result.points / 5);
  expect(sum('checked')).toBeGreaterThan(50);
  expect(sum('twins')).toBeGreaterThan(50);
});

test.each(windowCanaries)(
  '$name is caught: two devices that are one state by this window do not do the same',
  async (canary) => {
    const { name, caughtBy } = canary;
    const { found } = await runSlice('explore', { canary: name, scenario: caughtBy.scenario, stopAtFirst: true });
    expect(found.map(({ invariant }) => invariant)).toContain(caughtBy.invariant);
  },
);

test('a violation’s path is short, and leads there again', async () => {
  const canary = 'trial forgotten when it is reset';
  const { found } = await runSlice('explore', { canary, scenario: 'one update', stopAtFirst: true });
  const [{ point, invariant, choices }] = found;
  expect(choices.join(' > ')).toBe(point);
  expect(choices.length).toBeLessThanOrEqual(3);
  const again = await runSlice('explore', { canary, scenario: 'one update', point });
  expect(again.found).toContainEqual(expect.objectContaining({ point, invariant }));
});

test('safe mode overwrites the copy that rotted, not the good one, though both were confirmed', async () => {
  const moves = [
    'upload v2 > mark v2, cut at program 0 after > confirm > upload v2 > mark v2',
    'rot a bit in slot B > confirm > ask for safe mode > upload v2',
  ];
  const { found } = await runSlice('explore', { scenario: 'one update and rot', point: moves.join(' > ') });
  expect(found).toEqual([]);
});

test('safe mode keeps a confirmed image that is whole again, whatever an old record says was wrong with it', async () => {
  const moves = [
    'upload v1, cut at program 4 before > upload v1, cut at program 4 after > reset > upload v1, cut at erase 2 unit 0 RANDOM_BITS',
    'mark v1 > upload v1 > mark v1, cut at program 0 after > confirm, cut at burn 1 unit 0 ALL_WEAK > confirm, cut at program 0 before',
    'rot a bit in slot A, cut at program 1 before > mark v1 > upload v1 > rot a bit in the boot state > ask for safe mode',
  ];
  for (const last of ['mark v1', 'upload v1']) {
    const point = [...moves, last].join(' > ');
    expect((await runSlice('explore', { scenario: 'from nothing', point })).found).toEqual([]);
  }
});
