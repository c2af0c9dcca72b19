// What a telemetry record says in numbers: record -> samples of the metrics in protocol/telemetry/metrics.ts.
//
// A function of the record alone. A sample sets a series or adds to it; whoever keeps the series applies it (series.ts). So records may come late or in any order
// of devices, and a gateway that starts anew needs no state. What must stay true: a record is given once (the log drops repeats); a check of an objective is counted
// here as its row in protocol/telemetry/objectives.ts says; a failed check and a good one touch the same two series, so that both are there from the beginning.

import { nameOf } from '../../protocol/constants.ts';
import { interlocks, interlocksOf } from '../../protocol/plant/interlocks.ts';
import { Channel } from '../../protocol/plant/places.ts';
import { Filter, SensorState } from '../../protocol/plant/sensors.ts';
import { resetCauses, runbookOfEvent } from '../../protocol/runbooks.ts';
import { EventKind, eventKinds } from '../../protocol/telemetry/events.ts';
import { Health } from '../../protocol/telemetry/health.ts';
import {
  EFFECTIVE_BITS_LEAST,
  flangeOfChannel,
  groupOfInterlock,
  interlockGroups,
  lineNames,
} from '../../protocol/telemetry/places.ts';
import type { TelemetryBody, TelemetryRecord } from '../tools/telemetry/envelope.ts';
import { type Labels, type Sample, SampleList, type SampleSink } from './sample.ts';

const MICRO = 1e-6;
const VERSION_SHIFTS = [24, 16, 0] as const;
const VERSION_MASKS = [0xff, 0xff, 0xffff] as const;
const REFERENCE_LOCKED = 4;

/** Samples of a record; none of a kind that this version does not know. */
export function samplesOf(record: TelemetryRecord): Sample[] {
  const list = new SampleList(record);
  tellSamples(record, list);
  return list.samples;
}

/** The same, to whom it may concern. */
export function tellSamples({ kind, body }: TelemetryRecord, to: SampleSink): void {
  switch (kind) {
    case 'heartbeat':
      heartbeatSamples(to, body);
      break;
    case 'event':
      eventSamples(to, body);
      break;
    case 'boot':
      bootSamples(to, body);
      break;
    case 'readout':
      readoutSamples(to, body);
      break;
    case 'dropped':
      to.add('coldrig_device_records_dropped_total', numberOf(body.count));
      break;
  }
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : Number(value ?? 0));
const isSet = (word: number, bit: number) => (word & bit) !== 0;
const bitsIn = (word: number): number => {
  let count = 0;
  for (let rest = word >>> 0; rest !== 0; rest &= rest - 1) count++;
  return count;
};

/** Above this a stage is too warm: where its interlock trips. */
const hotKelvins: readonly number[] = Array.from({ length: Channel.COUNT }, (_, channel) => {
  const place = channel === Channel.PLATE_4K_B ? Channel.PLATE_4K : channel;
  const row = interlocks.find(({ name, of }) => name.endsWith('_HOT') && of === place);
  if (row === undefined) throw new Error(`interlocks: channel ${channel} has no limit; add a row HOT for it`);
  return row.threshold * MICRO;
});

const groupOf = new Map(interlocks.map(({ name }) => [name as string, groupOfInterlock(name)]));
const groupLabels: readonly Labels[] = Object.keys(interlockGroups).map((group) => ({ group }));
const temperatureLabels: readonly Labels[] = Array.from({ length: Channel.COUNT }, (_, channel) => {
  const [flange, name] = flangeOfChannel[channel] ?? [`${channel}`, `${channel}`];
  return { flange, channel: name };
});

function heartbeatSamples(to: SampleSink, body: TelemetryBody): void {
  const [health, tripped] = [numberOf(body.health), numberOf(body.tripped)];
  const groups = tripped === 0 ? [] : interlocksOf(tripped).map(({ name }) => groupOf.get(name));
  to.set('coldrig_last_heartbeat_timestamp_seconds', to.receivedSeconds);
  to.set('coldrig_uptime_seconds', numberOf(body.uptimeSeconds));
  to.set('coldrig_health_word', health);
  to.set('coldrig_task_slack_seconds', numberOf(body.leastSlackUs) * MICRO);
  to.set('coldrig_core_faults_total', numberOf(body.faultCount));
  to.set('coldrig_power_watts', numberOf(body.powerMicrowatts) * MICRO);
  to.set('coldrig_power_budget_watts', numberOf(body.budgetMicrowatts) * MICRO);
  to.set('coldrig_load_shed_step', numberOf(body.shed));
  to.set('coldrig_rails_good', bitsIn(numberOf(body.railsGood)));
  to.set('coldrig_clock_bad', isSet(health, Health.CLOCK) ? 1 : 0);
  to.set('coldrig_clock_locked', isSet(numberOf(body.reference), REFERENCE_LOCKED) ? 1 : 0);
  to.set('coldrig_clock_reference', numberOf(body.reference) & ~REFERENCE_LOCKED);
  to.set('coldrig_thermometers_trusted', bitsIn(numberOf(body.thermometers)));
  for (const labels of groupLabels) {
    let count = 0;
    for (const one of groups) if (one === labels.group) count++;
    to.set('coldrig_interlocks_tripped', count, labels);
  }
  const kelvins = temperaturesOf(body);
  for (const [channel, kelvin] of kelvins.entries()) {
    const labels = temperatureLabels[channel] ?? { flange: `${channel}`, channel: `${channel}` };
    // What is not known any more is no number: the last value would be believed.
    to.set('coldrig_flanges_temperature_kelvins', kelvin ?? Number.NaN, labels);
  }
  const isHot = kelvins.some((kelvin, channel) => kelvin !== undefined && kelvin > hotKelvins[channel]);
  to.check('stage_temperature', !isHot && !groups.includes('thermal'));
  const isOver = numberOf(body.powerMicrowatts) > numberOf(body.budgetMicrowatts);
  to.check('heat_load', !isOver && numberOf(body.shed) === 0);
  to.check('clock_jitter', !isSet(health, Health.CLOCK));
  to.check('attenuation', !isSet(health, Health.SIGNAL));
  to.check('multiplexer_errors', !isSet(health, Health.CELLS));
  to.check('power_transients', !isSet(health, Health.RAILS));
  const apart = Math.abs((kelvins[Channel.PLATE_4K] ?? Number.NaN) - (kelvins[Channel.PLATE_4K_B] ?? Number.NaN));
  to.set('coldrig_thermometers_difference_kelvin', apart);
  const isApart = apart > Filter.DISAGREE_MICROKELVIN * MICRO;
  to.check('calibration_drift', !isApart && !isNeitherTrusted(body));
}

const temperaturesOf = (body: TelemetryBody): (number | undefined)[] =>
  ((body.temperaturesMicrokelvin ?? []) as readonly (number | null)[]).map((microkelvin) =>
    microkelvin === null ? undefined : microkelvin * MICRO,
  );

/** Of the two thermometers of the 4 K plate: the firmware trusts neither when they differ by more than their makers allow. */
const isNeitherTrusted = (body: TelemetryBody): boolean => (numberOf(body.thermometers) & plateThermometers) === 0;
const plateThermometers = (1 << Channel.PLATE_4K) | (1 << Channel.PLATE_4K_B);

function bootSamples(to: SampleSink, body: TelemetryBody): void {
  const version = VERSION_SHIFTS.map((shift, part) => (numberOf(body.version) >>> shift) & VERSION_MASKS[part]);
  const image = String(body.imageHash ?? '').slice(0, 12);
  to.set('coldrig_device_info', 1, { version: `${version.join('.')}+${numberOf(body.build)}`, image });
  // What the firmware reports only when it changes begins anew with it.
  for (const [, channel] of flangeOfChannel) to.set('coldrig_thermometer_state', 0, { channel });
  for (const line of lineNames) {
    to.set('coldrig_signal_lost', 0, { line });
    to.set('coldrig_attenuation_decibels', 0, { line });
  }
  // A counter that begins with its first event has grown by nothing that a window can see.
  for (const objective of rareObjectives) to.noCheckYet(objective);
  for (const result of ['confirmed', 'rejected']) to.add('coldrig_updates_total', 0, { result });
  for (const error of multiplexerErrors) to.add('coldrig_multiplexer_errors_total', 0, { error });
}

/** Objectives whose checks are events, not heartbeats. */
const rareObjectives = ['effective_bits', 'update_success'] as const;
const multiplexerErrors = ['late', 'wrong-cell', 'lost-edge', 'refused-value'] as const;

function readoutSamples(to: SampleSink, body: TelemetryBody): void {
  const channel = `${numberOf(body.channel)}`;
  const { snrCentidecibel: snr } = body;
  if (typeof snr === 'number') {
    to.set('coldrig_readout_snr_decibels', snr / 100, { channel });
    to.check('readout_snr', body.unreadable !== true);
  }
  to.set('coldrig_readout_unreadable', body.unreadable === true ? 1 : 0, { channel });
  to.set('coldrig_readout_windows_total', numberOf(body.windows), { channel });
  to.set('coldrig_readout_clipped_samples_total', numberOf(body.clippedI), { channel, path: 'I' });
  to.set('coldrig_readout_clipped_samples_total', numberOf(body.clippedQ), { channel, path: 'Q' });
}

function eventSamples(to: SampleSink, body: TelemetryBody): void {
  const [kind, argument0, argument1] = [numberOf(body.event), numberOf(body.argument0), numberOf(body.argument1)];
  to.add('coldrig_events_total', 1, { event: nameOf(eventKinds, kind) ?? `event-${kind}` });
  const runbook = runbookOfEvent(kind, argument0, argument1);
  // A heartbeat repeats what an event has said already.
  if (runbook !== undefined && kind !== EventKind.HEARTBEAT)
    to.set('coldrig_last_alarm_timestamp_seconds', to.receivedSeconds, { runbook });
  ofEvent[kind]?.(to, argument0, argument1);
}

const lineOf = (line: number) => ({ line: lineNames[line] ?? `${line}` });
const channelOf = (channel: number) => ({ channel: flangeOfChannel[channel]?.[1] ?? `${channel}` });

function updated(to: SampleSink, result: 'confirmed' | 'rejected'): void {
  to.add('coldrig_updates_total', 1, { result });
  to.set('coldrig_last_update_timestamp_seconds', to.receivedSeconds);
  to.check('update_success', result === 'confirmed');
}

function multiplexerError(to: SampleSink, error: (typeof multiplexerErrors)[number]): void {
  to.add('coldrig_multiplexer_errors_total', 1, { error });
  to.check('multiplexer_errors', false);
}

function calibrationRecord(to: SampleSink, result: 'in-force' | 'not-stored' | 'limited'): void {
  to.add('coldrig_calibration_records_total', 1, { result });
  to.check('calibration_drift', result === 'in-force');
}

function signal(to: SampleSink, line: number, thousandths: number, isLost: boolean): void {
  to.set('coldrig_signal_lost', isLost ? 1 : 0, lineOf(line));
  to.set('coldrig_signal_loss_decibels', (thousandths | 0) / 1000, lineOf(line));
}

/** What an event says beside that it happened. */
const ofEvent: Readonly<Record<number, (to: SampleSink, argument0: number, argument1: number) => void>> = {
  [EventKind.BOOT_START](to, cause) {
    const name = nameOf(resetCauses, cause) ?? `${cause}`;
    to.add('coldrig_boots_total', 1, { cause: name });
    if (name === 'BROWN_OUT') to.check('power_transients', false);
  },
  [EventKind.SAFE_MODE_BEAT]: (to) => to.set('coldrig_last_heartbeat_timestamp_seconds', to.receivedSeconds),
  [EventKind.BOOT_REJECT]: (to) => updated(to, 'rejected'),
  [EventKind.IMAGE_CONFIRMED]: (to) => updated(to, 'confirmed'),
  [EventKind.INTERLOCK_TRIPPED](to, number) {
    const name = interlocks[number]?.name;
    to.add('coldrig_interlock_trips_total', 1, { interlock: name ?? `${number}` });
    if (name === undefined) return;
    const group = groupOfInterlock(name);
    // At once: the next heartbeat says how many of the group.
    to.set('coldrig_interlocks_tripped', 1, { group });
    if (group.startsWith('rail-')) to.check('power_transients', false);
  },
  [EventKind.SENSOR_LOST]: (to, channel, why) => to.set('coldrig_thermometer_state', why, channelOf(channel)),
  [EventKind.SENSOR_BACK]: (to, channel) =>
    to.set('coldrig_thermometer_state', SensorState.TRUSTED, channelOf(channel)),
  [EventKind.SIGNAL_LOST]: (to, line, loss) => signal(to, line, loss, true),
  [EventKind.SIGNAL_BACK]: (to, line, loss) => signal(to, line, loss, false),
  [EventKind.ATTENUATED]: (to, line, decibels) => to.set('coldrig_attenuation_decibels', decibels, lineOf(line)),
  [EventKind.READOUT_LOST]: (to, channel) => to.set('coldrig_readout_unreadable', 1, { channel: `${channel}` }),
  [EventKind.READOUT_BACK]: (to, channel) => to.set('coldrig_readout_unreadable', 0, { channel: `${channel}` }),
  [EventKind.SELF_TESTED](to, line, bits256) {
    to.set('coldrig_converter_effective_bits', bits256 / 256, { line: `${line}` });
    to.check('effective_bits', bits256 / 256 >= EFFECTIVE_BITS_LEAST);
  },
  [EventKind.CELL_LATE]: (to) => multiplexerError(to, 'late'),
  [EventKind.CELL_SWITCH_ERROR]: (to) => multiplexerError(to, 'wrong-cell'),
  [EventKind.MUX_EDGE_LOST]: (to) => multiplexerError(to, 'lost-edge'),
  [EventKind.CELL_VALUE_REFUSED]: (to) => multiplexerError(to, 'refused-value'),
  [EventKind.CALIBRATION](to) {
    calibrationRecord(to, 'in-force');
    to.set('coldrig_last_calibration_timestamp_seconds', to.receivedSeconds);
  },
  [EventKind.CALIBRATION_FAILED]: (to) => calibrationRecord(to, 'not-stored'),
  [EventKind.CORRECTION_LIMITED]: (to) => calibrationRecord(to, 'limited'),
};
