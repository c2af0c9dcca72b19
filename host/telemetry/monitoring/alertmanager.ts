// Configuration for Alertmanager: who is told, how often, and what is not told because something else explains it.
//
//   page    -> at once, one notification for each cryostat and alert, again after 4 hours
//   ticket  -> one notification for each cryostat, again after a day; not in the maintenance windows
//   review  -> once a week
//
// What must stay true: only a condition of a whole cryostat silences alerts of its devices, and only in that cryostat; a page is never muted by a time.

import { stringify } from 'yaml';
import { alerts } from '../../../protocol/telemetry/alerts.ts';

export interface AlertmanagerOptions {
  /** Address that takes notifications, by severity: a webhook. */
  webhook?: string;
}

/** A program on the same machine: nothing leaves it until the user says where to. */
export const usualWebhook = 'http://127.0.0.1:9095';

export function alertmanagerConfiguration({ webhook = usualWebhook }: AlertmanagerOptions = {}): object {
  const receiver = (severity: string) => ({
    name: severity,
    webhook_configs: [{ url: `${webhook}/${severity}`, send_resolved: true, max_alerts: 0 }],
  });
  return {
    route: {
      receiver: 'ticket',
      group_by: ['cryostat'],
      ...{ group_wait: '30s', group_interval: '5m', repeat_interval: '24h' },
      routes: [
        {
          matchers: ['severity = page'],
          receiver: 'page',
          // By alert too: a second kind of fault in the same cryostat must wake somebody again, an alert that joins a group does not.
          group_by: ['cryostat', 'alertname'],
          ...{ group_wait: '5s', group_interval: '1m', repeat_interval: '4h' },
        },
        { matchers: ['severity = review'], receiver: 'review', repeat_interval: '168h' },
        { matchers: ['severity = ticket'], receiver: 'ticket', mute_time_intervals: ['maintenance'] },
      ],
    },
    inhibit_rules: inhibitions(),
    receivers: ['page', 'ticket', 'review'].map(receiver),
    time_intervals: [maintenance],
  };
}

/** When tickets wait; a lab writes its own hours here. */
const maintenance = {
  name: 'maintenance',
  time_intervals: [{ weekdays: ['tuesday'], times: [{ start_time: '08:00', end_time: '10:00' }], location: 'UTC' }],
};

function inhibitions(): object[] {
  const pagesOfCryostats = alerts.filter(({ severity, scope }) => severity === 'page' && scope === 'cryostat');
  return [
    {
      source_matchers: [`alertname =~ "${pagesOfCryostats.map(({ name }) => name).join('|')}"`],
      target_matchers: ['scope = device'],
      equal: ['cryostat'],
    },
    // A condition says what is wrong; the budget that burns because of it says no more.
    {
      source_matchers: ['kind = condition', 'severity = page'],
      target_matchers: ['kind = burn'],
      equal: ['cryostat', 'objective'],
    },
    // Of one objective, the fastest burn is told.
    {
      source_matchers: ['kind = burn', 'window = 1h'],
      target_matchers: ['kind = burn', 'window =~ "6h|3d"'],
      equal: ['cryostat', 'objective'],
    },
    {
      source_matchers: ['kind = burn', 'window = 6h'],
      target_matchers: ['kind = burn', 'window = 3d'],
      equal: ['cryostat', 'objective'],
    },
    // No records: what depends on records cannot be judged.
    {
      source_matchers: ['alertname = TelemetryStale'],
      target_matchers: ['alertname = HeartbeatsLost'],
      equal: ['cryostat'],
    },
  ];
}

export function alertmanagerText(options: AlertmanagerOptions = {}): string {
  return stringify(alertmanagerConfiguration(options), { lineWidth: 0 });
}
