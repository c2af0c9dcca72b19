// Alerts that are told together, and when: at the times of telling.ts.
//
//   present alerts ──labels of groupBy──> group ──wait, interval, repeat──> notification: what fires, and what was told and has ended
//
// What must stay true: an alert that was told is told again when it has ended; one that something else silences now has not ended, and nothing is told of it.

import type { Severity } from '../../../protocol/telemetry/objectives.ts';
import { keyOf } from '../series.ts';
import type { Notification, PresentAlert } from './notification.ts';
import { tellings } from './telling.ts';

/** A group that somebody was told of. */
export interface ToldGroup {
  severity: Severity;
  groupLabels: Readonly<Record<string, string>>;
  sinceSeconds: number;
  toldSeconds: number;
  told: PresentAlert[];
}

interface Group extends Omit<ToldGroup, 'toldSeconds' | 'told'> {
  /** Undefined: nobody was told yet. */
  toldSeconds?: number;
  told: ReadonlyMap<string, PresentAlert>;
}

const keyOfGroup = (severity: Severity, groupLabels: ToldGroup['groupLabels']) => `${severity} ${keyOf(groupLabels)}`;

export class Groups {
  private readonly groups = new Map<string, Group>();

  /** What is to be told now, when these alerts are there. */
  tell(seconds: number, present: readonly PresentAlert[]): Notification[] {
    const firing = new Map<string, Map<string, PresentAlert>>();
    for (const alert of present) {
      if (alert.silencedBy !== undefined) continue;
      const { severity, labels } = alert;
      const groupLabels = Object.fromEntries(tellings[severity].groupBy.map((label) => [label, labels[label] ?? '']));
      const key = keyOfGroup(severity, groupLabels);
      const members = firing.get(key) ?? new Map<string, PresentAlert>();
      firing.set(key, members.set(keyOf(labels), alert));
      if (!this.groups.has(key))
        this.groups.set(key, { severity, groupLabels, sinceSeconds: seconds, told: new Map() });
    }
    const there = new Set(present.map(({ labels }) => keyOf(labels)));
    return [...this.groups].flatMap(([key, group]) =>
      this.tellGroup(key, group, { firing: firing.get(key) ?? new Map(), there }, seconds),
    );
  }

  told(): ToldGroup[] {
    return [...this.groups.values()].flatMap(({ toldSeconds, told, ...group }) =>
      toldSeconds === undefined ? [] : [{ ...group, toldSeconds, told: [...told.values()] }],
    );
  }

  restore(groups: readonly ToldGroup[]): void {
    for (const { told, ...group } of groups) {
      const alerts = new Map(told.map((alert) => [keyOf(alert.labels), alert]));
      this.groups.set(keyOfGroup(group.severity, group.groupLabels), { ...group, told: alerts });
    }
  }

  private tellGroup(key: string, group: Group, now: Now, seconds: number): Notification[] {
    const { firing, there } = now;
    const ended = [...group.told].filter(([alert]) => !there.has(alert)).map(([, alert]) => alert);
    const silenced = [...group.told].filter(([alert]) => there.has(alert) && !firing.has(alert));
    const why = whyNow(group, { firing, ended: ended.length, silenced: silenced.length }, seconds);
    const isEmpty = firing.size === 0 && silenced.length === 0;
    if (isEmpty && (why === 'over' || group.toldSeconds === undefined)) this.groups.delete(key);
    if (why === undefined) return [];
    const { severity, groupLabels } = group;
    group.toldSeconds = seconds;
    group.told = new Map([...silenced, ...firing]);
    const { cryostat } = groupLabels;
    return [{ severity, cryostat, seconds, why, groupLabels, alerts: [...firing.values()], ended }];
  }
}

interface Now {
  /** Of the group, those that nothing silences. */
  firing: ReadonlyMap<string, PresentAlert>;
  /** All that are there, of any group. */
  there: ReadonlySet<string>;
}

/** Why a group is told now; undefined: it is not. */
function whyNow(
  group: Group,
  { firing, ended, silenced }: { firing: Now['firing']; ended: number; silenced: number },
  seconds: number,
): Notification['why'] | undefined {
  const { waitSeconds, intervalSeconds, repeatSeconds } = tellings[group.severity];
  const { toldSeconds, told, sinceSeconds } = group;
  if (toldSeconds === undefined) return firing.size > 0 && seconds - sinceSeconds >= waitSeconds ? 'new' : undefined;
  if (seconds - toldSeconds < intervalSeconds) return undefined;
  if (firing.size === 0 && silenced === 0) return 'over';
  if ([...firing.keys()].some((key) => !told.has(key))) return 'more';
  if (ended > 0) return 'fewer';
  return firing.size > 0 && seconds - toldSeconds >= repeatSeconds ? 'again' : undefined;
}
