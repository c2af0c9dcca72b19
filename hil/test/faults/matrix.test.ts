// A slice of the matrix, and pairs of faults: every kind at least once under every load. The whole of it: npx tsx hil/test/faults/main.ts

import { beforeAll, expect, test } from 'vitest';
import { second } from '../../rig/time.ts';
import { type Case, findingsOf, pairsOfFaults, singleFaults } from './matrix.ts';
import { type Load, loads, Patient } from './patient.ts';

const patients = new Map<Load, Patient>();
beforeAll(async () => {
  for (const load of loads) patients.set(load, await Patient.admitted(load));
}, 120_000);

const play = (each: Case): string[] => {
  const patient = patients.get(each.load) as Patient;
  return findingsOf(patient.play(each.faults, each.playSeconds * second, each.load), each, patient).map(
    (finding) => `${each.name}: ${finding}`,
  );
};

/** Every n-th, from the one that this kind begins with. */
const slice = singleFaults().filter((_, index) => index % 5 === 0);

test('single faults at every kind of place, under every load, harm nothing and are known of', () => {
  expect(slice.flatMap(play)).toEqual([]);
}, 60_000);

test('all pairs of kinds of faults harm nothing and are known of', () => {
  expect(pairsOfFaults().flatMap(play)).toEqual([]);
}, 60_000);

test('a controller that kept silent, burnt its plate and forgot would be found out', () => {
  const patient = patients.get('idle') as Patient;
  const [each] = singleFaults().filter(({ faults }) => faults[0].startsWith('thermal-rise at 4K'));
  const healthy = patient.play(each.faults, 20 * second);
  const course = {
    ...healthy,
    ...{ beats: false, safeAt: undefined, noticed: [{ event: 'SENSOR_LOST', at: 6, argument0: 1 }] },
    ...{ warmest: { ...healthy.warmest, '4K': 5 }, latched: 0, remembered: new Set<string>() },
  };
  expect(findingsOf(course, each, patient)).toEqual([
    'it does not beat any more',
    '4K reached 5 K; it may reach 4.6 K',
    'what runs away at 4K is stopped after never s; it must be by 8 s',
    'SENSOR_LOST was noticed, and nothing of it is known after a reset',
  ]);
});
