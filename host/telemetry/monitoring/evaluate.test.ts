import { describe, expect, test } from 'vitest';
import { alertsOf, allAlertNames, faultRuns } from '../../../protocol/telemetry/fault-runs.ts';
import { burnWindows, objectiveOf } from '../../../protocol/telemetry/objectives.ts';
import { checkSamples, type Sample } from '../sample.ts';
import { SeriesTable } from '../series.ts';
import { Counter } from './counter.ts';
import { Evaluator } from './evaluate.ts';

describe('the growth of a counter', () => {
  const counterOf = (...samples: [number, number][]) => {
    const counter = new Counter(1000);
    for (const [time, value] of samples) counter.push(time, value);
    return counter;
  };

  test('is extrapolated to the ends of its window', () => {
    // 30 in 30 s; 10 s before the first sample and 20 s behind the last are bridged, the latter by half a distance only.
    expect(counterOf([20, 100], [30, 110], [40, 120], [50, 130]).increase(60, 70)).toBeCloseTo(45, 9);
  });

  test('is not extrapolated to before the counter began', () => {
    expect(counterOf([10, 0], [20, 10]).increase(60, 20)).toBeCloseTo(10, 9);
  });

  test('goes on where a counter begins anew', () => {
    expect(counterOf([10, 50], [20, 60], [30, 5], [40, 15]).increase(30, 40)).toBeCloseTo(25, 9);
  });

  test('is not known from one sample, nor from samples that are too old', () => {
    expect(counterOf([10, 1]).increase(60, 20)).toBeUndefined();
    expect(counterOf([10, 1], [20, 2]).increase(60, 100)).toBeUndefined();
  });

  test('is kept for as long as was said', () => {
    const counter = new Counter(100);
    for (let time = 0; time <= 1000; time += 10) counter.push(time, time);
    expect(counter.increase(1e6, 1000)).toBeCloseTo(100 + 5, 9);
  });
});

/** An hour of a cryostat in which a share of the checks of an objective fails; a check a second, a look a minute. */
function burning(name: string, share: number): { burn: number; names: string[] } {
  const [evaluator, table, names] = [new Evaluator(), new SeriesTable(), new Set<string>()];
  let owed = 0;
  for (let second = 1; second <= 3600; second++) {
    owed += share;
    table.apply(checkSamples('north', name, owed < 1));
    if (owed >= 1) owed -= 1;
    if (second % 60 !== 0) continue;
    for (const { name: alert, labels } of evaluator.evaluate(second, table)) names.add(`${alert} ${labels.window}`);
  }
  return { burn: evaluator.burn(objectiveOf(name), 'north', '1h', 3600) ?? 0, names: [...names].sort() };
}

describe('a burn', () => {
  test.each([
    [0.0205, ['ErrorBudgetReview 1d', 'HeatLoadBurn 1h', 'HeatLoadBurn 3d', 'HeatLoadBurn 6h']],
    [0.0085, ['ErrorBudgetReview 1d', 'HeatLoadBurn 3d', 'HeatLoadBurn 6h']],
    [0.0035, ['ErrorBudgetReview 1d', 'HeatLoadBurn 3d']],
    [0.0015, ['HeatLoadBurn 3d']],
    [0.0004, []],
  ])('of a share of %d failed checks alerts: %j', (share, expected) => {
    const { burn, names } = burning('heat_load', share);
    expect(names).toEqual(expected);
    expect(Math.abs(burn - share / 0.001)).toBeLessThan(1);
  });

  test('says nothing below the least number of checks', () => {
    const [evaluator, table] = [new Evaluator(), new SeriesTable()];
    for (let update = 1; update <= 9; update++) {
      table.apply(checkSamples('north', 'update_success', false));
      expect(evaluator.evaluate(update * 60, table).filter(({ name }) => name === 'UpdateSuccessBurn')).toEqual([]);
    }
    for (let update = 10; update <= 14; update++) table.apply(checkSamples('north', 'update_success', false));
    expect(evaluator.evaluate(600, table).map(({ labels }) => labels.window)).toEqual([
      ...burnWindows.map(({ long }) => long),
      '1d',
    ]);
  });
});

describe('a condition', () => {
  const set = (name: Sample['name'], labels: Record<string, string>, value: number): Sample => ({
    ...{ name, labels: { cryostat: 'north', ...labels }, value, how: 'set' },
  });
  const at = (now: number, table: SeriesTable, evaluator = new Evaluator()) =>
    evaluator.evaluate(now, table).map(({ name, labels }) => `${name} ${Object.values(labels).join('/')}`);
  const beats = (ages: Record<string, number>, now: number) => {
    const table = new SeriesTable();
    for (const [device, age] of Object.entries(ages))
      table.apply([set('coldrig_last_heartbeat_timestamp_seconds', { device }, now - age)]);
    return table;
  };

  test('of a whole cryostat is one alert, also with many devices', () => {
    const table = new SeriesTable();
    for (const device of ['a', 'b', 'c'])
      table.apply([set('coldrig_interlocks_tripped', { device, group: 'thermal' }, 1)]);
    expect(at(100, table)).toEqual(['CryostatWarm north']);
  });

  test('of a share of the devices needs more than that share', () => {
    expect(at(100, beats({ a: 50, b: 1, c: 1, d: 1, e: 1 }, 100))).toEqual(['DeviceSilent north/a']);
    expect(at(100, beats({ a: 50, b: 50, c: 1, d: 1, e: 1 }, 100))).toContain('HeartbeatsLost north');
  });

  test('must last as long as its alert says, without a break', () => {
    const [evaluator, table] = [new Evaluator(), new SeriesTable()];
    const shed = (value: number) => table.apply([set('coldrig_load_shed_step', { device: 'a' }, value)]);
    shed(1);
    expect(at(0, table, evaluator)).toEqual([]);
    shed(0);
    expect(at(4, table, evaluator)).toEqual([]);
    shed(2);
    expect([at(8, table, evaluator), at(12, table, evaluator), at(13, table, evaluator)]).toEqual([
      [],
      [],
      ['LoadShed north/a'],
    ]);
  });

  test('that a running calibration explains is not raised on that device', () => {
    const table = new SeriesTable();
    for (const device of ['a', 'b']) table.apply([set('coldrig_attenuation_decibels', { device, line: 'control' }, 6)]);
    const until = (seconds: number, because: string) =>
      table.apply([set('coldrig_calibration_until_timestamp_seconds', { device: 'a', because }, seconds)]);
    until(130, 'CLAIM');
    until(90, 'READOUT_LOST');
    expect(at(100, table)).toEqual(['ConverterClips north/b/control']);
    expect(at(131, table)).toEqual(['ConverterClips north/a/control', 'ConverterClips north/b/control']);
  });
});

describe('the fault runs', () => {
  test('name alerts that there are', () => {
    const raised = faultRuns.flatMap(alertsOf);
    expect(raised.length).toBeGreaterThan(40);
    expect(raised.filter((name) => !allAlertNames.includes(name))).toEqual([]);
  });
});
