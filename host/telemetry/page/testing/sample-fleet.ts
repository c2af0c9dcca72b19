// A day of two cryostats for the tests of the page: heartbeats once a minute, a readout with 96 channels, a gap of an hour, a device that was never heard of, an update,
// and in its last minutes a plate that warms. Records go the way of a gateway: samples, series, history, evaluator, notifier.

import { interlockNumber } from '../../../../protocol/plant/interlocks.ts';
import { Channel } from '../../../../protocol/plant/places.ts';
import { EventKind } from '../../../../protocol/telemetry/events.ts';
import type { TelemetryBody, TelemetryRecord } from '../../../tools/telemetry/envelope.ts';
import { gatewayRecordSamples } from '../../gateway-record-samples.ts';
import { receivedSamples, uptimeSamples } from '../../gateway-samples.ts';
import type { ApiParts } from '../../metrics/api.ts';
import { Watch } from '../../metrics/watch.ts';
import { Evaluator } from '../../monitoring/evaluate.ts';
import { samplesOf } from '../../samples.ts';
import { VirtualTime } from '../../testing/virtual-time.ts';

export const CHANNELS = 96;
const minute = 60;
const day = 86_400;
const fleet: readonly (readonly [device: string, cryostat: string])[] = [
  ['00c0ffee00000001', 'north'],
  ['00c0ffee00000002', 'north'],
  ['00c0ffee00000003', 'north'],
  ['00c0ffee00000011', 'south'],
  ['00c0ffee00000012', 'south'],
];
const [gapBegins, gapEnds] = [day - 5 * 3600, day - 4 * 3600];
const warmFrom = day - 6 * minute;

/** Between 0 and 1, the same for the same numbers: a day is the same at each call. */
const scatter = (...numbers: number[]): number => {
  const mixed = numbers.reduce((sum, number, at) => sum + number * (at + 1) * 12.9898, 0);
  return Math.abs((Math.sin(mixed) * 43_758.5453) % 1);
};

function beat(index: number, at: number, cryostat: string): TelemetryBody {
  const warm = cryostat === 'north' && at > warmFrom ? (at - warmFrom) * 4_000 : 0;
  const plate = 3_080_000 + 20_000 * Math.sin(at / 9000) + 2_000 * scatter(index, at) + warm;
  const isTripped = warm > 60_000;
  return {
    ...{
      heartbeat: at,
      uptimeSeconds: at,
      slot: 0,
      slotState: 3,
      leastSlackUs: 250,
      leastSlackTask: 1,
      health: isTripped ? 1 << 9 : 0,
    },
    temperaturesMicrokelvin: [41e6 + 4e4 * scatter(at), plate, plate + 1500, 961_000, 68_500, 4_000].map(Math.round),
    ...{ faultCause: 0, faultCount: 0, tripped: isTripped ? 1 << interlockNumber.PLATE_4K_RISE : 0, lastTrip: null },
    powerMicrowatts: isTripped ? 2_000 : 3_900 + Math.round(90 * scatter(index, at, 3)),
    ...{
      budgetMicrowatts: 150_000,
      shed: 0,
      railsGood: isTripped ? 0b11 : 0b111111,
      reference: 4,
      thermometers: 0b111111,
    },
  };
}

export interface SampleFleet {
  time: VirtualTime;
  parts: Omit<ApiParts, 'page'>;
}

/** `isHealthy`: without the plate that warms. */
export function sampleFleet({ isHealthy = false } = {}): SampleFleet {
  const time = new VirtualTime();
  const nowSeconds = time.wallAheadMs / 1000;
  const began = nowSeconds - day;
  const watch = new Watch(time);
  const evaluator = new Evaluator();
  const record = (
    [device, cryostat]: (typeof fleet)[number],
    at: number,
    kind: string,
    body: TelemetryBody,
  ): TelemetryRecord => ({
    ...{ schema: 1, device, cryostat, boot: 1, sequence: at, class: 'heartbeat', kind, body },
    ...{ deviceTimeNs: BigInt(at) * 1_000_000_000n, receiveTimeNs: BigInt(began + at) * 1_000_000_000n },
  });
  for (let at = minute; at <= day; at += minute) {
    for (const [index, of] of fleet.entries()) {
      const isSilent = index === 1 && at >= gapBegins && at < gapEnds;
      if (isSilent) {
        watch.table.forget(of[0]);
        continue;
      }
      const records = [record(of, at, 'heartbeat', beat(index, isHealthy ? Math.min(at, warmFrom) : at, of[1]))];
      if (at === minute || (index === 1 && at === gapEnds) || (index === 3 && at === day - 1800))
        records.push(record(of, at, 'boot', bootOf(index === 3 && at > minute)));
      // What the device that was silent had to tell of that hour did not come to the gateway.
      if (index === 1 && at === gapEnds)
        watch.table.apply(gatewayRecordSamples(record(['sample', 'north'], at, 'gap', gapOf(of[0]))));
      if (index === 3 && at === day - 1800)
        records.push(record(of, at, 'event', { event: EventKind.IMAGE_CONFIRMED, argument0: 0, argument1: 0 }));
      if (index === 0 && at % (10 * minute) === 0)
        records.push(...readout(at, (body) => record(of, at, 'readout', body)));
      for (const one of records)
        watch.table.apply([...samplesOf(one), ...receivedSamples(of[1], one.class, began + at)]);
      watch.devices.set(of[0], {
        ...{ device: of[0], cryostat: of[1], boot: 1, sequence: at },
        lastRecordSeconds: began + at,
      });
    }
    for (const cryostat of ['north', 'south']) watch.table.apply(uptimeSamples(cryostat, began + at, [began + at]));
    for (let step = 0; step < minute; step += watch.history.stepSeconds)
      watch.history.take(began + at + step - minute + watch.history.stepSeconds, watch.table.everything());
    if (at > day - 10 * minute) {
      watch.alerts = evaluator.evaluate(began + at, watch.table);
      watch.notifier.take(began + at, watch.alerts, watch.table);
    }
  }
  const targets = () => [{ target: 'udp://10.0.0.9:1337', cryostat: 'south' }];
  const buffer = () =>
    ({ end: 0, bytes: 0, bytesMost: 1, stored: 0, repeats: 0, lag: {} }) as unknown as ReturnType<ApiParts['buffer']>;
  return { time, parts: { name: 'sample', version: '0.1.0', watch, buffer, targets } };
}

const gapOf = (device: string): TelemetryBody => ({
  of: device,
  gapBoot: 1,
  firstSequence: gapBegins,
  lastSequence: gapBegins + 41,
});

function bootOf(isUpdated: boolean): TelemetryBody {
  const version = isUpdated ? 0x0101_0000 : 0x0100_0000;
  return {
    cause: 1,
    kept: false,
    slot: 0,
    state: 3,
    version,
    build: 7,
    imageHash: (isUpdated ? 'ab' : 'cd').repeat(32),
  };
}

function readout(at: number, made: (body: TelemetryBody) => TelemetryRecord): TelemetryRecord[] {
  return Array.from({ length: CHANNELS }, (_, channel) =>
    made({
      ...{
        channel,
        snrCentidecibel: Math.round(2250 + 150 * Math.sin(channel) + 60 * scatter(channel, at)),
        unreadable: false,
      },
      ...{ attenuationDecibel: 0, windows: at, clippedI: 0, clippedQ: 0 },
    }),
  );
}

/** Thermometers of the sample, for tests that look for them. */
export const flanges = Channel.COUNT;
