// The executive dashboard: do the fridges cool, do the budgets hold, what has happened in 30 days.

import { interlocks } from '../../../protocol/plant/interlocks.ts';
import { Channel } from '../../../protocol/plant/places.ts';
import { flangeOfChannel } from '../../../protocol/telemetry/metrics.ts';
import { chosen, type Dashboard, now, panel, query, series, silent, small } from './panel.ts';
import { recorded } from './promql.ts';

const limitOf = (name: string) => (interlocks.find((interlock) => interlock.name === name)?.threshold ?? 0) / 1e6;
const plate = `{cryostat=~"$cryostat",channel="${flangeOfChannel[Channel.PLATE_4K][1]}"}`;
const since30Days = (metric: string) => `sum by (cryostat) (increase(${metric}${chosen}[30d]))`;

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
          `${limitOf('PLATE_4K_HOT')} - max by (cryostat) (coldrig_flanges_temperature_kelvins${plate})`,
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
          `sum by (cryostat) (coldrig_power_budget_watts${chosen}) - sum by (cryostat) (coldrig_power_watts${chosen})`,
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
      [query(`1 - ${recorded.errors('3d')}{objective="heartbeat_uptime",cryostat=~"$cryostat"}`, '{{cryostat}}')],
      { ...small, limits: [0.9995, 0.999] },
    ),
    panel(
      'stat',
      'Devices that beat',
      'Devices with a heartbeat in the last 10 s',
      'short',
      [query(`count by (cryostat) (${silent('cryostat, device')} < 10)`, '{{cryostat}}')],
      small,
    ),
    panel(
      'bargauge',
      'Error budget used a day',
      'Days of budget that each objective used in the last day: over 1 it will not last',
      'short',
      [now(`max by (objective) (${recorded.burn('1d')}${chosen})`, '{{objective}}')],
      { limits: [1, 2], height: 10 },
    ),
    series(
      'Error budget that burns',
      'Burn rate over six hours; 1 uses up the budget in its window',
      'short',
      [query(`max by (objective) (${recorded.burn('6h')}${chosen})`, '{{objective}}')],
      { height: 10 },
    ),
    panel('table', 'Incidents of 30 days', 'Pages, in minutes that they lasted', 'm', [
      now(
        `sum by (cryostat, alertname) (count_over_time(ALERTS{alertstate="firing",severity="page",cryostat=~"$cryostat"}[30d:1m]))`,
        '{{cryostat}} {{alertname}}',
      ),
    ]),
    panel(
      'stat',
      'Updates of 30 days',
      'Images that were confirmed and rejected',
      'short',
      [query(`sum by (result) (increase(coldrig_updates_total${chosen}[30d]))`, '{{result}}')],
      small,
    ),
    panel(
      'stat',
      'Experiments: programs started in 30 days',
      'Starts of sequencers',
      'short',
      [
        query(
          'sum by (cryostat) (increase(coldrig_events_total{cryostat=~"$cryostat",event="SEQUENCER_STARTED"}[30d]))',
          '{{cryostat}}',
        ),
      ],
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
