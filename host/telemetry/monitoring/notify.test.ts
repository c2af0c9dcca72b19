import { expect, test } from 'vitest';
import { SeriesTable } from '../series.ts';
import type { FiringAlert } from './evaluate.ts';
import type { Notification } from './notification.ts';
import { Notifier } from './notify.ts';

const start = 1_800_000_000;
const tripped = (cryostat: string): FiringAlert => ({ name: 'CryostatWarm', severity: 'page', labels: { cryostat } });
const silent = (cryostat: string, device: string): FiringAlert => ({
  ...{ name: 'DeviceSilent', severity: 'ticket', labels: { cryostat, device } },
});
const burn = (window: string): FiringAlert => ({
  ...{ name: 'StageTemperatureBurn', severity: 'ticket', value: 20.51 },
  labels: { cryostat: 'north', objective: 'stage_temperature', window },
});

const namesOf = (alerts: Notification['alerts']) => alerts.map(({ name, device = '' }) => name + device).join(' ');

/** Looks every 15 s at what fires then; what was told, as `seconds severity why: names; ended: names`. */
function toldOf(at: (seconds: number) => FiringAlert[], seconds: number, notifier = new Notifier([])): string[] {
  const told: Notification[] = [];
  for (let passed = 0; passed <= seconds; passed += 15)
    told.push(...notifier.take(start + passed, at(passed), new SeriesTable()));
  return told.map(
    ({ seconds: when, severity, why, cryostat, alerts, ended }) =>
      `${when - start} ${severity} ${why} ${cryostat}: ${namesOf(alerts)}${ended.length > 0 ? `; ended: ${namesOf(ended)}` : ''}`,
  );
}

test('a fridge that warms is one page, not one for each of its 96 devices', () => {
  const many = Array.from({ length: 96 }, (_, device) => silent('north', `d${device}`));
  expect(toldOf(() => [tripped('north'), ...many], 60)).toEqual(['15 page new north: CryostatWarm']);
});

test('a page of one cryostat silences no device of another', () => {
  expect(toldOf(() => [tripped('north'), silent('south', 'a')], 60)).toEqual([
    '15 page new north: CryostatWarm',
    '30 ticket new south: DeviceSilenta',
  ]);
});

test('tickets of a cryostat come together, what joins them later after the interval, and that they are over', () => {
  const at = (passed: number) => [
    ...(passed < 500 ? [silent('north', 'a')] : []),
    ...(passed >= 15 && passed < 500 ? [silent('north', 'b')] : []),
    ...(passed >= 100 && passed < 500 ? [silent('north', 'c')] : []),
  ];
  expect(toldOf(at, 900)).toEqual([
    '30 ticket new north: DeviceSilenta DeviceSilentb',
    '330 ticket more north: DeviceSilenta DeviceSilentb DeviceSilentc',
    '630 ticket over north: ; ended: DeviceSilenta DeviceSilentb DeviceSilentc',
  ]);
});

test('what something else explains for a while has not ended', () => {
  const at = (passed: number) => [
    ...(passed < 900 ? [silent('north', 'a')] : []),
    ...(passed >= 300 && passed < 600 ? [tripped('north')] : []),
  ];
  expect(toldOf(at, 1_300)).toEqual([
    '30 ticket new north: DeviceSilenta',
    '315 page new north: CryostatWarm',
    '600 page over north: ; ended: CryostatWarm',
    '900 ticket over north: ; ended: DeviceSilenta',
  ]);
});

test('after a restart what was told is not told again, and what has ended meanwhile is', () => {
  const [before, after] = [new Notifier([]), new Notifier([])];
  const firing = [tripped('north'), tripped('south')];
  for (const passed of [0, 15]) before.take(start + passed, firing, new SeriesTable());
  after.restore(JSON.parse(JSON.stringify(before.told())));
  after.look(start + 20, firing, new SeriesTable());
  expect(toldOf(() => [tripped('south')], 120, after)).toEqual(['75 page over north: ; ended: CryostatWarm']);
});

test('what lasts is told again after its time, and not before', () => {
  const told = toldOf(() => [tripped('north')], 4 * 3600 + 60);
  expect(told).toEqual(['15 page new north: CryostatWarm', `${15 + 4 * 3600} page again north: CryostatWarm`]);
});

test('of one objective the fastest burn is told, and a condition that pages silences it', () => {
  expect(toldOf(() => [burn('3d'), burn('6h'), burn('1h')], 30)).toEqual(['30 ticket new north: StageTemperatureBurn']);
  const notifier = new Notifier([]);
  notifier.take(start, [tripped('north'), burn('1h')], new SeriesTable());
  expect(notifier.present.map(({ silencedBy }) => silencedBy)).toEqual([undefined, 'CryostatWarm']);
});

test('tickets wait in a maintenance window, pages do not', () => {
  // 2027-01-15 is a Friday, 08:00 in UTC.
  const notifier = new Notifier([{ weekday: 5, from: '08:00', to: '08:10' }]);
  const firing = () => [tripped('north'), silent('south', 'a')];
  expect(toldOf(firing, 900, notifier)).toEqual([
    '15 page new north: CryostatWarm',
    '630 ticket new south: DeviceSilenta',
  ]);
});

test('an alert says what it means, since when, and what was changed last on its device', () => {
  const table = new SeriesTable();
  const of = { cryostat: 'north', device: 'a' };
  table.apply([
    { name: 'coldrig_device_info', labels: { ...of, version: '1.0.0+1', image: 'aa' }, value: 1, how: 'set' },
    { name: 'coldrig_device_info', labels: { ...of, version: '1.1.0+2', image: 'bb' }, value: 1, how: 'set' },
    { name: 'coldrig_last_update_timestamp_seconds', labels: of, value: start - 60, how: 'set' },
    { name: 'coldrig_last_update_timestamp_seconds', labels: { ...of, device: 'b' }, value: start - 10, how: 'set' },
  ]);
  const notifier = new Notifier([]);
  notifier.take(start, [silent('north', 'a')], table);
  notifier.take(start + 15, [silent('north', 'a'), burn('1h')], table);
  expect(notifier.present[0]).toMatchObject({
    ...{ summary: 'Device a in north has sent no heartbeat for 10 s', runbook: 'heartbeat-lost', sinceSeconds: start },
    changed: { image: '1.1.0+2', updateSeconds: start - 60 },
  });
  expect(notifier.present[1].summary).toBe(
    'Cryostat north: Stage temperature (M1) uses up its error budget 20.5 times too fast',
  );
  expect(notifier.present[1].changed).toEqual({ updateSeconds: start - 10 });
});

test('incidents have an end, and one that comes again is another', () => {
  const notifier = new Notifier([]);
  for (const [passed, isThere] of [
    [0, true],
    [15, false],
    [30, true],
  ] as const)
    notifier.take(start + passed, isThere ? [tripped('north')] : [], new SeriesTable());
  expect(
    notifier.incidents.map(({ fromSeconds, toSeconds }) => [fromSeconds - start, (toSeconds ?? 0) - start]),
  ).toEqual([
    [0, 15],
    [30, -start],
  ]);
});
