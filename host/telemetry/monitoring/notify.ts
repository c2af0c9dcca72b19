// Who would be told of what: the alerts that fire, grouped, silenced, muted and repeated as telling.ts says, without Alertmanager.
//
//   alerts that fire ──labels, words, what was changed last──> present alerts ──silenced? muted?──> groups ──wait, interval, repeat──> notifications
//
// What must stay true: the same rules as in the configuration of Alertmanager (hil/test/interop/alertmanager.interop.ts compares both); a present alert that nobody
// is told of says why; time comes from who calls.

import { alerts, burnSummary, reviewAlertName, reviewSummary } from '../../../protocol/telemetry/alerts.ts';
import { objectiveOf, objectives, type Severity } from '../../../protocol/telemetry/objectives.ts';
import { keyOf, type SeriesTable } from '../series.ts';
import type { FiringAlert } from './evaluate.ts';
import {
  inhibitions,
  isMaintenance,
  type MaintenanceWindow,
  type Matching,
  tellings,
  usualMaintenance,
} from './telling.ts';

export interface PresentAlert {
  name: string;
  severity: Severity;
  cryostat: string;
  device?: string;
  /** As Alertmanager has them. */
  labels: Readonly<Record<string, string>>;
  /** A sentence for people. */
  summary: string;
  runbook: string;
  sinceSeconds: number;
  /** Why nobody is told: the alert that explains it, or a maintenance window. */
  silencedBy?: string;
  /** What was changed last, of the device or of the cryostat: times since 1970. */
  changed: { image?: string; updateSeconds?: number; calibrationSeconds?: number };
}

export interface Notification {
  severity: Severity;
  cryostat: string;
  seconds: number;
  why: 'new' | 'more' | 'fewer' | 'again' | 'over';
  /** All of the group that fire; none when it is over. */
  alerts: PresentAlert[];
}

export interface Incident {
  name: string;
  severity: Severity;
  cryostat: string;
  labels: Readonly<Record<string, string>>;
  fromSeconds: number;
  /** Left out while it lasts. */
  toSeconds?: number;
}

interface Group {
  severity: Severity;
  cryostat: string;
  sinceSeconds: number;
  toldSeconds?: number;
  told: ReadonlySet<string>;
}

const incidentsMost = 1000;

export class Notifier {
  present: PresentAlert[] = [];
  /** Oldest first; the oldest that are over go when there are too many. */
  incidents: Incident[] = [];
  private readonly maintenance: readonly MaintenanceWindow[];
  private readonly groups = new Map<string, Group>();
  private readonly running = new Map<string, Incident>();

  constructor(maintenance: readonly MaintenanceWindow[] = usualMaintenance) {
    this.maintenance = maintenance;
  }

  /** To be called at each look of the evaluator, with what it said. */
  take(seconds: number, firing: readonly FiringAlert[], table: SeriesTable): Notification[] {
    const all = firing.map((alert) => this.presentAlert(alert, seconds, table));
    this.note(all, seconds);
    this.present = all.map((alert) => {
      const silencedBy = this.silenceOf(alert, all, seconds);
      return silencedBy === undefined ? alert : { ...alert, silencedBy };
    });
    return this.tell(seconds);
  }

  private presentAlert(
    { name, severity, labels: by, value }: FiringAlert,
    seconds: number,
    table: SeriesTable,
  ): PresentAlert {
    const alert = alerts.find((one) => one.name === name);
    const objective = alert?.objective ?? by.objective;
    const labels: Record<string, string> = {
      ...{
        alertname: name,
        severity,
        scope: alert?.scope ?? 'cryostat',
        kind: alert === undefined ? 'burn' : 'condition',
      },
      ...(objective !== undefined && { objective }),
      ...by,
    };
    const { cryostat, device } = by;
    return {
      ...{ name, severity: severity as Severity, cryostat, ...(device !== undefined && { device }), labels },
      summary: filled(alert?.summary ?? burnWords(name, by.objective), labels, value),
      runbook: alert?.runbook ?? runbookOfBurn(name, by.objective),
      sinceSeconds: this.running.get(keyOf(labels))?.fromSeconds ?? seconds,
      changed: changedLast(table, cryostat, device),
    };
  }

  private note(all: readonly PresentAlert[], seconds: number): void {
    const keys = new Set(all.map(({ labels }) => keyOf(labels)));
    for (const [key, incident] of this.running) {
      if (keys.has(key)) continue;
      incident.toSeconds = seconds;
      this.running.delete(key);
    }
    for (const { name, severity, cryostat, labels } of all) {
      if (this.running.has(keyOf(labels))) continue;
      const incident: Incident = { name, severity, cryostat, labels, fromSeconds: seconds };
      this.running.set(keyOf(labels), incident);
      this.incidents.push(incident);
    }
    while (this.incidents.length > incidentsMost && this.incidents[0].toSeconds !== undefined) this.incidents.shift();
  }

  private silenceOf(alert: PresentAlert, all: readonly PresentAlert[], seconds: number): string | undefined {
    for (const { source, target, equal } of inhibitions) {
      if (!hasLabels(alert.labels, target)) continue;
      const cause = all.find(
        (other) =>
          other !== alert &&
          hasLabels(other.labels, source) &&
          equal.every((label) => (other.labels[label] ?? '') === (alert.labels[label] ?? '')),
      );
      if (cause !== undefined) return cause.name;
    }
    return tellings[alert.severity].isMuted && isMaintenance(seconds, this.maintenance)
      ? 'a maintenance window'
      : undefined;
  }

  private tell(seconds: number): Notification[] {
    const members = new Map<string, PresentAlert[]>();
    for (const alert of this.present) {
      if (alert.silencedBy !== undefined) continue;
      const { groupBy } = tellings[alert.severity];
      const key = `${alert.severity} ${groupBy.map((label) => JSON.stringify(alert.labels[label] ?? '')).join(' ')}`;
      const list = members.get(key);
      if (list === undefined) members.set(key, [alert]);
      else list.push(alert);
      if (!this.groups.has(key)) {
        const { severity, cryostat } = alert;
        this.groups.set(key, { severity, cryostat, sinceSeconds: seconds, told: new Set() });
      }
    }
    return [...this.groups].flatMap(([key, group]) => this.tellGroup(key, group, members.get(key) ?? [], seconds));
  }

  private tellGroup(key: string, group: Group, alertsOf: PresentAlert[], seconds: number): Notification[] {
    const why = whyNow(group, new Set(alertsOf.map(({ labels }) => keyOf(labels))), seconds);
    if (alertsOf.length === 0 && (why === 'over' || group.toldSeconds === undefined)) this.groups.delete(key);
    if (why === undefined) return [];
    group.toldSeconds = seconds;
    group.told = new Set(alertsOf.map(({ labels }) => keyOf(labels)));
    const { severity, cryostat } = group;
    return [{ severity, cryostat, seconds, why, alerts: alertsOf }];
  }
}

/** Why a group is told now; undefined: it is not. */
function whyNow(group: Group, keys: ReadonlySet<string>, seconds: number): Notification['why'] | undefined {
  const { waitSeconds, intervalSeconds, repeatSeconds } = tellings[group.severity];
  const { toldSeconds, told, sinceSeconds } = group;
  if (toldSeconds === undefined) return keys.size > 0 && seconds - sinceSeconds >= waitSeconds ? 'new' : undefined;
  if (seconds - toldSeconds < intervalSeconds) return undefined;
  if (keys.size === 0) return 'over';
  if ([...keys].some((key) => !told.has(key))) return 'more';
  if ([...told].some((key) => !keys.has(key))) return 'fewer';
  return seconds - toldSeconds >= repeatSeconds ? 'again' : undefined;
}

const hasLabels = (labels: PresentAlert['labels'], matching: Matching): boolean =>
  Object.entries(matching).every(([label, values]) => values.includes(labels[label] ?? ''));

const filled = (words: string, labels: PresentAlert['labels'], value = Number.NaN): string =>
  words
    .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? '')
    .replace('{{ $value | humanize }}', value.toPrecision(3).replace(/\.?0+$/, ''));

const burnWords = (name: string, objective: string): string =>
  name === reviewAlertName ? reviewSummary(objectiveOf(objective)) : burnSummary(objectiveOf(objective));

function runbookOfBurn(name: string, objective: string): string {
  const review = objectives.find(({ isReview }) => isReview);
  return name === reviewAlertName && review !== undefined ? review.runbook : objectiveOf(objective).runbook;
}

/** Of the device; of the cryostat, the latest of its devices. */
function changedLast(table: SeriesTable, cryostat: string, device?: string): PresentAlert['changed'] {
  const isOf = (labels: Readonly<Record<string, string>>) =>
    labels.cryostat === cryostat && (device === undefined || labels.device === device);
  const latest = (name: string) =>
    Math.max(...[...table.all(name)].filter(({ labels }) => isOf(labels)).map(({ value }) => value));
  const [updateSeconds, calibrationSeconds] = [
    latest('coldrig_last_update_timestamp_seconds'),
    latest('coldrig_last_calibration_timestamp_seconds'),
  ];
  const image =
    device === undefined ? undefined : [...table.all('coldrig_device_info')].findLast(({ labels }) => isOf(labels));
  return {
    ...(image !== undefined && { image: image.labels.version }),
    ...(Number.isFinite(updateSeconds) && { updateSeconds }),
    ...(Number.isFinite(calibrationSeconds) && { calibrationSeconds }),
  };
}
