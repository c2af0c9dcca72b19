// The dashboard of who is on call: what is wrong now, where, and what was changed last.

import { chosen, type Dashboard, now, panel, query, series, silent } from './panel.ts';
import { recorded } from './promql.ts';

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
        now(
          'sort_desc(count by (severity, alertname, cryostat, device, objective) (ALERTS{alertstate="firing",cryostat=~"$cryostat"}))',
          '{{severity}} {{alertname}}',
        ),
      ],
      { width: 24 },
    ),
    series('Temperatures of the flanges', 'The warmest thermometer of each', 'kelvin', [
      query(`max by (cryostat, flange) (coldrig_flanges_temperature_kelvins${chosen})`, '{{cryostat}} {{flange}}'),
    ]),
    series('Heat load of the controllers', 'Estimated power, and what it may be', 'watt', [
      query(`sum by (cryostat) (coldrig_power_watts${chosen})`, '{{cryostat}} power'),
      query(`sum by (cryostat) (coldrig_power_budget_watts${chosen})`, '{{cryostat}} budget'),
    ]),
    panel(
      'table',
      'Oldest heartbeats',
      'Seconds since the last heartbeat of each device',
      's',
      [now(`topk(20, ${silent('cryostat, device')})`, '{{cryostat}} {{device}}')],
      { limits: [3, 10] },
    ),
    panel('table', 'Devices that are not healthy', 'Health word; coldrig status has it in words', 'short', [
      now(`max by (cryostat, device) (coldrig_health_word${chosen}) > 0`, '{{cryostat}} {{device}}'),
    ]),
    panel(
      'stat',
      'Interlocks tripped',
      'By group',
      'short',
      [query(`sum by (group) (coldrig_interlocks_tripped${chosen})`, '{{group}}')],
      { limits: [1, 1], height: 6 },
    ),
    panel('table', 'Last updates', 'Seconds since an image was confirmed or rejected, a day at most', 's', [
      now(
        `time() - max by (cryostat, device) (coldrig_last_update_timestamp_seconds${chosen}) < 86400`,
        '{{cryostat}} {{device}}',
      ),
    ]),
    panel('table', 'Last calibrations', 'Seconds since a record came into force, a day at most', 's', [
      now(
        `time() - max by (cryostat, device) (coldrig_last_calibration_timestamp_seconds${chosen}) < 86400`,
        '{{cryostat}} {{device}}',
      ),
    ]),
    panel('table', 'Last alarms of devices', 'Seconds since an event with this runbook, three hours at most', 's', [
      now(
        `time() - max by (cryostat, device, runbook) (coldrig_last_alarm_timestamp_seconds${chosen}) < 10800`,
        '{{cryostat}} {{device}} {{runbook}}',
      ),
    ]),
    series('Burn rates over an hour', 'A page or a ticket from 14.4 on', 'short', [
      query(`max by (cryostat, objective) (${recorded.burn('1h')}${chosen})`, '{{cryostat}} {{objective}}'),
    ]),
    series('Gateways', 'Age of the newest record, and used part of the buffer', 's', [
      query(`time() - max by (cryostat) (coldrig_last_record_timestamp_seconds${chosen})`, '{{cryostat}} age'),
      query(`max by (cryostat) (coldrig_gateway_buffer_used_ratio${chosen})`, '{{cryostat}} buffer'),
    ]),
  ],
};
