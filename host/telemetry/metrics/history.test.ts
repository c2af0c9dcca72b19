import { describe, expect, test } from 'vitest';
import { SeriesTable } from '../series.ts';
import { History } from './history.ts';

const name = 'coldrig_power_watts';
const labels = { cryostat: 'north', device: 'a' };
const set = (value: number, device = 'a') =>
  [{ name, labels: { ...labels, device }, value, how: 'set' } as const] as const;

/** A history with the values of one series, each 15 s from time 0 on. */
function historyOf(values: readonly number[], options = {}) {
  const [table, history] = [new SeriesTable(), new History(options)];
  for (const [slot, value] of values.entries()) {
    table.apply(set(value));
    history.take(slot * 15, table.everything());
  }
  return { table, history };
}

const count = (length: number, value: (index: number) => number) => Array.from({ length }, (_, index) => value(index));

describe('a history of series', () => {
  test('tells least, greatest and mean value of each point, and null where there was none', () => {
    const { history } = historyOf([1, 2, 6, 4]);
    const { times, series } = history.query({ name, fromSeconds: 0, toSeconds: 90, stepSeconds: 30 });
    expect({ times, series }).toEqual({
      times: [0, 30, 60],
      series: [{ labels, min: [1, 4, null], max: [2, 6, null], mean: [1.5, 5, null] }],
    });
  });

  test('tells the rate of a counter, also through its reset', () => {
    const { history } = historyOf([10, 40, 15, 30]);
    const { series } = history.query({ name, fromSeconds: 0, toSeconds: 60, stepSeconds: 15, as: 'rate' });
    expect(series[0].mean).toEqual([null, 2, 1, 1]);
  });

  test('keeps 24 hours, and an hour in which nothing changed in one number', () => {
    const hours = 30;
    const { history } = historyOf(count(hours * 240, (slot) => (slot < 28 * 240 ? 3 : slot)));
    expect(history.sinceSeconds).toBe((hours - 25) * 3600);
    // The times of 25 hours, and two hours of values.
    expect(history.bytes).toBe((25 + 2) * 240 * 8);
    const { series } = history.query({ name, fromSeconds: 0, toSeconds: hours * 3600, stepSeconds: 3600 });
    expect(series[0].mean.map((value) => value !== null)).toEqual(
      count(hours, (hour) => Number(hour >= 5)).map(Boolean),
    );
    expect(series[0].max[10]).toBe(3);
  });

  test('gives up the oldest hour where memory has its bound', () => {
    const { history } = historyOf(
      count(5 * 240, (slot) => slot),
      { bytesMost: 6 * 240 * 8 },
    );
    expect(history.bytes).toBeLessThanOrEqual(6 * 240 * 8);
    expect(history.sinceSeconds).toBe(2 * 3600);
  });

  test('keeps what a device said that was forgotten since', () => {
    const { table, history } = historyOf([1, 2]);
    table.forget('a');
    expect([...table.everything()]).toEqual([]);
    table.apply(set(7, 'b'));
    history.take(30, table.everything());
    const { series } = history.query({ name, fromSeconds: 0, toSeconds: 45, stepSeconds: 15 });
    expect(series.map(({ mean }) => mean)).toEqual([
      [1, 2, null],
      [null, null, 7],
    ]);
  });

  test('passes a clock that was put back', () => {
    const { table, history } = historyOf([1, 2, 3]);
    table.apply(set(9));
    history.take(0, table.everything());
    const { series } = history.query({ name, fromSeconds: 0, toSeconds: 45, stepSeconds: 15 });
    expect(series[0]).toMatchObject({ min: [1, 2, 3], max: [9, 2, 3] });
  });

  test.each([
    [{ stepSeconds: 1 }, /90000 points; at most 11000 are told/],
    [{ toSeconds: -1 }, /the range is empty/],
    [{ seriesMost: 0 }, /1 series; at most 0 are told: name more labels/],
  ])('refuses %j', (wrong, message) => {
    const { history } = historyOf([1]);
    const query = { name, fromSeconds: 0, toSeconds: 90_000, stepSeconds: 3600, ...wrong };
    expect(() => history.query(query)).toThrow(message);
  });
});
