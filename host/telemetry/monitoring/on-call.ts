// The dashboard of who is on call: what is wrong now, where, and what was changed last.

import type { MetricName } from '../../../protocol/telemetry/metrics.ts';
import { type Dashboard, now, panel, query, series, silence } from './panel.ts';

const ofDevices = ['cryostat', 'device'] as const;
/** How long ago something was, where that is not too long. */
const since = (metric: MetricName, below: number, ...more: string[]) =>
  now(
    { of: metric, by: ['max', [...ofDevices, ...more]], isAge: true, below },
    [...ofDevices, ...more].map((label) => `{{${label}}}`).join(' '),
  );

export const onCall: Dashboard = {
  ...{ name: 'on-call', title: 'coldrig: on call', span: 'now-3h', refresh: '15s', variables: ['cryostat'] },
  about: 'What is wrong now, and what was changed before',
  panels: [
    panel(
      'table',
      'Alerts now',
      'By severity and place; each has a runbook: coldrig runbook NAME',
      'short',
      [
        {
          expression:
            'sort_desc(count by (severity, alertname, cryostat, device, objective) (ALERTS{alertstate="firing",cryostat=~"$cryostat"}))',
          ...{ legend: '{{severity}} {{alertname}}', isInstant: true, alerts: 'firing' },
        },
      ],
      { width: 24 },
    ),
    series(
      'Temperatures of the flanges',
      'The warmest thermometer of each',
      'kelvin',
      [
        query(
          { of: 'coldrig_flanges_temperature_kelvins', by: ['max', ['cryostat', 'flange']] },
          '{{cryostat}} {{flange}}',
        ),
      ],
      { isLogarithmic: true },
    ),
    series(
      'Heat load of the controllers',
      'Estimated power, and what it may be',
      'watt',
      [
        query({ of: 'coldrig_power_watts', by: ['sum', ['cryostat']] }, '{{cryostat}} power'),
        query({ of: 'coldrig_power_budget_watts', by: ['sum', ['cryostat']] }, '{{cryostat}} budget'),
      ],
      { isLogarithmic: true },
    ),
    panel(
      'table',
      'Oldest heartbeats',
      'Seconds since the last heartbeat of each device',
      's',
      [now({ ...silence, most: 20 }, '{{cryostat}} {{device}}')],
      { limits: [3, 10] },
    ),
    panel('table', 'Devices that are not healthy', 'Health word; coldrig status has it in words', 'short', [
      now({ of: 'coldrig_health_word', by: ['max', ofDevices], above: 0 }, '{{cryostat}} {{device}}'),
    ]),
    panel(
      'stat',
      'Interlocks tripped',
      'By group',
      'short',
      [query({ of: 'coldrig_interlocks_tripped', by: ['sum', ['group']] }, '{{group}}')],
      { limits: [1, 1], height: 6 },
    ),
    panel('table', 'Last updates', 'Seconds since an image was confirmed or rejected, a day at most', 's', [
      since('coldrig_last_update_timestamp_seconds', 86400),
    ]),
    panel('table', 'Last calibrations', 'Seconds since a record came into force, a day at most', 's', [
      since('coldrig_last_calibration_timestamp_seconds', 86400),
    ]),
    panel('table', 'Last alarms of devices', 'Seconds since an event with this runbook, three hours at most', 's', [
      since('coldrig_last_alarm_timestamp_seconds', 10800, 'runbook'),
    ]),
    series('Burn rates over an hour', 'A page or a ticket from 14.4 on', 'short', [
      query({ of: ['burn', '1h'], by: ['max', ['cryostat', 'objective']] }, '{{cryostat}} {{objective}}'),
    ]),
    series('Gateways', 'Age of the newest record, and used part of the buffer', 's', [
      query(
        { of: 'coldrig_last_record_timestamp_seconds', by: ['max', ['cryostat']], isAge: true },
        '{{cryostat}} age',
      ),
      query({ of: 'coldrig_gateway_buffer_used_ratio', by: ['max', ['cryostat']] }, '{{cryostat}} buffer'),
    ]),
    series('Records that are not there', 'Dropped by the gateway, missing, or not readable', 'short', [
      query({ of: 'coldrig_gateway_records_dropped_total', by: ['sum', ['cryostat']] }, '{{cryostat}} dropped'),
      query({ of: 'coldrig_gateway_records_missing_total', by: ['sum', ['cryostat']] }, '{{cryostat}} missing'),
      query({ of: 'coldrig_gateway_records_refused_total', by: ['sum', ['cryostat']] }, '{{cryostat}} not readable'),
    ]),
  ],
};
