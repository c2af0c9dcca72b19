// The stored states of a run: bounded in bytes, dense where one looks, and the beginning is never lost.

import { expect, test } from 'vitest';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { compare } from '../../debug/position.ts';
import { Rungs } from '../../debug/rungs.ts';

const megabyte = new Uint8Array(1024 * 1024);
const rungAt = (record: number) => ({
  ...{ position: { record, step: 0, timeNs: record * 1000 }, acts: 0 },
  snapshot: { arena: megabyte, ram: megabyte } as unknown as Snapshot,
});

test('keeps the beginning and what is near, and a state before every place', () => {
  const rungs = new Rungs();
  for (let record = 0; record < 2000; record++) rungs.add(rungAt(record));
  const kept = rungs.allBefore({ record: 5000, step: 0, timeNs: 0 }).map(({ position }) => position.record);
  expect(kept.length).toBe(128);
  expect([kept[0], kept.at(-1)]).toEqual([1999, 0]);
  // Half of what there is is in the last tenth of the run.
  expect(kept.filter((record) => record > 1800).length).toBeGreaterThan(64);
  for (const record of [0, 1, 700, 1999, 1_000_000]) {
    const position = { record, step: 7, timeNs: 0 };
    expect(compare(rungs.before(position).position, position)).toBeLessThanOrEqual(0);
  }
  expect(rungs.beforeTime(0).position.record).toBe(0);
  expect(rungs.beforeTime(1_999_001).position.record).toBe(1999);
});

test('stores a place once', () => {
  const rungs = new Rungs();
  for (const record of [0, 5, 5, 3, 5]) rungs.add(rungAt(record));
  const kept = rungs.allBefore({ record: 9, step: 0, timeNs: 0 }).map(({ position }) => position.record);
  expect(kept).toEqual([5, 3, 0]);
});
