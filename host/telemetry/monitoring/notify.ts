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
import { Groups, type ToldGroup } from './groups.ts';
import type { Incident, Notification, PresentAlert } from './notification.ts';
import {
  inhibitions,
  isMaintenance,
  type MaintenanceWindow,
  type Matching,
  tellings,
  usualMaintenance,
} from './telling.ts';

const incidentsMost = 1000;

export class Notifier {
  present: PresentAlert[] = [];
  /** Oldest first; the oldest that are over go when there are too many. */
  incidents: Incident[] = [];
  private readonly maintenance: readonly MaintenanceWindow[];
  private readonly groups = new Groups();
  private readonly running = new Map<string, Incident>();

  constructor(maintenance: readonly MaintenanceWindow[] = usualMaintenance) {
    this.maintenance = maintenance;
  }

  /** To be called at each look of the evaluator, with what it said. */
  take(seconds: number, firing: readonly FiringAlert[], table: SeriesTable): Notification[] {
    this.look(seconds, firing, table);
    return this.groups.tell(seconds, this.present);
  }

  /** The same of the past, of which nobody is told now. */
  look(seconds: number, firing: readonly FiringAlert[], table: SeriesTable): void {
    const all = firing.map((alert) => this.presentAlert(alert, seconds, table));
    this.note(all, seconds);
    this.present = all.map((alert) => {
      const silencedBy = this.silenceOf(alert, all, seconds);
      return silencedBy === undefined ? alert : { ...alert, silencedBy };
    });
  }

  /** What was told, so that after a restart it is not told again. */
  told(): ToldGroup[] {
    return this.groups.told();
  }

  restore(groups: readonly ToldGroup[]): void {
    this.groups.restore(groups);
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
