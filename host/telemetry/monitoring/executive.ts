// The executive dashboard: do the fridges cool, do the budgets hold, what has happened in 30 days.

import { interlocks } from '../../../protocol/plant/interlocks.ts';
import { Channel } from '../../../protocol/plant/places.ts';
import type { Figure } from '../../../protocol/telemetry/figures.ts';
import type { MetricName } from '../../../protocol/telemetry/metrics.ts';
import { flangeOfChannel } from '../../../protocol/telemetry/places.ts';
import { type Dashboard, now, panel, query, series, silence, small } from './panel.ts';

const limitOf = (name: string) => (interlocks.find((interlock) => interlock.name === name)?.threshold ?? 0) / 1e6;
const plate = { channel: flangeOfChannel[Channel.PLATE_4K][1] };
const since30Days = (of: MetricName, by: readonly string[] = ['cryostat']): Figure => ({
  ...{ of, growth: ['increase', '30d'], by: ['sum', by] },
});
const ofCryostats = ['cryostat'] as const;

export const executive: Dashboard = {
  ...{ name: 'executive', title: 'coldrig: cryostats', span: 'now-30d', refresh: '5m', variables: ['cryostat'] },
  about: 'Whether the fridges cool, the controllers run, and the objectives hold',
  panels: [
    panel(
      'stat',
      'Cooling margin of the 4K plate',
      `How far the plate is below ${limitOf('PLATE_4K_HOT')} K, where controllers go to their safe state`,
      'kelvin',
      [
        query(
          {
            ...{ of: 'coldrig_flanges_temperature_kelvins', match: plate, by: ['max', ofCryostats] },
            from: limitOf('PLATE_4K_HOT'),
          },
          '{{cryostat}}',
        ),
      ],
      { ...small, limits: [0.5, 0.1] },
    ),
    panel(
      'stat',
      'Power margin',
      'What the controllers may still take',
      'watt',
      [
        query(
          {
            ...{ of: 'coldrig_power_budget_watts', by: ['sum', ofCryostats] },
            minus: { of: 'coldrig_power_watts', by: ['sum', ofCryostats] },
          },
          '{{cryostat}}',
        ),
      ],
      { ...small, limits: [0.02, 0] },
    ),
    panel(
      'stat',
      'Uptime by heartbeats, 3 days',
      'Share of the seconds in which a device had sent a heartbeat',
      'percentunit',
      [query({ of: ['errors', '3d'], match: { objective: 'heartbeat_uptime' }, from: 1 }, '{{cryostat}}')],
      { ...small, limits: [0.9995, 0.999] },
    ),
    panel(
      'stat',
      'Devices that beat',
      'Devices with a heartbeat in the last 10 s',
      'short',
      [query({ ...silence, below: 10, countBy: ofCryostats }, '{{cryostat}}')],
      small,
    ),
    panel(
      'bargauge',
      'Error budget used a day',
      'Days of budget that each objective used in the last day: over 1 it will not last',
      'short',
      [now({ of: ['burn', '1d'], by: ['max', ['objective']] }, '{{objective}}')],
      { limits: [1, 2], height: 10 },
    ),
    series(
      'Error budget that burns',
      'Burn rate over six hours; 1 uses up the budget in its window',
      'short',
      [query({ of: ['burn', '6h'], by: ['max', ['objective']] }, '{{objective}}')],
      { height: 10 },
    ),
    panel('table', 'Incidents of 30 days', 'Pages, in minutes that they lasted', 'm', [
      {
        expression:
          'sum by (cryostat, alertname) (count_over_time(ALERTS{alertstate="firing",severity="page",cryostat=~"$cryostat"}[30d:1m]))',
        ...{ legend: '{{cryostat}} {{alertname}}', isInstant: true, alerts: 'incidents' },
      },
    ]),
    panel(
      'stat',
      'Updates of 30 days',
      'Images that were confirmed and rejected',
      'short',
      [query(since30Days('coldrig_updates_total', ['result']), '{{result}}')],
      small,
    ),
    panel(
      'stat',
      'Experiments: programs started in 30 days',
      'Starts of sequencers',
      'short',
      [query({ ...since30Days('coldrig_events_total'), match: { event: 'SEQUENCER_STARTED' } }, '{{cryostat}}')],
      small,
    ),
    panel(
      'stat',
      'Trips of 30 days',
      'Trips of interlocks',
      'short',
      [query(since30Days('coldrig_interlock_trips_total'), '{{cryostat}}')],
      small,
    ),
    panel(
      'stat',
      'Boots of 30 days',
      'Of all devices, with those of updates',
      'short',
      [query(since30Days('coldrig_boots_total'), '{{cryostat}}')],
      small,
    ),
  ],
};
