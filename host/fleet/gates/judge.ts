// Compares readings under the new image with those under the old one.
//
// What must stay true: pure; what is not known is `missing`, and never good; a limit of 0 allows nothing more than the old image took.

import type { GateName } from '../../../protocol/fleet/states.ts';
import type { Baseline, GateLimits } from '../rollout/events.ts';
import type { Readings } from './readings.ts';

/** A device as its telemetry names it. */
export interface Subject {
  device: string;
  cryostat: string | undefined;
}

export type Judgement =
  | { is: 'good' }
  | { is: 'missing'; what: string }
  | { is: 'bad'; gate: GateName; detail: string };

/** Readings under the old image; a text: which of those that the gates need are missing. */
export function baselineFrom(readings: Readings, subject: Subject, gates: GateLimits): Baseline | string {
  const { device } = subject;
  const temperatureKelvin = readings.temperatureKelvin.get(device) ?? {};
  const snrDecibel = readings.snrDecibel.get(device) ?? {};
  const powerWatts = readings.powerWatts.get(device);
  if (gates.temperatureKelvin !== undefined && isEmpty(temperatureKelvin)) return 'temperatures';
  if (gates.powerShare !== undefined && powerWatts === undefined) return 'power';
  if (gates.calibrationDecibel !== undefined && isEmpty(snrDecibel)) return 'signal-to-noise ratios';
  if (gates.heartbeatMs !== undefined && !readings.heartbeatAgoMs.has(device)) return 'heartbeats';
  const alerts = alertsAbout(readings, subject);
  if (gates.alerts === true && !Array.isArray(alerts)) return alerts.missing;
  return {
    ...{ temperatureKelvin, snrDecibel, ...(Array.isArray(alerts) && { alerts }) },
    ...(powerWatts !== undefined && { powerWatts }),
  };
}

/** `sinceMs`: how long it has run the new image. */
export function judge(
  readings: Readings,
  subject: Subject,
  gates: GateLimits,
  baseline: Baseline,
  sinceMs: number,
): Judgement {
  const all = [
    heartbeat(readings, subject, gates, sinceMs),
    ofEach(
      'temperature',
      gates.temperatureKelvin,
      baseline.temperatureKelvin,
      readings.temperatureKelvin.get(subject.device),
      1,
      'K',
    ),
    ofEach(
      'calibration',
      gates.calibrationDecibel,
      baseline.snrDecibel,
      readings.snrDecibel.get(subject.device),
      -1,
      'dB',
    ),
    power(readings, subject, gates, baseline),
    alert(readings, subject, gates, baseline),
  ];
  return all.find(({ is }) => is === 'bad') ?? all.find(({ is }) => is === 'missing') ?? good;
}

const good: Judgement = { is: 'good' };
const isEmpty = (of: object) => Object.keys(of).length === 0;

function heartbeat(readings: Readings, { device }: Subject, { heartbeatMs }: GateLimits, sinceMs: number): Judgement {
  if (heartbeatMs === undefined) return good;
  // The last one may be older than the update: it is missed since the update.
  const agoMs = Math.min(readings.heartbeatAgoMs.get(device) ?? Number.POSITIVE_INFINITY, sinceMs);
  if (agoMs > heartbeatMs)
    return {
      is: 'bad',
      gate: 'heartbeat',
      detail: `no heartbeat for ${seconds(agoMs)}, at most ${seconds(heartbeatMs)}`,
    };
  return readings.heartbeatAgoMs.has(device) ? good : { is: 'missing', what: 'heartbeats' };
}

const seconds = (milliseconds: number) => `${Math.round(milliseconds / 100) / 10} s`;

/** `sign`: 1 when more is worse. */
function ofEach(
  gate: GateName,
  limit: number | undefined,
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>> | undefined,
  sign: 1 | -1,
  unit: string,
): Judgement {
  if (limit === undefined) return good;
  for (const [name, old] of Object.entries(before)) {
    const found = now?.[name];
    if (found === undefined || sign * (found - old) <= limit) continue;
    const detail = `${name} is at ${digits(found)} ${unit}, ${digits(old)} ${unit} under the old image; at most ${digits(limit)} ${unit} ${sign > 0 ? 'more' : 'less'}`;
    return { is: 'bad', gate, detail };
  }
  const lost = Object.keys(before).find((name) => now?.[name] === undefined);
  if (isEmpty(before) || lost !== undefined) return { is: 'missing', what: `${gate} ${lost ?? 'under the old image'}` };
  return good;
}

function power(
  readings: Readings,
  { device }: Subject,
  { powerShare }: GateLimits,
  { powerWatts: old }: Baseline,
): Judgement {
  if (powerShare === undefined) return good;
  const found = readings.powerWatts.get(device);
  if (found === undefined || old === undefined) return { is: 'missing', what: 'power' };
  if (found <= old * (1 + powerShare)) return good;
  const share = old > 0 ? `${digits((100 * (found - old)) / old)} % more` : 'more';
  const detail = `it takes ${digits(found)} W, ${share} than under the old image; at most ${digits(100 * powerShare)} %`;
  return { is: 'bad', gate: 'power', detail };
}

function alert(
  readings: Readings,
  subject: Subject,
  { alerts }: GateLimits,
  { alerts: before = [] }: Baseline,
): Judgement {
  if (alerts !== true) return good;
  const now = alertsAbout(readings, subject);
  if (!Array.isArray(now)) return { is: 'missing', what: now.missing };
  const fresh = now.find((name) => !before.includes(name));
  if (fresh === undefined) return good;
  return { is: 'bad', gate: 'alert', detail: `${fresh} fires, which did not under the old image` };
}

/** Of the device itself, or of its cryostat as a whole. */
function alertsAbout({ alerts }: Readings, { device, cryostat }: Subject): string[] | { missing: string } {
  if (!Array.isArray(alerts)) return alerts;
  const about = alerts.filter((one) =>
    one.device === undefined ? cryostat !== undefined && one.cryostat === cryostat : one.device === device,
  );
  return [...new Set(about.map(({ name }) => name))].sort();
}

const digits = (value: number) => `${Number(value.toPrecision(4))}`;
