// What is kept of records is what their samples say, however the series are found.

import { expect, test } from 'vitest';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { telemetryKinds } from '../../../protocol/telemetry/records.ts';
import { chooser } from '../../board/random.ts';
import { seeds } from '../../board/testing/cases.ts';
import type { TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import { recordOfWire } from '../../tools/telemetry/wire.ts';
import { receivedSamples } from '../gateway-samples.ts';
import { samplesOf } from '../samples.ts';
import { keyOf, SeriesTable } from '../series.ts';
import { StoreSeries } from './store-series.ts';
import type { StoreSample } from './write-request.ts';

const events = Object.values(EventKind);
const kinds = Object.values(telemetryKinds);
const countOf = (field: object) => ('count' in field ? Number(field.count) : 1);

/** Any record of a few devices, which change their cryostat now and then. */
function drawn(luck: (choices: number) => number, sequence: number): TelemetryRecord {
  const kind = kinds[luck(kinds.length)];
  const words = kind.fields.flatMap((field) => Array.from({ length: countOf(field) }, () => luck(2) * luck(1 << 16)));
  if (kind === telemetryKinds.event) words[0] = events[luck(events.length)];
  const wire = [kind.number, luck(3), 1, sequence, sequence, 0, ...words];
  const cryostat = luck(20) === 0 ? 'south' : 'north';
  const receiveTimeNs = BigInt(sequence) * 700_000_000n;
  return recordOfWire(wire, 1, { device: `d${luck(2)}`, cryostat, receiveTimeNs });
}

const shown = (table: SeriesTable) =>
  Object.fromEntries([...table.everything()].map(({ name, labels, value }) => [`${name}{${keyOf(labels)}}`, value]));

test('series found by what the last record has written are those that a search finds', () => {
  for (const seed of seeds(5)) {
    const luck = chooser(seed);
    const [series, plain] = [new StoreSeries(), new SeriesTable()];
    for (let sequence = 0; sequence < 2_000; sequence++) {
      const record = drawn(luck, sequence);
      const isLate = luck(10) === 0;
      series.take(record, isLate, []);
      const samples = [
        ...samplesOf(record),
        ...receivedSamples(record.cryostat, record.class, (sequence * 700) / 1000),
      ];
      plain.apply(samples.filter(({ how }) => how === 'add' || !isLate));
    }
    expect(shown(series.table)).toEqual(shown(plain));
  }
});

test('devices that began together are told to the store evenly, not all of them in the same second of five', () => {
  const [series, devices, seconds] = [new StoreSeries(), 500, new Map<number, number>()];
  const restOf = telemetryKinds.heartbeat.fields.flatMap((field) => Array.from({ length: countOf(field) }, () => 0));
  for (let look = 0; look < 20 * devices; look++) {
    const [sequence, ms, samples] = [Math.floor(look / devices), (look * 1_000) / devices, [] as StoreSample[]];
    // A link is now a little faster, now a little slower.
    const receiveTimeNs = BigInt(ms + ((look * 7) % 3)) * 1_000_000n;
    const wire = [telemetryKinds.heartbeat.number, 1, 1, sequence, 0, 0, sequence, ...restOf.slice(1)];
    series.take(
      recordOfWire(wire, 1, { device: `d${look % devices}`, cryostat: 'north', receiveTimeNs }),
      false,
      samples,
    );
    const second = Math.floor(ms / 1_000);
    if (ms >= 10_000) seconds.set(second, (seconds.get(second) ?? 0) + samples.length);
  }
  const all = [...seconds.values()];
  expect(all).toHaveLength(10);
  expect(Math.max(...all)).toBeLessThan((1.5 * all.reduce((sum, one) => sum + one)) / all.length);
});

/** Samples of when the device beat last, in a cryostat with others that go on; it beats until a minute, and is read again after a restart in between. */
function beatsOf({ movesTo, restartsAtSeconds }: { movesTo?: string; restartsAtSeconds?: number } = {}): number[] {
  let series = new StoreSeries();
  const samples: StoreSample[] = [];
  const heartbeat = telemetryKinds.heartbeat.fields.flatMap((field) => Array.from({ length: countOf(field) }, () => 0));
  for (let second = 1; second <= 25 * 3600; second += second < 120 ? 1 : 60) {
    if (second === restartsAtSeconds) {
      const state = series.state();
      series = new StoreSeries();
      series.restore(state);
    }
    const beat = (device: string, cryostat: string) => {
      const wire = [telemetryKinds.heartbeat.number, 1, 1, second, 0, 0, second, ...heartbeat.slice(1)];
      const receiveTimeNs = BigInt(second) * 1_000_000_000n;
      series.take(recordOfWire(wire, 1, { device, cryostat, receiveTimeNs }), false, samples);
    };
    if (second <= 60) beat('silent', 'north');
    else if (movesTo !== undefined) beat('silent', movesTo);
    beat('other', 'north');
  }
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
  const own = samples.filter(
    ({ labels }) => /last_heartbeat.*north/s.test(text(labels)) && text(labels).includes('silent'),
  );
  return own.map(({ timestampMs }) => timestampMs / 1000);
}

test('a device that is silent stays silent for the store, which forgets a series after five minutes; for a day', () => {
  const seconds = beatsOf();
  const gaps = seconds.slice(1).map((at, index) => at - seconds[index]);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(120);
  expect(seconds.at(-1)).toBeGreaterThan(24 * 3600 - 120);
  expect(seconds.at(-1)).toBeLessThanOrEqual(24 * 3600 + 120);
  expect(beatsOf({ restartsAtSeconds: 600 })).toEqual(seconds);
});

test('a device that was moved is not silent where it was', () => {
  expect(beatsOf({ movesTo: 'south' }).at(-1)).toBeLessThanOrEqual(66);
  expect(beatsOf({ movesTo: 'south', restartsAtSeconds: 600 }).at(-1)).toBeLessThanOrEqual(66);
});

test('a device that is new costs no look at all the others of its cryostat', () => {
  const [series, devices] = [new StoreSeries(), 300];
  const { table } = series;
  const has = table.has.bind(table);
  let looks = 0;
  table.has = (one) => {
    looks++;
    return has(one);
  };
  const words = telemetryKinds.heartbeat.fields.flatMap((field) => Array.from({ length: countOf(field) }, () => 0));
  for (let device = 0; device < devices; device++) {
    const receiveTimeNs = 1_700_000_000_000_000_000n + BigInt(device) * 1_000_000n;
    const wire = [telemetryKinds.heartbeat.number, 1, 1, 0, 0, 0, ...words];
    series.take(recordOfWire(wire, 1, { device: `d${device}`, cryostat: 'north', receiveTimeNs }), false, []);
  }
  expect(looks).toBeLessThan(20 * devices);
});
