// The dashboard of one device: the links of all others lead here.

import { type Dashboard, now, ofDevice, panel, query, series, withDevice } from './panel.ts';

export const debug: Dashboard = {
  ...{ name: 'debug', title: 'coldrig: one device', span: 'now-6h', refresh: '15s' },
  about: 'A device in detail',
  variables: ['cryostat', 'device'],
  panels: [
    panel(
      'table',
      'Image',
      'Version and hash of what runs',
      'short',
      [now(`coldrig_device_info${ofDevice}`, '{{device}} {{version}} {{image}}')],
      { height: 4 },
    ),
    series('Uptime', 'A step down is a reset', 's', [query(`coldrig_uptime_seconds${ofDevice}`, '{{device}}')], {
      height: 4,
    }),
    panel('histogram', 'SNR of the channels', 'How many channels have which SNR; 20 dB are needed', 'dB', [
      query(`coldrig_readout_snr_decibels${ofDevice}`, '{{device}} {{channel}}'),
    ]),
    panel('histogram', 'Effective bits of the converters', 'By the last self-test of each line', 'short', [
      query(`coldrig_converter_effective_bits${ofDevice}`, '{{device}} {{line}}'),
    ]),
    series('SNR by channel', '', 'dB', [query(`coldrig_readout_snr_decibels${ofDevice}`, '{{device}} {{channel}}')]),
    series('Samples out of range', 'Extremes of the converters', 'cps', [
      query(`rate(coldrig_readout_clipped_samples_total${ofDevice}[5m])`, '{{device}} {{channel}} {{path}}'),
    ]),
    series('Attenuation and loss of the lines', 'What gain control put in, and what the line loses', 'dB', [
      query(`coldrig_attenuation_decibels${ofDevice}`, '{{device}} {{line}} attenuation'),
      query(`coldrig_signal_loss_decibels${ofDevice}`, '{{device}} {{line}} loss'),
    ]),
    series('Errors of the multiplexer', '', 'cps', [
      query(`rate(coldrig_multiplexer_errors_total${ofDevice}[5m])`, '{{device}} {{error}}'),
    ]),
    series('Calibration records', 'In force, refused, at a limit', 'short', [
      query(`coldrig_calibration_records_total${ofDevice}`, '{{device}} {{result}}'),
      query(`coldrig_anomalies_total${ofDevice}`, '{{device}} {{quantity}}'),
    ]),
    series('Thermometers', 'As this device reads them', 'kelvin', [
      query(`coldrig_flanges_temperature_kelvins${ofDevice}`, '{{device}} {{channel}}'),
    ]),
    series('Power', '', 'watt', [
      query(`coldrig_power_watts${ofDevice}`, '{{device}} power'),
      query(`coldrig_power_budget_watts${ofDevice}`, '{{device}} budget'),
    ]),
    series('Clock and rails', '', 'short', [
      query(`coldrig_clock_locked${ofDevice}`, '{{device}} locked'),
      query(`coldrig_clock_bad${ofDevice}`, '{{device}} bad reference'),
      query(`coldrig_rails_good${ofDevice}`, '{{device}} rails'),
    ]),
    series('Slack of the tasks', 'Least since the reset', 's', [
      query(`coldrig_task_slack_seconds${ofDevice}`, '{{device}}'),
    ]),
    series('Latency of commands', '99 % are faster', 's', [
      query(
        `histogram_quantile(0.99, sum by (device, le) (rate(rpc_client_call_duration_seconds_bucket${ofDevice}[5m])))`,
        '{{device}}',
      ),
    ]),
    series('Events', 'What the recorder of the device wrote', 'cps', [
      query(`rate(coldrig_events_total${withDevice('event!="HEARTBEAT"')}[5m])`, '{{device}} {{event}}'),
    ]),
    series('Records dropped by the device', '', 'short', [
      query(`coldrig_device_records_dropped_total${ofDevice}`, '{{device}}'),
    ]),
  ],
};
