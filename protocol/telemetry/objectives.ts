// Objectives M1 to M15: what is checked, how often it may fail, and who is told when it fails too often.
//
// Every objective counts the same two things: checks, and checks that failed (`coldrig_checks_total`, `coldrig_checks_failed_total`). The budget is the share that
// may fail in the window. A burn rate of 1 uses up the budget in exactly the window; alerts look at burn rates over a long and a short window, so that they
// come early and end soon. What must stay true: `check` says what host/telemetry/samples.ts or the gateway counts; every objective has a runbook.

import type { Figure } from './figures.ts';
import type { MetricName } from './metrics.ts';

/** Who is told: a page wakes somebody at once, a ticket waits for the morning, a review for the weekly meeting. */
export type Severity = 'page' | 'ticket' | 'review';

export interface Objective {
  id: string;
  /** Label `objective` of its series. */
  name: string;
  title: string;
  /** One check, and when it fails. */
  check: string;
  /** What a person looks at: a figure of the metrics themselves. */
  indicator: Figure;
  unit: string;
  /** Share of checks that must not fail. */
  target: number;
  /** Days in which the budget is counted. */
  windowDays: number;
  /** Checks that a long window must have before it says anything. */
  leastChecks: number;
  /** Of its fast burns; slow ones are tickets always. A page is right only where no condition (alerts.ts) wakes somebody sooner: a burn lasts minutes longer than its cause. */
  severity: 'page' | 'ticket';
  runbook: string;
  /** Follows from the burn of the others, and counts nothing itself. */
  isReview?: true;
}

/** Burn rates that alert: both windows must burn at this rate or faster. The short window is a twelfth of the long one. */
export interface BurnWindow {
  rate: number;
  long: string;
  short: string;
  /** `fast`: as the objective says. */
  severity: 'fast' | Severity;
}

export const burnWindows: readonly BurnWindow[] = [
  { rate: 14.4, long: '1h', short: '5m', severity: 'fast' },
  { rate: 6, long: '6h', short: '30m', severity: 'fast' },
  { rate: 1, long: '3d', short: '6h', severity: 'ticket' },
];

/** More than twice the budget over a day: the objective is looked at in the next review. */
export const reviewWindow: BurnWindow = { rate: 2, long: '1d', short: '2h', severity: 'review' };

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `6h` in seconds. */
export function secondsOf(window: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(window) ?? [];
  if (unit === undefined) throw new Error(`window ${window}: expected a number and s, m, h or d`);
  return Number(count) * unitSeconds[unit];
}

const row = (
  id: string,
  name: string,
  title: string,
  more: Omit<Objective, 'id' | 'name' | 'title' | 'windowDays'>,
): Objective => ({ id, name, title, windowDays: 30, ...more });

/** A continuous check, once a second and device: an hour of one device is enough to judge. */
const continuous = 60;

/** 99 % are faster. */
const slowest = (of: MetricName): Figure => ({
  ...{ of, part: '_bucket', growth: ['rate', '5m'], by: ['sum', ['cryostat', 'le']], quantile: 0.99 },
});
const commands: Figure = {
  ...{ of: 'rpc_client_call_duration_seconds', part: '_count', growth: ['rate', '5m'], by: ['sum', ['cryostat']] },
};

export const objectives: readonly Objective[] = [
  row('M1', 'stage_temperature', 'Stage temperature', {
    check: 'A heartbeat; fails while a thermal interlock is tripped or a stage is above its limit',
    indicator: { of: 'coldrig_flanges_temperature_kelvins', by: ['max', ['cryostat', 'flange']] },
    unit: 'K',
    ...{ target: 0.999, leastChecks: continuous, severity: 'ticket', runbook: 'stage-warm' },
  }),
  row('M2', 'heat_load', 'Heat load', {
    check: 'A heartbeat; fails while the power is over its budget or load is shed',
    indicator: { of: 'coldrig_power_watts', by: ['sum', ['cryostat']] },
    unit: 'W',
    ...{ target: 0.999, leastChecks: continuous, severity: 'ticket', runbook: 'power-budget' },
  }),
  row('M3', 'readout_snr', 'SNR of the readout', {
    check: 'A summary of a readout channel; fails when it cannot tell the states of its qubit apart',
    indicator: { of: 'coldrig_readout_snr_decibels', by: ['min', ['cryostat', 'device', 'channel']] },
    unit: 'dB',
    ...{ target: 0.995, leastChecks: 12, severity: 'ticket', runbook: 'readout-snr' },
  }),
  row('M4', 'effective_bits', 'Effective bits of the converters', {
    check: 'A self-test of a readout line; fails below 9 bits',
    indicator: { of: 'coldrig_converter_effective_bits', by: ['min', ['cryostat', 'device', 'line']] },
    unit: 'bit',
    ...{ target: 0.99, leastChecks: 10, severity: 'ticket', runbook: 'converter-bits' },
  }),
  row('M5', 'command_latency', 'Latency of commands', {
    check: 'A command that was answered; fails when that took more than 0.1 s',
    indicator: { ...slowest('rpc_client_call_duration_seconds'), match: { error_type: '' } },
    unit: 's',
    ...{ target: 0.99, leastChecks: 100, severity: 'ticket', runbook: 'command-failed' },
  }),
  row('M6', 'command_success', 'Success of commands', {
    check: 'A command; fails when no answer came. A refusal is an answer',
    indicator: { ...commands, not: { error_type: '' }, over: commands },
    unit: 'ratio',
    ...{ target: 0.999, leastChecks: 100, severity: 'ticket', runbook: 'command-failed' },
  }),
  row('M7', 'calibration_drift', 'Drift of the calibration', {
    check:
      'A heartbeat; fails while the two thermometers of the 4 K plate differ by more than 25 mK, or neither of them is trusted. A calibration record; fails when it cannot be stored or asks for too much',
    indicator: { of: 'coldrig_thermometers_difference_kelvin', by: ['max', ['cryostat', 'device']] },
    unit: 'K',
    ...{ target: 0.995, leastChecks: continuous, severity: 'ticket', runbook: 'thermometers-disagree' },
  }),
  row('M8', 'heartbeat_uptime', 'Uptime by heartbeats', {
    check: 'A second of a device that is in service; fails when its last heartbeat is older than 3 s',
    indicator: {
      ...{ of: 'coldrig_last_heartbeat_timestamp_seconds', by: ['max', ['cryostat', 'device']], isAge: true },
    },
    unit: 's',
    ...{ target: 0.999, leastChecks: continuous, severity: 'ticket', runbook: 'heartbeat-lost' },
  }),
  row('M9', 'budget_burn', 'Burn of the error budgets', {
    check: 'The other objectives; an objective fails while it burns more than twice its budget over a day',
    indicator: { of: ['burn', '1d'], by: ['max', ['cryostat', 'objective']] },
    unit: 'rate',
    ...{ target: 1, leastChecks: 0, severity: 'ticket', runbook: 'error-budget', isReview: true },
  }),
  row('M10', 'update_success', 'Success of updates', {
    check: 'An image that was confirmed or rejected; fails when it was rejected',
    indicator: { of: 'coldrig_updates_total', by: ['sum', ['cryostat', 'result']] },
    unit: 'count',
    ...{ target: 0.98, leastChecks: 10, severity: 'ticket', runbook: 'trial-failed' },
  }),
  row('M11', 'clock_jitter', 'Jitter of the clock', {
    check: 'A heartbeat; fails while a clock reference is missing, off its frequency or jitters',
    indicator: { of: 'coldrig_clock_bad', by: ['sum', ['cryostat']] },
    unit: 'count',
    ...{ target: 0.999, leastChecks: continuous, severity: 'ticket', runbook: 'clock' },
  }),
  row('M12', 'attenuation', 'Loss of the signal lines', {
    check: 'A heartbeat; fails while a signal line loses more than it should, or clips',
    indicator: { of: 'coldrig_signal_loss_decibels', by: ['max', ['cryostat', 'device', 'line']] },
    unit: 'dB',
    ...{ target: 0.999, leastChecks: continuous, severity: 'ticket', runbook: 'signal-line' },
  }),
  row('M13', 'multiplexer_errors', 'Errors of the multiplexer', {
    check: 'A heartbeat, and a report of an error; fails while a cell does not hold its value, and at each report',
    indicator: { of: 'coldrig_multiplexer_errors_total', growth: ['rate', '5m'], by: ['sum', ['cryostat', 'error']] },
    unit: 'rate',
    ...{ target: 0.999, leastChecks: continuous, severity: 'ticket', runbook: 'multiplexer-cell' },
  }),
  row('M14', 'power_transients', 'Power transients', {
    check: 'A heartbeat, and a trip of a rail or a brown-out; fails while a rail is not good, and at each trip',
    indicator: { of: 'coldrig_rails_good', by: ['min', ['cryostat']] },
    unit: 'count',
    ...{ target: 0.999, leastChecks: continuous, severity: 'ticket', runbook: 'rail-under' },
  }),
  row('M15', 'ingest_latency', 'Latency of ingestion', {
    check: 'A record; fails when it is in the store more than 1 s after it was received',
    indicator: slowest('coldrig_ingest_latency_seconds'),
    unit: 's',
    ...{ target: 0.99, leastChecks: 100, severity: 'ticket', runbook: 'telemetry-stale' },
  }),
];

/** Those that count checks. */
export const countedObjectives = objectives.filter(({ isReview }) => !isReview);

/** Share of checks that may fail. Rounded, because 1 - 0.999 is not 0.001 in binary. */
export const budgetOf = ({ target }: Objective): number => Number((1 - target).toFixed(9));

export function objectiveOf(name: string): Objective {
  const found = objectives.find((objective) => objective.name === name);
  if (found === undefined)
    throw new Error(`objective ${name}: there is none of this name in protocol/telemetry/objectives.ts`);
  return found;
}
