// A slice of the matrix, and pairs of faults: every kind at least once under every load. The whole of it: npx tsx hil/test/faults/main.ts

import { beforeAll, expect, test } from 'vitest';
import { second } from '../../rig/time.ts';
import { FaultBench, type Load, loads } from './fault-bench.ts';
import { type Case, findingsOf, pairsOfFaults, singleFaults } from './matrix.ts';

const benches = new Map<Load, FaultBench>();
beforeAll(async () => {
  for (const load of loads) benches.set(load, await FaultBench.settled(load));
}, 120_000);

const play = (each: Case): string[] => {
  const bench = benches.get(each.load) as FaultBench;
  return findingsOf(bench.run(each.faults, each.lengthSeconds * second, each.load), each, bench).map(
    (finding) => `${each.name}: ${finding}`,
  );
};

/** Every n-th, from the one that this kind begins with. */
const slice = singleFaults().filter((_, index) => index % 5 === 0);

test('single faults at every kind of place, under every load, harm nothing and are reported', () => {
  expect(slice.flatMap(play)).toEqual([]);
}, 60_000);

test('all pairs of kinds of faults harm nothing and are reported', () => {
  expect(pairsOfFaults().flatMap(play)).toEqual([]);
}, 60_000);

test('a controller that reports nothing, overheats its plate and keeps no record is found', () => {
  const bench = benches.get('idle') as FaultBench;
  const [each] = singleFaults().filter(({ faults }) => faults[0].startsWith('thermal-rise at 4K'));
  const healthy = bench.run(each.faults, 20 * second);
  const course = {
    ...healthy,
    ...{ beats: false, safeAt: undefined, noticed: [{ event: 'SENSOR_LOST', at: 6, argument0: 1 }] },
    ...{ warmest: { ...healthy.warmest, '4K': 5 }, latched: 0, remembered: new Set<string>() },
  };
  expect(findingsOf(course, each, bench)).toEqual([
    'it does not beat any more',
    '4K reached 5 K; it may reach 4.6 K',
    'what runs away at 4K is stopped after never s; it must be by 8 s',
    'SENSOR_LOST was noticed, and nothing of it is known after a reset',
  ]);
});
