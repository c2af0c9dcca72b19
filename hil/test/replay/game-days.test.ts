// A slice of game-days.generate.ts: days of two seeds, played and repeated; and a file that was changed is told from one that was not.

import { expect, test } from 'vitest';
import { decodeFailure, encodeFailure } from '../../rig/scenario/failure-file.ts';
import { playDay, repeatDay } from './game-days.ts';

test('a random game day is repeated from its file: same log hash, same failure at the same nanosecond', async () => {
  for (const [seed, number] of [
    [1, 1],
    [1, 2],
  ]) {
    const { file, alarms } = await playDay(seed, number, 2);
    expect(alarms).toBeGreaterThan(0);
    expect(repeatDay(file).differences).toEqual([]);
  }
});

test('a day with an input left out is told from the one that was played', async () => {
  const { file } = await playDay(1, 3, 1);
  const day = decodeFailure(file, 'day');
  const fault = day.inputs.findIndex(({ input }) => input.does === 'disturb');
  const { differences } = repeatDay(encodeFailure({ ...day, inputs: day.inputs.filter((_, at) => at !== fault) }));
  expect(differences.join('\n')).not.toBe('');
});
