import { expect, test } from 'vitest';
import type { Figure } from '../../../protocol/telemetry/figures.ts';
import { History } from '../metrics/history.ts';
import { checkSamples, type Sample } from '../sample.ts';
import { SeriesTable } from '../series.ts';
import { spanOfWhatIs } from './spans.ts';
import { workOut, workOutNow } from './work-out.ts';

const set = (name: Sample['name'], labels: Record<string, string>, value: number): Sample => ({
  name,
  labels,
  value,
  how: 'set',
});

/** A history with a look every 15 s, from 15 s on; a look without samples of a device forgets it. */
function pastOf(
  seconds: number,
  at: (seconds: number) => Sample[],
  forgotten: (seconds: number) => string | undefined = () => undefined,
) {
  const [table, past] = [new SeriesTable(), new History({ stepSeconds: 15 })];
  for (let passed = 15; passed <= seconds; passed += 15) {
    const device = forgotten(passed);
    if (device !== undefined) table.forget(device);
    table.apply(at(passed));
    past.take(passed, table.everything());
  }
  return past;
}
const span = (fromSeconds: number, toSeconds: number, stepSeconds: number) => ({
  ...{ fromSeconds, toSeconds, stepSeconds },
  nowSeconds: toSeconds,
});
const shown = (figure: Figure, past: History, from: number, to: number, step: number) =>
  workOut(figure, past, span(from, to, step)).map(({ labels, values }) => [Object.values(labels).join('/'), values]);

test('the largest of several is that of the peak between two steps, and what is not known is a gap', () => {
  const past = pastOf(
    120,
    (at) =>
      ['a', 'b'].flatMap((device) =>
        device === 'b' && at > 45 && at <= 75
          ? []
          : [set('coldrig_power_watts', { cryostat: 'north', device }, at === 30 && device === 'a' ? 9 : 1)],
      ),
    (at) => (at > 45 && at <= 75 ? 'b' : undefined),
  );
  expect(shown({ of: 'coldrig_power_watts', by: ['max', ['cryostat']] }, past, 0, 120, 60)).toEqual([
    ['north', [9, 1]],
  ]);
  expect(shown({ of: 'coldrig_power_watts', match: { device: 'b' } }, past, 15, 105, 15)).toEqual([
    ['north/b', [1, 1, 1, null, null, 1]],
  ]);
  expect(shown({ of: 'coldrig_power_watts', by: ['sum', ['cryostat']] }, past, 45, 75, 15)).toEqual([
    ['north', [2, 1]],
  ]);
});

test('a counter that begins anew has grown by what it counted since', () => {
  const values = [0, 10, 20, 4, 14];
  const past = pastOf(75, (at) => [
    set('coldrig_events_total', { cryostat: 'n', device: 'd', event: 'X' }, values[at / 15 - 1]),
  ]);
  const [{ value }] = workOutNow(
    { of: 'coldrig_events_total', growth: ['increase', '5m'], by: ['sum', ['device']] },
    past,
    75,
  );
  expect(value).toBeCloseTo(10 + 10 + 4 + 10, 6);
});

test('an age is that of the end of a step, and of now', () => {
  const past = pastOf(60, () => [set('coldrig_last_heartbeat_timestamp_seconds', { cryostat: 'n', device: 'd' }, 15)]);
  const age: Figure = { of: 'coldrig_last_heartbeat_timestamp_seconds', by: ['max', ['device']], isAge: true };
  expect(shown(age, past, 0, 75, 30)).toEqual([['d', [15, 45, 60]]]);
  expect(workOutNow({ ...age, below: 30 }, past, 60)).toEqual([]);
  expect(workOutNow({ ...age, above: 30, countBy: [] }, past, 60)).toEqual([{ labels: {}, value: 1 }]);
});

test('a burn is the share of failed checks beside the budget', () => {
  const past = pastOf(3600, (at) =>
    Array.from({ length: 15 }, (_, check) => checkSamples('north', 'heat_load', (at + check) % 50 !== 0)).flat(),
  );
  const [{ value }] = workOutNow({ of: ['burn', '1h'], by: ['max', ['cryostat', 'objective']] }, past, 3600);
  expect(Math.abs(value - 20)).toBeLessThan(0.5);
});

test('a quantile lies within its bucket, as far as its rank', () => {
  const bucket = (le: string, count: number): Sample => ({
    ...{
      name: 'coldrig_ingest_latency_seconds',
      suffix: '_bucket',
      labels: { cryostat: 'n', le },
      value: count,
      how: 'add',
    },
  });
  const past = pastOf(300, () => [bucket('0.1', 50), bucket('0.5', 90), bucket('+Inf', 100)]);
  const quantile = (of: number): Figure => ({
    ...{
      of: 'coldrig_ingest_latency_seconds',
      part: '_bucket',
      growth: ['rate', '5m'],
      by: ['sum', ['cryostat', 'le']],
      quantile: of,
    },
  });
  expect(workOutNow(quantile(0.7), past, 300)[0].value).toBeCloseTo(0.3, 9);
  expect(workOutNow(quantile(0.99), past, 300)[0].value).toBe(0.5);
});

test('one is taken from another of the same labels, and the largest are kept', () => {
  const past = pastOf(30, () =>
    ['a', 'b', 'c'].flatMap((device, index) => [
      set('coldrig_power_budget_watts', { cryostat: 'n', device }, 10),
      ...(device === 'c' ? [] : [set('coldrig_power_watts', { cryostat: 'n', device }, index + 1)]),
    ]),
  );
  const margin: Figure = { of: 'coldrig_power_budget_watts', minus: { of: 'coldrig_power_watts' } };
  expect(workOutNow(margin, past, 30).map(({ value }) => value)).toEqual([9, 8]);
  expect(workOutNow({ ...margin, most: 1 }, past, 30)).toMatchObject([{ labels: { device: 'a' }, value: 9 }]);
  expect(workOutNow(margin, past, 30, { device: 'b' }).map(({ value }) => value)).toEqual([8]);
});

test('a board shows as much time as there is, and the usual once there is more', () => {
  const spanAfter = (minutes: number) => spanOfWhatIs(10_800, minutes * 60) / 60;
  expect([0, 1, 15, 16, 61, 180, 600].map(spanAfter)).toEqual([15, 15, 15, 60, 180, 180, 180]);
});
