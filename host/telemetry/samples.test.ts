import { describe, expect, test } from 'vitest';
import { EventKind } from '../../protocol/telemetry/events.ts';
import { Health } from '../../protocol/telemetry/health.ts';
import type { Metric } from '../../protocol/telemetry/metric.ts';
import { metrics } from '../../protocol/telemetry/metrics.ts';
import { countedObjectives } from '../../protocol/telemetry/objectives.ts';
import type { TelemetryBody, TelemetryRecord } from '../tools/telemetry/envelope.ts';
import { gatewayRecordSamples } from './gateway-record-samples.ts';
import { bufferSamples, commandSamples, ingestSamples, receivedSamples, uptimeSamples } from './gateway-samples.ts';
import type { Sample } from './sample.ts';
import { samplesOf } from './samples.ts';
import { SeriesTable } from './series.ts';

const record = (kind: string, body: TelemetryBody): TelemetryRecord => ({
  ...{ schema: 1, device: 'd1', cryostat: 'north', boot: 3, sequence: 7, class: 'heartbeat', kind, body },
  ...{ deviceTimeNs: 5_000_000_000n, receiveTimeNs: 1_800_000_000_500_000_000n },
});
const beat = (more: TelemetryBody = {}) =>
  record('heartbeat', {
    ...{ heartbeat: 9, uptimeSeconds: 12, health: 0, slot: 0, slotState: 3, leastSlackUs: 250, leastSlackTask: 1 },
    temperaturesMicrokelvin: [41_000_000, 3_070_000, 3_072_000, 960_000, 68_000, null],
    ...{ faultCause: 0, faultCount: 0, tripped: 0, lastTrip: null, powerMicrowatts: 3900, budgetMicrowatts: 150_000 },
    ...{ shed: 0, railsGood: 0b111111, reference: 4, thermometers: 0b111111 },
    ...more,
  });
const event = (kind: keyof typeof EventKind, argument0 = 0, argument1 = 0) =>
  record('event', { event: EventKind[kind], argument0, argument1 });
const boot = record('boot', {
  ...{ cause: 1, kept: false, slot: 0, state: 3, version: 0x0102_0003, build: 4, imageHash: 'ab'.repeat(32) },
});
const readout = (snr: number | null, unreadable: boolean) =>
  record('readout', {
    ...{ channel: 9, snrCentidecibel: snr, unreadable, attenuationDecibel: 0, windows: 100, clippedI: 2, clippedQ: 3 },
  });

/** `name{labels} value`, as a person would write it. */
const textOf = ({ name, suffix = '', labels, value }: Sample) =>
  `${name}${suffix}{${Object.entries(labels)
    .filter(([label]) => label !== 'cryostat' && label !== 'device')
    .map(([label, text]) => `${label}=${text}`)
    .join(',')}} ${value}`;
const texts = (one: TelemetryRecord) => samplesOf(one).map(textOf);
const failedOf = (one: TelemetryRecord) =>
  samplesOf(one)
    .filter(({ name, value }) => name === 'coldrig_checks_failed_total' && value > 0)
    .map(({ labels }) => labels.objective);

describe('a heartbeat', () => {
  test('gives temperatures in kelvins by flange, and what is not known is no number', () => {
    const shown = texts(beat()).filter((text) => text.startsWith('coldrig_flanges_temperature'));
    expect(shown).toContain('coldrig_flanges_temperature_kelvins{flange=mxc,channel=MXC} NaN');
    expect(shown).toContain('coldrig_flanges_temperature_kelvins{flange=pt2,channel=4K-spare} 3.072');
  });

  test.each<[string, TelemetryBody, string[]]>([
    ['in health', {}, []],
    ['with a tripped thermal interlock', { tripped: 1 << 3 }, ['stage_temperature']],
    [
      'with a stage above its limit',
      { temperaturesMicrokelvin: [41e6, 4_310_000, 4_312_000, 1e6, 1e5, 1e4] },
      ['stage_temperature'],
    ],
    ['over its power budget', { powerMicrowatts: 150_001 }, ['heat_load']],
    ['with load shed', { shed: 1 }, ['heat_load']],
    ['with a bad clock', { health: Health.CLOCK }, ['clock_jitter']],
    ['with a line that is lossy', { health: Health.SIGNAL }, ['attenuation']],
    ['with a cell that does not hold', { health: Health.CELLS }, ['multiplexer_errors']],
    ['with a rail that is low', { health: Health.RAILS }, ['power_transients']],
    [
      'with thermometers that disagree',
      { temperaturesMicrokelvin: [41e6, 3_070_000, 3_096_000, 1e6, 1e5, 1e4] },
      ['calibration_drift'],
    ],
    [
      'with thermometers of one plate of which neither is trusted',
      { temperaturesMicrokelvin: [41e6, null, null, 1e6, 1e5, 1e4], thermometers: 0b111001 },
      ['calibration_drift'],
    ],
  ])('%s fails the checks of %o: %j', (_, more, objectives) => {
    expect(failedOf(beat(more))).toEqual(objectives);
  });
});

describe('an event', () => {
  test.each<[TelemetryRecord, string]>([
    [event('INTERLOCK_TRIPPED', 12, 30), 'coldrig_interlocks_tripped{group=rail-over} 1'],
    [event('INTERLOCK_TRIPPED', 3, 0), 'coldrig_last_alarm_timestamp_seconds{runbook=stage-warm} 1800000000.5'],
    [event('SIGNAL_LOST', 2, 6020), 'coldrig_signal_loss_decibels{line=readout-return} 6.02'],
    [event('SIGNAL_BACK', 2, 0xffff_fff6), 'coldrig_signal_loss_decibels{line=readout-return} -0.01'],
    [event('SELF_TESTED', 1, 2304), 'coldrig_converter_effective_bits{line=1} 9'],
    [event('SENSOR_LOST', 1, 8), 'coldrig_thermometer_state{channel=4K} 8'],
    [event('BOOT_START', 7, 1), 'coldrig_boots_total{cause=BROWN_OUT} 1'],
    [event('BOOT_REJECT', 1, 4), 'coldrig_updates_total{result=rejected} 1'],
    [event('CELL_SWITCH_ERROR', 1), 'coldrig_multiplexer_errors_total{error=wrong-cell} 1'],
    [event('SAFE_MODE_BEAT', 1, 9), 'coldrig_last_heartbeat_timestamp_seconds{} 1800000000.5'],
    [boot, 'coldrig_device_info{version=1.2.3+4,image=abababababab} 1'],
    [readout(1850, true), 'coldrig_readout_snr_decibels{channel=9} 18.5'],
    [record('dropped', { count: 17 }), 'coldrig_device_records_dropped_total{} 17'],
  ])('%o says %s', (one, text) => {
    expect(texts(one)).toContain(text);
  });

  test('of a kind that this version does not know is counted, and nothing else', () => {
    expect(texts(record('event', { event: 255, argument0: 1, argument1: 2 }))).toEqual([
      'coldrig_events_total{event=event-255} 1',
    ]);
    expect(samplesOf(record('kind-9', { words: [1] }))).toEqual([]);
  });

  test('of a boot makes counters of rare checks begin at 0, so that the first check is seen', () => {
    const table = new SeriesTable();
    table.apply(samplesOf(boot));
    const rare = [...table.all('coldrig_checks_total')].map(({ labels, value }) => [labels.objective, value]);
    expect(rare).toEqual([
      ['effective_bits', 0],
      ['update_success', 0],
    ]);
  });

  test('that the SNR is not known yet is no check', () => {
    expect(texts(readout(null, false)).filter((text) => text.includes('snr'))).toEqual([]);
  });
});

const about = { of: 'd1', ofCryostat: 'north' };
const ofGateway = [
  record('started', { version: '1' }),
  record('gap', { of: 'd1', gapBoot: 1, firstSequence: 3, lastSequence: 7 }),
  record('given-up', { of: 'd1', count: 4 }),
  record('poisoned', { of: 'd1' }),
  record('clock-stepped', { byMilliseconds: 5 }),
  record('anomaly', { ...about, quantity: 'readout_snr_decibels 3' }),
  record('calibration', { ...about, because: 'READOUT_LOST 3, 4', state: 'begun' }),
  record('calibration', { ...about, because: 'CLAIM', state: 'lasts' }),
  record('calibration', { ...about, because: 'CLAIM', state: 'ended' }),
];

test('the records of a gateway say what became of records, and until when a calibration explains alerts', () => {
  expect(ofGateway.flatMap(gatewayRecordSamples).map(textOf)).toEqual([
    'coldrig_gateway_starts_total{gateway=d1} 1',
    'coldrig_gateway_records_missing_total{} 5',
    'coldrig_gateway_records_dropped_total{} 4',
    'coldrig_gateway_last_drop_timestamp_seconds{} 1800000000.5',
    'coldrig_gateway_records_refused_total{} 1',
    'coldrig_gateway_clock_steps_total{gateway=d1} 1',
    'coldrig_anomalies_total{quantity=readout_snr_decibels 3} 1',
    'coldrig_last_anomaly_timestamp_seconds{quantity=readout_snr_decibels 3} 1800000000.5',
    'coldrig_calibration_until_timestamp_seconds{because=READOUT_LOST} 1800000900.5',
    'coldrig_calibration_until_timestamp_seconds{because=CLAIM} 1800000150.5',
    'coldrig_calibration_until_timestamp_seconds{because=CLAIM} 1800000000.5',
    'coldrig_calibrations_total{because=CLAIM,result=ended} 1',
  ]);
});

describe('all metrics', () => {
  const all = [
    ...Object.keys(EventKind).flatMap((kind) => samplesOf(event(kind as keyof typeof EventKind))),
    ...[beat(), boot, readout(2100, false), record('dropped', { count: 1 })].flatMap(samplesOf),
    ...ofGateway.flatMap(gatewayRecordSamples),
  ];
  const gateway = [
    ...uptimeSamples('north', 10, [9]),
    ...receivedSamples('north', 'bulk', 10),
    ...ingestSamples('north', 0.3),
    ...commandSamples({ cryostat: 'north', device: 'd1', method: 'echo', seconds: 0.01 }),
    ...bufferSamples('north', 1, 2),
  ];

  test('with a record as their source are made, and no others', () => {
    const expected = Object.entries(metrics as Record<string, Metric>)
      .filter(([name, { from }]) => name.startsWith('coldrig_checks') || !from.includes('gateway'))
      .map(([name]) => name);
    expect([...new Set(all.map(({ name }) => name))].sort()).toEqual(expected.sort());
  });

  test('have the labels of the table', () => {
    const wrong = [...all, ...gateway].filter(({ name, suffix, labels }) => {
      const wanted = [...metrics[name].labels, ...(suffix === '_bucket' ? ['le'] : [])];
      return [...wanted].sort().join() !== Object.keys(labels).sort().join();
    });
    expect(wrong.map(textOf)).toEqual([]);
  });

  test('of every objective that counts are checked by somebody', () => {
    const checked = [...all, ...gateway].flatMap(({ name, labels }) =>
      name === 'coldrig_checks_total' ? labels.objective : [],
    );
    expect([...new Set(checked)].sort()).toEqual(countedObjectives.map(({ name }) => name).sort());
  });
});

test('a table of series adds and sets, and a histogram has all of its buckets at once', () => {
  const table = new SeriesTable();
  for (const seconds of [0.03, 4, 40]) table.apply(ingestSamples('north', seconds));
  const buckets = [...table.all('coldrig_ingest_latency_seconds_bucket')].map(({ labels, value }) => [
    labels.le,
    value,
  ]);
  expect(buckets).toEqual([
    ...[
      ['0.005', 0],
      ['0.01', 0],
      ['0.025', 0],
      ['0.05', 1],
      ['0.1', 1],
      ['0.25', 1],
      ['0.5', 1],
      ['1', 1],
      ['2.5', 1],
    ],
    ...[
      ['5', 2],
      ['10', 2],
      ['+Inf', 3],
    ],
  ]);
  expect([...table.all('coldrig_checks_failed_total')].map(({ value }) => value)).toEqual([2]);
});
