// The states that a device can be brought into: what the search catches, and single paths. Its slice is run by coverage.test.ts. The full search:
// coldrig prove explore

import { expect, test } from 'vitest';
import { windowCanaries } from '../canaries/of-window.ts';
import { runSlice } from '../testing.ts';

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
