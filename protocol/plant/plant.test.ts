// A list with a row too few or too many is refused by name before any table is generated from it.

import { expect, test } from 'vitest';
import { guestPlant } from '../generate/guest-plant.ts';
import { interlocks } from './interlocks.ts';
import { checkPlant, plant } from './plant.ts';

test('the lists fit what counts them', () => {
  expect(() => checkPlant(plant)).not.toThrow();
});

test.each([
  ['activityPicojoules', /activityPicojoules \(energyTable\) has 7 rows, but COUNTED_KINDS is 6/],
  ['heaterFullScaleMicrowatts', /heaterFullScaleMicrowatts has 4 rows, but HEATER_COUNT is 3/],
  ['excitationNanoamperes', /excitationNanoamperes has 7 rows, but CHANNEL_COUNT is 6/],
  ['channelSensors', /channelSensors has 7 rows, but CHANNEL_COUNT is 6/],
] as const)('one row more in %s is refused', (list, message) => {
  expect(() => guestPlant({ ...plant, [list]: [...plant[list], plant[list][0]] })).toThrow(message);
});

test('as many interlocks as the latch has bits, and no more', () => {
  const rows = (count: number) => Array.from({ length: count }, (_, index) => interlocks[index % interlocks.length]);
  expect(guestPlant({ ...plant, interlocks: rows(32) })).toContain('assert(number < 32');
  expect(() => guestPlant({ ...plant, interlocks: rows(33) })).toThrow(/33 rows, but INTERLOCK.TRIPPED has 32 bits/);
});

test('a row of the interlocks is written in the order in which the guest reads it', () => {
  const [row] = interlocks;
  const text = guestPlant({ ...plant, interlocks: [row] });
  const numbers = [row.condition, row.of, row.threshold, row.hysteresis, row.persistenceMs, row.action, row.clearer];
  expect(text).toContain(`\n  ${numbers.join(', ')},\n`);
  const fields = [...text.slice(text.indexOf('class InterlockRow')).matchAll(/^ {2}(\w+): u32/gm)].map(
    ([, field]) => field,
  );
  expect(fields).toEqual(['condition', 'subject', 'threshold', 'hysteresis', 'persistenceMs', 'action', 'clearer']);
});
