// Who is told of which alerts, how soon, how often, and what is not told because something else explains it: as data, for Alertmanager (alertmanager.ts) and for the
// gateway without one (notify.ts).
//
//   page    -> at once, one notification for each cryostat and alert, again after 4 hours
//   ticket  -> one notification for each cryostat, again after a day; not in the maintenance windows
//   review  -> once a week
//
// What must stay true: only a condition of a whole cryostat silences alerts of its devices, and only in that cryostat; a page is never muted by a time.

import { alerts } from '../../../protocol/telemetry/alerts.ts';
import type { Severity } from '../../../protocol/telemetry/objectives.ts';

export interface Telling {
  /** Alerts with the same of these are one notification. */
  groupBy: readonly string[];
  /** What comes in this time after the first alert of a group is told with it. */
  waitSeconds: number;
  /** Least time to the next notification of a group, when it has changed. */
  intervalSeconds: number;
  /** When it is told again although nothing has changed. */
  repeatSeconds: number;
  /** Waits in the maintenance windows. */
  isMuted?: true;
}

const hour = 3600;

export const tellings: Readonly<Record<Severity, Telling>> = {
  // By alert too: a second kind of fault in the same cryostat must wake somebody again, an alert that joins a group does not.
  page: { groupBy: ['cryostat', 'alertname'], waitSeconds: 5, intervalSeconds: 60, repeatSeconds: 4 * hour },
  ticket: { groupBy: ['cryostat'], waitSeconds: 30, intervalSeconds: 300, repeatSeconds: 24 * hour, isMuted: true },
  review: { groupBy: ['cryostat'], waitSeconds: 30, intervalSeconds: 300, repeatSeconds: 168 * hour },
};

/** Labels that an alert must have; of each, one of these values. */
export type Matching = Readonly<Record<string, readonly string[]>>;

export interface Inhibition {
  source: Matching;
  target: Matching;
  /** Labels that both have alike; a label that is missing is like an empty one. */
  equal: readonly string[];
}

const pagesOfCryostats = alerts.filter(({ severity, scope }) => severity === 'page' && scope === 'cryostat');
const sameObjective = ['cryostat', 'objective'];

export const inhibitions: readonly Inhibition[] = [
  {
    source: { alertname: pagesOfCryostats.map(({ name }) => name) },
    target: { scope: ['device'] },
    equal: ['cryostat'],
  },
  // A condition says what is wrong; the budget that burns because of it says no more.
  { source: { kind: ['condition'], severity: ['page'] }, target: { kind: ['burn'] }, equal: sameObjective },
  // Of one objective, the fastest burn is told.
  {
    source: { kind: ['burn'], window: ['1h'] },
    target: { kind: ['burn'], window: ['6h', '3d'] },
    equal: sameObjective,
  },
  { source: { kind: ['burn'], window: ['6h'] }, target: { kind: ['burn'], window: ['3d'] }, equal: sameObjective },
  // No records: what depends on records cannot be judged.
  { source: { alertname: ['TelemetryStale'] }, target: { alertname: ['HeartbeatsLost'] }, equal: ['cryostat'] },
];

/** When tickets wait; times are of the day in UTC. */
export interface MaintenanceWindow {
  /** 0 is Sunday. */
  weekday: number;
  from: string;
  to: string;
}

/** A lab writes its own hours here. */
export const usualMaintenance: readonly MaintenanceWindow[] = [{ weekday: 2, from: '08:00', to: '10:00' }];

const daySeconds = 24 * hour;
/** 1970 began with a Thursday. */
const weekdayOf = (seconds: number) => (Math.floor(seconds / daySeconds) + 4) % 7;
const secondsOfDay = (clock: string) => {
  const [hours, minutes] = clock.split(':').map(Number);
  return hours * hour + minutes * 60;
};

/** `seconds`: since 1970. */
export function isMaintenance(seconds: number, windows: readonly MaintenanceWindow[]): boolean {
  const passed = seconds % daySeconds;
  return windows.some(
    ({ weekday, from, to }) =>
      weekdayOf(seconds) === weekday && passed >= secondsOfDay(from) && passed < secondsOfDay(to),
  );
}
