import { expect, test } from 'vitest';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { Random } from '../../board/random.ts';
import type { TelemetryBody, TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import { samplesOf } from '../samples.ts';
import { StreamWatch } from './stream-watch.ts';

const record = (seconds: number, kind: string, body: TelemetryBody): TelemetryRecord => ({
  ...{ schema: 1, device: 'd', cryostat: 'north', boot: 1, sequence: seconds, class: 'bulk', kind, body },
  ...{ deviceTimeNs: BigInt(seconds) * 1_000_000_000n, receiveTimeNs: 0n },
});
const readout = (seconds: number, snrCentidecibel: number) =>
  record(seconds, 'readout', {
    ...{ channel: 3, snrCentidecibel, unreadable: false, attenuationDecibel: 0, windows: 1, clippedI: 0, clippedQ: 0 },
  });
const take = (watch: StreamWatch, one: TelemetryRecord, isCalibrated = false) =>
  watch.take(one, samplesOf(one), isCalibrated);

/** 21 dB with a spread of 0.2 dB, a summary every five seconds; from `from` on lower by so much. Seconds of the anomalies, and what they say. */
function anomaliesOf(
  watch: StreamWatch,
  seconds: number,
  from: number,
  by: number,
  also: (at: number) => TelemetryRecord[] = () => [],
  isCalibrated: (at: number) => boolean = () => false,
) {
  const found: [number, string, string][] = [];
  const random = new Random(1);
  for (let at = 5; at <= seconds; at += 5) {
    for (const one of also(at)) take(watch, one);
    // The sum of four is near to a normal distribution.
    let scatter = -2;
    for (let draw = 0; draw < 4; draw++) scatter += random.fraction();
    const value = 2100 + 35 * scatter - (at >= from ? by : 0);
    for (const { quantity, reason } of take(watch, readout(at, Math.round(value)), isCalibrated(at)))
      found.push([at, quantity, reason]);
  }
  return found;
}

test('a channel that gets worse is told once, by its name, within a minute', () => {
  const found = anomaliesOf(new StreamWatch(), 2000, 1500, 150);
  expect(found).toHaveLength(1);
  const [[at, quantity, reason]] = found;
  expect([quantity, at >= 1500 && at <= 1560]).toEqual(['readout_snr_decibels 3', true]);
  expect(reason).toMatch(/^readout_snr_decibels 3 (jumped|drifts) down/);
});

test('what a calibration would accept is no anomaly', () => {
  expect(anomaliesOf(new StreamWatch(), 3000, 1500, 15)).toEqual([]);
});

test('after a boot or a calibration its figures are learnt anew', () => {
  const event = (at: number) => record(at, 'event', { event: EventKind.CALIBRATION, argument0: 0, argument1: 0 });
  expect(anomaliesOf(new StreamWatch(), 2000, 1500, 150, (at) => (at === 1500 ? [event(at)] : []))).toEqual([]);
});

test('what figures do while somebody calibrates is no anomaly', () => {
  const isCalibrated = (at: number) => at >= 1490 && at <= 1900;
  expect(anomaliesOf(new StreamWatch(), 2000, 1500, 1_500, undefined, isCalibrated)).toEqual([]);
});
