// Configuration for Alertmanager, made of telling.ts.

import { stringify } from 'yaml';
import type { Severity } from '../../../protocol/telemetry/objectives.ts';
import { inhibitions, type Matching, type Telling, tellings, usualMaintenance } from './telling.ts';

export interface AlertmanagerOptions {
  /** Address that takes notifications, by severity: a webhook. */
  webhook?: string;
}

/** A program on the same machine: nothing leaves it until the user says where to. */
export const usualWebhook = 'http://127.0.0.1:9095';

const maintenance = 'maintenance';
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const severities: readonly Severity[] = ['page', 'ticket', 'review'];

export function alertmanagerConfiguration({ webhook = usualWebhook }: AlertmanagerOptions = {}): object {
  const receiver = (severity: string) => ({
    name: severity,
    webhook_configs: [{ url: `${webhook}/${severity}`, send_resolved: true, max_alerts: 0 }],
  });
  return {
    route: {
      ...{ receiver: 'ticket', ...timesOf(tellings.ticket) },
      routes: severities.map((severity) => ({
        ...{ matchers: [`severity = ${severity}`], receiver: severity, ...timesOf(tellings[severity]) },
        ...(tellings[severity].isMuted && { mute_time_intervals: [maintenance] }),
      })),
    },
    inhibit_rules: inhibitions.map(({ source, target, equal }) => ({
      ...{ source_matchers: matchers(source), target_matchers: matchers(target), equal },
    })),
    receivers: severities.map(receiver),
    time_intervals: [
      {
        name: maintenance,
        time_intervals: usualMaintenance.map(({ weekday, from, to }) => ({
          ...{ weekdays: [weekdays[weekday]], times: [{ start_time: from, end_time: to }], location: 'UTC' },
        })),
      },
    ],
  };
}

const timesOf = ({ groupBy, waitSeconds, intervalSeconds, repeatSeconds }: Telling) => ({
  ...{ group_by: groupBy, group_wait: durationOf(waitSeconds), group_interval: durationOf(intervalSeconds) },
  repeat_interval: durationOf(repeatSeconds),
});

const durationOf = (seconds: number) =>
  seconds % 3600 === 0 ? `${seconds / 3600}h` : seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;

const matchers = (matching: Matching) =>
  Object.entries(matching).map(([label, values]) =>
    values.length === 1 ? `${label} = ${values[0]}` : `${label} =~ "${values.join('|')}"`,
  );

export function alertmanagerText(options: AlertmanagerOptions = {}): string {
  return stringify(alertmanagerConfiguration(options), { lineWidth: 0, aliasDuplicateObjects: false });
}
