// What counts as a difference between two devices that the window calls one state.

import { expect, test } from 'vitest';
import { differences, Outcomes } from './twins.ts';

function outcomes(
  whole: Record<string, string>,
  cut: Record<string, string[]> = {},
  byChance: Record<string, string[]> = {},
): Outcomes {
  const made = new Outcomes(['somewhere']);
  for (const [move, outcome] of Object.entries(whole)) made.add(move, 'whole', outcome);
  for (const [move, all] of Object.entries(cut)) for (const outcome of all) made.add(move, 'cut', outcome);
  for (const [move, all] of Object.entries(byChance)) for (const outcome of all) made.add(move, 'byChance', outcome);
  return made;
}

const first = outcomes({ reset: 'one', 'cycle power': 'two' }, { reset: ['one', 'half'] });

test.each<[string, Outcomes, number]>([
  ['the same moves with the same outcomes', outcomes({ reset: 'one', 'cycle power': 'two' }, { reset: ['half'] }), 0],
  [
    'a whole move with another outcome',
    outcomes({ reset: 'three', 'cycle power': 'two' }, { reset: ['one', 'half'] }),
    1,
  ],
  ['a move that does not fit', outcomes({ 'cycle power': 'two' }, { reset: ['one', 'half'] }), 1],
  [
    'a cut with an outcome of its own',
    outcomes({ reset: 'one', 'cycle power': 'two' }, { reset: ['half', 'third'] }),
    1,
  ],
  [
    'a cut that never comes to what the other’s does',
    outcomes({ reset: 'one', 'cycle power': 'two' }, { reset: ['one'] }),
    1,
  ],
  [
    'a cut that leaves random bits, with an outcome of its own',
    outcomes({ reset: 'one', 'cycle power': 'two' }, { reset: ['one', 'half'] }, { reset: ['third'] }),
    0,
  ],
  [
    'a cut that comes to what the other’s does by chance only',
    outcomes({ reset: 'one', 'cycle power': 'two' }, { reset: ['one'] }, { reset: ['half'] }),
    0,
  ],
  ['a cut before anything was done', outcomes({ reset: 'one', 'cycle power': 'two' }, { reset: ['half', 'two'] }), 0],
])('%s', (_name, twin, count) => {
  const found = differences(first, twin);
  expect(found.map(({ invariant }) => invariant)).toEqual(Array(count).fill('window'));
});
