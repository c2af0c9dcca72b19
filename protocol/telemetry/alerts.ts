// Alerts: conditions of a cryostat or a device that somebody must know of at once, beside the burn of the objectives.
//
// A condition is data, so that two engines can judge it: PromQL is made of it (host/telemetry/monitoring/promql.ts), and the embedded default evaluates it itself
// (host/telemetry/monitoring/evaluate.ts). What must stay true: every alert has a runbook; an alert with `scope: 'cryostat'` that pages silences the alerts of the
// devices in that cryostat, so it must be one that explains them.

import { alarmTable } from '../constants.ts';
import type { MetricName } from './metrics.ts';
import {
  burnWindows,
  countedObjectives,
  type Objective,
  objectives,
  reviewWindow,
  type Severity,
} from './objectives.ts';
import { EFFECTIVE_BITS_LEAST } from './places.ts';

export interface AlertCondition {
  metric: MetricName;
  /** Labels that a series must have; a list: one of them. */
  match?: Readonly<Record<string, string | readonly string[]>>;
  /** The metric is a time: what is compared is how long ago it was, in seconds. */
  isTime?: true;
  /** A series that has ended still counts for so long. */
  rememberFor?: string;
  /** One alert for each combination of these labels; of several series the largest value counts, the smallest with `below`, the latest of times. */
  by: readonly string[];
  above?: number;
  below?: number;
  /** Of all devices of a cryostat, more than this share must meet the condition: one alert for the cryostat. */
  shareOfDevices?: number;
}

export interface Alert {
  name: string;
  /** A sentence for the person who is woken; `{{ $labels.device }}` and so on are filled in. */
  summary: string;
  severity: Severity;
  /** What it is about, for inhibition. */
  scope: 'cryostat' | 'device';
  condition: AlertCondition;
  /** How long the condition must last. */
  for: string;
  /** The objective whose burn it explains. */
  objective?: string;
  /** A calibration that runs on the device explains it. */
  isMutedByCalibration?: true;
  runbook: string;
}

const cryostat = ['cryostat'] as const;
const device = ['cryostat', 'device'] as const;
const tripped = (group: string, by: readonly string[]): AlertCondition => ({
  ...{ metric: 'coldrig_interlocks_tripped', match: { group }, by, above: 0 },
});
/** An event with one of these runbooks was received in the last ten minutes. */
const recent = (...runbook: string[]): AlertCondition => ({
  ...{ metric: 'coldrig_last_alarm_timestamp_seconds', match: { runbook }, isTime: true, by: device, below: 600 },
});

export const alerts: readonly Alert[] = [
  // --- pages -------------------------------------------------------------------------------------------------------------
  {
    ...{ name: 'CryostatWarm', severity: 'page', scope: 'cryostat', objective: 'stage_temperature' },
    summary:
      'Cryostat {{ $labels.cryostat }}: a stage is too warm, or warms too fast; controllers have closed their outputs',
    ...{ condition: tripped('thermal', cryostat), for: '0s', runbook: 'stage-warm' },
  },
  {
    ...{ name: 'RailOvercurrent', severity: 'page', scope: 'device', objective: 'power_transients' },
    summary: 'Device {{ $labels.device }} in {{ $labels.cryostat }}: a comparator has switched a supply rail off',
    ...{ condition: tripped('rail-over', device), for: '0s', runbook: 'rail-over' },
  },
  {
    ...{ name: 'HeaterRunaway', severity: 'page', scope: 'device', objective: 'heat_load' },
    summary: 'Device {{ $labels.device }} in {{ $labels.cryostat }}: a heater gives more power than it was set to',
    ...{ condition: tripped('heater', device), for: '0s', runbook: 'heater-runaway' },
  },
  {
    ...{ name: 'PowerOverBudget', severity: 'page', scope: 'device', objective: 'heat_load' },
    summary: 'Device {{ $labels.device }} in {{ $labels.cryostat }}: over its power budget with all load shed',
    ...{ condition: tripped('budget', device), for: '0s', runbook: 'power-budget' },
  },
  {
    ...{ name: 'HeartbeatsLost', severity: 'page', scope: 'cryostat', objective: 'heartbeat_uptime' },
    summary: 'Cryostat {{ $labels.cryostat }}: more than a fifth of its devices send no heartbeats',
    condition: {
      ...{ metric: 'coldrig_last_heartbeat_timestamp_seconds', isTime: true, by: device, above: 10 },
      shareOfDevices: 0.2,
    },
    ...{ for: '0s', runbook: 'heartbeat-lost' },
  },
  {
    ...{ name: 'TelemetryStale', severity: 'page', scope: 'cryostat', objective: 'heartbeat_uptime' },
    summary: 'Cryostat {{ $labels.cryostat }}: no record for a minute; nobody sees what happens in it',
    condition: {
      ...{ metric: 'coldrig_last_record_timestamp_seconds', isTime: true, rememberFor: '1d', by: cryostat, above: 60 },
    },
    ...{ for: '0s', runbook: 'telemetry-stale' },
  },
  // --- tickets of one device ---------------------------------------------------------------------------------------------
  {
    ...{ name: 'DeviceSilent', severity: 'ticket', scope: 'device', objective: 'heartbeat_uptime' },
    summary: 'Device {{ $labels.device }} in {{ $labels.cryostat }} has sent no heartbeat for 10 s',
    condition: { metric: 'coldrig_last_heartbeat_timestamp_seconds', isTime: true, by: device, above: 10 },
    ...{ for: '0s', runbook: 'heartbeat-lost' },
  },
  {
    ...{ name: 'DeviceReset', severity: 'ticket', scope: 'device' },
    summary:
      'Device {{ $labels.device }} in {{ $labels.cryostat }} was reset by its watchdog or by a fault of its core',
    ...{ condition: recent('watchdog', 'core-fault', 'reset-loop'), for: '0s', runbook: 'watchdog' },
  },
  {
    ...{ name: 'PowerTransient', severity: 'ticket', scope: 'device', objective: 'power_transients' },
    summary: 'Device {{ $labels.device }} in {{ $labels.cryostat }}: a supply rail fell, or the supply dipped',
    ...{ condition: recent('rail-under', 'brown-out'), for: '0s', runbook: 'rail-under' },
  },
  {
    ...{ name: 'LoadShed', severity: 'ticket', scope: 'device', objective: 'heat_load' },
    summary:
      'Device {{ $labels.device }} in {{ $labels.cryostat }} plays less than it was told: its plate cannot carry the heat away',
    condition: { metric: 'coldrig_load_shed_step', by: device, above: 0 },
    ...{ for: '5s', runbook: 'power-budget' },
  },
  {
    ...{ name: 'ReadoutUnreadable', severity: 'ticket', scope: 'device', objective: 'readout_snr' },
    summary:
      'Device {{ $labels.device }} in {{ $labels.cryostat }}: readout channel {{ $labels.channel }} cannot tell the states apart',
    condition: { metric: 'coldrig_readout_unreadable', by: [...device, 'channel'], above: 0 },
    ...{ for: '5s', runbook: 'readout-snr', isMutedByCalibration: true },
  },
  {
    ...{ name: 'ConverterBitsLow', severity: 'ticket', scope: 'device', objective: 'effective_bits' },
    summary:
      'Device {{ $labels.device }} in {{ $labels.cryostat }}: a converter of readout line {{ $labels.line }} has lost effective bits',
    condition: { metric: 'coldrig_converter_effective_bits', by: [...device, 'line'], below: EFFECTIVE_BITS_LEAST },
    ...{ for: '0s', runbook: 'converter-bits' },
  },
  {
    ...{ name: 'SignalLineLossy', severity: 'ticket', scope: 'device', objective: 'attenuation' },
    summary:
      'Device {{ $labels.device }} in {{ $labels.cryostat }}: signal line {{ $labels.line }} loses more than it should',
    condition: { metric: 'coldrig_signal_lost', by: [...device, 'line'], above: 0 },
    ...{ for: '0s', runbook: 'signal-line' },
  },
  {
    ...{ name: 'ConverterClips', severity: 'ticket', scope: 'device', objective: 'attenuation' },
    summary: 'Device {{ $labels.device }} in {{ $labels.cryostat }}: gain control attenuates line {{ $labels.line }}',
    condition: { metric: 'coldrig_attenuation_decibels', by: [...device, 'line'], above: 0 },
    ...{ for: '0s', runbook: 'clipping', isMutedByCalibration: true },
  },
  {
    ...{ name: 'ClockDegraded', severity: 'ticket', scope: 'device', objective: 'clock_jitter' },
    summary:
      'Device {{ $labels.device }} in {{ $labels.cryostat }}: a clock reference is missing, off its frequency or jitters',
    condition: { metric: 'coldrig_clock_bad', by: device, above: 0 },
    ...{ for: '0s', runbook: 'clock' },
  },
  {
    ...{ name: 'ThermometerLost', severity: 'ticket', scope: 'device' },
    summary: 'Device {{ $labels.device }} in {{ $labels.cryostat }}: a thermometer is not trusted any more',
    ...{ condition: recent('thermometer', 'blind'), for: '0s', runbook: 'thermometer' },
  },
  {
    ...{ name: 'CalibrationDrift', severity: 'ticket', scope: 'device', objective: 'calibration_drift' },
    summary:
      'Device {{ $labels.device }} in {{ $labels.cryostat }}: two thermometers part, or a correction is at its limit',
    ...{ condition: recent('thermometers-disagree', 'calibration'), for: '0s', runbook: 'thermometers-disagree' },
    isMutedByCalibration: true,
  },
  {
    ...{ name: 'MultiplexerErrors', severity: 'ticket', scope: 'device', objective: 'multiplexer_errors' },
    summary:
      'Device {{ $labels.device }} in {{ $labels.cryostat }}: cells of the multiplexer are late, wrong or refused',
    ...{ condition: recent('multiplexer-cell', 'multiplexer-load'), for: '0s', runbook: 'multiplexer-cell' },
  },
  {
    ...{ name: 'UpdateReverted', severity: 'ticket', scope: 'device', objective: 'update_success' },
    summary: 'Device {{ $labels.device }} in {{ $labels.cryostat }}: an update was rejected; the image before it runs',
    ...{
      condition: recent('trial-failed', 'image-damaged', 'image-signature', 'image-not-for-device', 'fallback'),
      ...{ for: '0s', runbook: 'trial-failed' },
    },
  },
  {
    ...{ name: 'TelemetryAnomaly', severity: 'ticket', scope: 'device' },
    summary: 'Device {{ $labels.device }} in {{ $labels.cryostat }}: the drift watch doubts {{ $labels.quantity }}',
    condition: {
      metric: 'coldrig_last_anomaly_timestamp_seconds',
      ...{ isTime: true, by: [...device, 'quantity'], below: 3600 },
    },
    ...{ for: '0s', runbook: 'calibration', isMutedByCalibration: true },
  },
  // --- tickets of the gateway --------------------------------------------------------------------------------------------
  {
    ...{ name: 'GatewayBufferFull', severity: 'ticket', scope: 'cryostat' },
    summary:
      'Gateway of {{ $labels.cryostat }}: its buffer is more than 80 % full; the link to the store is down or slow',
    condition: { metric: 'coldrig_gateway_buffer_used_ratio', by: cryostat, above: 0.8 },
    ...{ for: '1m', runbook: 'telemetry-stale' },
  },
  {
    ...{ name: 'RecordsDropped', severity: 'ticket', scope: 'cryostat' },
    summary: 'Gateway of {{ $labels.cryostat }} dropped records, because its buffer was full',
    condition: {
      ...{ metric: 'coldrig_gateway_last_drop_timestamp_seconds', isTime: true, by: cryostat, below: 600 },
    },
    ...{ for: '0s', runbook: 'telemetry-stale' },
  },
];

/** The alert of an objective that burns its budget: `StageTemperatureBurn`. */
export const burnAlertName = ({ name }: Objective): string => `${camel(name)}Burn`;

/** Sentences of burns, as those of the alerts above. */
export const burnSummary = ({ id, title }: Objective): string =>
  `Cryostat {{ $labels.cryostat }}: ${title} (${id}) uses up its error budget {{ $value | humanize }} times too fast`;
export const reviewSummary = ({ id, title }: Objective): string =>
  `Cryostat {{ $labels.cryostat }}: ${title} (${id}) used more than ${reviewWindow.rate} days of its error budget in a day`;

/** The one alert of M9. */
export const reviewAlertName = 'ErrorBudgetReview';

const camel = (name: string): string => name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
/** CryostatWarm -> CRYOSTAT_WARM, as alarms are named. */
export const alarmNameOf = (alert: string): string => alert.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase();

const runbookRows = [
  ...alerts.map(
    ({ name, summary, runbook }) => [name, summary.replace(/\{\{ \$labels\.(\w+) \}\}/g, '$1'), runbook] as const,
  ),
  ...countedObjectives.map(
    (objective) =>
      [
        burnAlertName(objective),
        `${objective.title}: burns its error budget ${burnWindows.map(({ rate }) => rate).join(', ')} times too fast`,
        objective.runbook,
      ] as const,
  ),
  ...objectives
    .filter(({ isReview }) => isReview)
    .map(
      ({ runbook }) => [reviewAlertName, 'An objective burns more than twice its budget over a day', runbook] as const,
    ),
];

/** All alerts by the names of alarms, each with its page. They have no numbers on any wire: the place in the list is enough. */
export const alertTable = alarmTable<string>(
  'ALERT',
  'Alerts of the fleet.',
  Object.fromEntries(
    runbookRows.map(([name, doc, runbook], place) => [alarmNameOf(name), [place, doc, runbook] as const]),
  ),
);
