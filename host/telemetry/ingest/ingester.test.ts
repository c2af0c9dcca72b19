// What a store has after records went through an ingester, whatever happened to it or to the store on the way.

import { describe, expect, test } from 'vitest';
import { chooser } from '../../board/random.ts';
import { seeds } from '../../board/testing/cases.ts';
import type { TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import { DiskLog } from '../log/disk-log.ts';
import { FakeLogDisk } from '../log/testing/fake-log-disk.ts';
import { beat, event, IngestBench } from '../testing/ingest-bench.ts';
import { record } from '../testing/records.ts';

const values = (points: [number, number][]) => points.map(([, value]) => value);
const isGrowing = (numbers: readonly number[]) => numbers.every((value, at) => at === 0 || value >= numbers[at - 1]);

describe('an ingester', () => {
  test('stores gauges at most each five seconds, events at once, and measures how long it took', async () => {
    const bench = new IngestBench();
    await bench.start();
    for (let sequence = 0; sequence < 40; sequence++) {
      await bench.put(sequence % 10 === 5 ? event('a', sequence) : beat('a', sequence));
      await bench.time.pass(950);
    }
    const uptime = bench.store.points('coldrig_uptime_seconds');
    expect(uptime.length).toBeGreaterThanOrEqual(8);
    expect(uptime.length).toBeLessThanOrEqual(16);
    expect(values(bench.store.points('coldrig_multiplexer_errors_total'))).toEqual([1, 2, 3, 4]);
    const seconds = bench.store.points('__name__=coldrig_ingest_latency_seconds_sum,', 'ingester=one');
    const [[, count]] = bench.store.points('__name__=coldrig_ingest_latency_seconds_count,').slice(-1);
    expect(count).toBeGreaterThan(10);
    expect(seconds[seconds.length - 1][1] / count).toBeLessThan(0.5);
    expect(bench.ingester.refused).toBe(0);
  });

  test('whose stream has begun anew takes what is in it, at positions that it has had before', async () => {
    const bench = new IngestBench();
    await bench.start();
    for (let sequence = 0; sequence < 20; sequence++) await bench.put(event('a', sequence));
    await bench.time.pass(60_000);
    bench.kill();
    expect(bench.state?.position).toBe(19);
    bench.log = DiskLog.open('/log', { time: bench.time, disk: new FakeLogDisk() });
    await bench.start();
    await bench.put(event('a', 19), event('a', 20), event('a', 21));
    await bench.time.pass(60_000);
    expect(bench.store.points('coldrig_multiplexer_errors_total').at(-1)?.[1]).toBe(22);
    expect(bench.state?.position).toBe(2);
    expect(bench.ingester).toMatchObject({ records: 2, repeats: 1 });
  });

  test('that is killed again and again, while answers are lost, leaves counters as if nothing had happened', async () => {
    for (const seed of seeds(8)) {
      const luck = chooser(seed);
      const bench = new IngestBench();
      await bench.start();
      let sequence = 0;
      for (let round = 0; round < 12; round++) {
        for (let device = 0; device < 3; device++)
          await bench.put(
            event(`d${device}`, sequence),
            beat(`d${device}`, sequence + 1),
            event(`d${device}`, sequence + 2),
          );
        sequence += 3;
        bench.store.lostAnswers = luck(3) === 0 ? 1 : 0;
        await bench.time.pass(luck(4_000));
        if (luck(2) === 0) {
          bench.kill();
          await bench.time.pass(luck(2_000));
          await bench.start();
        }
      }
      await bench.time.pass(20_000);
      for (const device of ['d0', 'd1', 'd2']) {
        const errors = values(bench.store.points('coldrig_multiplexer_errors_total', `device=${device}`));
        expect({ seed, last: errors.at(-1), grows: isGrowing(errors) }).toEqual({ seed, last: 24, grows: true });
      }
      const checks = values(bench.store.points('coldrig_checks_total', 'objective=multiplexer_errors'));
      expect({ seed, last: checks.at(-1), grows: isGrowing(checks) }).toEqual({ seed, last: 108, grows: true });
    }
  });

  test('that is killed when its state is on disk tells what a device said last before it fell silent', async () => {
    for (let startMs = 0; startMs < 5_000; startMs += 500) {
      const bench = new IngestBench();
      await bench.start({ resolutionSeconds: 12 });
      let beats = 0;
      const others = async (ms: number) => {
        for (const end = beats + ms / 250; beats < end; beats++) {
          await bench.put(beat('b', beats));
          await bench.time.pass(250);
        }
      };
      await others(startMs);
      await bench.put(beat('a', 0));
      await bench.time.pass(200);
      await bench.put(beat('a', 1));
      const position = bench.log.status().end - 1;
      while ((bench.state?.position ?? -1) < position) await others(250);
      bench.kill();
      await bench.start({ resolutionSeconds: 12 });
      await others(20_000);
      const last = values(bench.store.points('coldrig_uptime_seconds', 'device=a')).at(-1);
      expect({ startMs, last }).toEqual({ startMs, last: 1 });
    }
  });

  test('commits nothing while its own disk does not take its state', async () => {
    const bench = new IngestBench();
    let isFull = true;
    await bench.start({
      keep: (state) => {
        if (isFull) throw new Error('the disk is full');
        bench.state = structuredClone(state);
      },
    });
    for (let sequence = 0; sequence < 30; sequence++) {
      await bench.put(event('a', sequence));
      await bench.time.pass(1_000);
    }
    expect([bench.state, bench.log.status().lag.store]).toEqual([undefined, 30]);
    isFull = false;
    await bench.time.pass(30_000);
    expect(bench.state?.position).toBe(29);
    expect(bench.log.status().lag.store).toBe(0);
  });

  test('puts its state on disk though the clock of its records was put back by an hour', async () => {
    const bench = new IngestBench();
    await bench.start();
    for (let sequence = 0; sequence < 30; sequence++) {
      if (sequence === 3) bench.time.wallAheadMs -= 3_600_000;
      await bench.put(beat('a', sequence));
      await bench.time.pass(1_000);
    }
    expect(bench.state?.position).toBeGreaterThan(3);
  });

  test('waits for a store that is away for an hour, asks it seldom, and tells it everything then', async () => {
    const bench = new IngestBench();
    bench.store.failing = { status: 503, text: '' };
    await bench.start();
    for (let sequence = 0; sequence < 60; sequence++) {
      await bench.put(event('a', sequence));
      await bench.time.pass(60_000);
    }
    expect(bench.store.requests).toBeLessThan(800);
    expect(bench.events).toEqual([{ event: 'store', state: 'waiting', reason: 'store answers 503' }]);
    expect(bench.ingester.uncommitted).toBe(0);
    bench.store.failing = undefined;
    await bench.time.pass(4_000);
    expect([bench.log.status().lag.store, bench.ingester.uncommitted]).toEqual([60, 60]);
    await bench.time.pass(6_000);
    expect(values(bench.store.points('coldrig_multiplexer_errors_total')).at(-1)).toBe(60);
    expect(bench.events.at(-1)).toEqual({ event: 'store', state: 'connected' });
  });

  test('is held up by no sample that the store refuses, and tells it', async () => {
    const bench = new IngestBench();
    bench.store.poison = 'device=bad';
    await bench.start();
    await bench.put(beat('a', 0), event('bad', 0), beat('b', 0));
    await bench.time.pass(1_000);
    expect(values(bench.store.points('coldrig_uptime_seconds', 'device=b'))).toEqual([0]);
    expect(bench.events).toMatchObject([{ event: 'refused', reason: 'label value is not taken' }]);
  });

  test('of two that share the devices, each takes its own, and together they have all', async () => {
    const [one, other] = [new IngestBench(), new IngestBench()];
    await one.start({ part: { number: 1, of: 2 } });
    await other.start({ part: { number: 2, of: 2 } });
    const devices = Array.from({ length: 20 }, (_, index) => `device-${index}`);
    for (const bench of [one, other]) {
      await bench.put(...devices.map((device) => event(device, 0)));
      await bench.time.pass(1_000);
    }
    const shares = [one, other].map(({ ingester }) => ingester.records);
    expect(shares[0] + shares[1]).toBe(20);
    expect(Math.min(...shares)).toBeGreaterThan(4);
    expect([...one.store.series.keys()].filter((labels) => labels.includes('objective=')).join()).toContain('part=1/2');
  });

  test('of a device that makes up names has a bounded number of series, and all of its neighbour', async () => {
    const bench = new IngestBench();
    await bench.start();
    for (let first = 0; first < 1_200; first += 300) {
      const wild = Array.from({ length: 300 }, (_, index) => ({
        ...record('wild', 1, first + index, 'bulk'),
        kind: 'readout',
        body: {
          ...{ channel: first + index, snrCentidecibel: 100, unreadable: false, attenuationDecibel: 0 },
          ...{ windows: 1, clippedI: 0, clippedQ: 0 },
        },
      }));
      await bench.put(...wild);
    }
    await bench.put(beat('good', 0));
    await bench.time.pass(1_000);
    const of = (device: string) =>
      [...bench.store.series.keys()].filter((labels) => labels.includes(`device=${device}`));
    expect(of('wild').length).toBeLessThanOrEqual(5_000);
    expect(of('good').length).toBeGreaterThan(15);
  });

  test('tells again what only an event says, while its device tells anything, also after a kill', async () => {
    const bench = new IngestBench();
    await bench.start();
    const lost = event('a', 0, 'SIGNAL_LOST');
    await bench.put({ ...lost, body: { ...lost.body, argument0: 2, argument1: 6_000 } });
    for (let sequence = 1; sequence <= 300; sequence++) {
      await bench.put(beat('a', sequence));
      await bench.time.pass(999);
      if (sequence !== 150) continue;
      await bench.time.pass(6_000);
      bench.kill();
      await bench.start();
    }
    await bench.time.pass(600_000);
    const points = bench.store.points('coldrig_signal_lost', 'line=readout-return');
    const apart = points.slice(1).map(([ms], at) => (ms - points[at][0]) / 1000);
    expect(points.length).toBeGreaterThanOrEqual(5);
    expect(points.length).toBeLessThanOrEqual(6);
    expect(values(points).every((value) => value === 1)).toBe(true);
    expect(Math.max(...apart)).toBeLessThan(75);
    const events = bench.store.points('coldrig_events_total', 'event=SIGNAL_LOST');
    expect(events.map(([ms]) => ms)).toEqual(points.map(([ms]) => ms));
  });

  test('takes what gateways say of devices, of every reader apart', async () => {
    const bench = new IngestBench();
    await bench.start({ part: { number: 1, of: 1 } });
    const told = (sequence: number, kind: string, body: TelemetryRecord['body']): TelemetryRecord => ({
      ...{ ...record('gateway', 1, sequence, 'critical'), kind, body },
    });
    const about = { of: 'a', ofCryostat: 'north' };
    await bench.put(
      told(0, 'started', { version: '1' }),
      told(1, 'anomaly', { ...about, quantity: 'readout_snr_decibels 3', reason: 'a step' }),
      told(2, 'calibration', { ...about, because: 'CLAIM', state: 'begun', reason: 'client 7' }),
      told(3, 'given-up', {
        ...{ of: 'a', count: 4, firstBoot: 1, firstSequence: 0, lastBoot: 1, lastSequence: 3, reason: 'no room' },
      }),
    );
    await bench.time.pass(10_000);
    const last = (name: string, ...labels: string[]) => values(bench.store.points(name, 'part=1/1', ...labels)).at(-1);
    const nowSeconds = Number(bench.time.wallNs() / 1_000_000_000n);
    expect(last('coldrig_anomalies_total', 'device=a', 'quantity=readout_snr_decibels 3')).toBe(1);
    expect(last('coldrig_calibration_until_timestamp_seconds', 'because=CLAIM')).toBeGreaterThan(nowSeconds + 100);
    expect(last('coldrig_gateway_records_dropped_total', 'cryostat=north')).toBe(4);
    expect(last('coldrig_gateway_starts_total', 'gateway=gateway')).toBe(1);
    const names = [...bench.store.series.keys()].join();
    expect(names).not.toContain('coldrig_gateway_records_total');
  });

  test('puts no gauge back for a record that came late, and counts it once', async () => {
    const bench = new IngestBench();
    await bench.start();
    await bench.put(beat('a', 9));
    await bench.put(beat('a', 3), event('a', 4));
    await bench.time.pass(10_000);
    expect(values(bench.store.points('coldrig_uptime_seconds'))).toEqual([9]);
    expect(values(bench.store.points('coldrig_multiplexer_errors_total'))).toEqual([1]);
  });
});
