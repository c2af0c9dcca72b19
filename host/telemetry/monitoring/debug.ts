// The dashboard of one device: the links of all others lead here.

import type { Figure } from '../../../protocol/telemetry/figures.ts';
import { type Dashboard, now, ofDevice, panel, query, series } from './panel.ts';

const of = (figure: Figure | Figure['of'], legend: string) =>
  query(
    typeof figure === 'string' || Array.isArray(figure) ? { of: figure as Figure['of'] } : (figure as Figure),
    legend,
    ofDevice,
  );
const rate = (metric: Figure['of'], more: Partial<Figure> = {}): Figure => ({
  of: metric,
  growth: ['rate', '5m'],
  ...more,
});

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
      [now({ of: 'coldrig_device_info' }, '{{device}} {{version}} {{image}}', ofDevice)],
      { height: 4 },
    ),
    series('Uptime', 'A step down is a reset', 's', [of('coldrig_uptime_seconds', '{{device}}')], {
      height: 4,
    }),
    panel('histogram', 'SNR of the channels', 'How many channels have which SNR; 20 dB are needed', 'dB', [
      of('coldrig_readout_snr_decibels', '{{device}} {{channel}}'),
    ]),
    panel('histogram', 'Effective bits of the converters', 'By the last self-test of each line', 'short', [
      of('coldrig_converter_effective_bits', '{{device}} {{line}}'),
    ]),
    series('SNR by channel', '', 'dB', [of('coldrig_readout_snr_decibels', '{{device}} {{channel}}')]),
    series('Samples out of range', 'Extremes of the converters', 'cps', [
      of(rate('coldrig_readout_clipped_samples_total'), '{{device}} {{channel}} {{path}}'),
    ]),
    series('Attenuation and loss of the lines', 'What gain control put in, and what the line loses', 'dB', [
      of('coldrig_attenuation_decibels', '{{device}} {{line}} attenuation'),
      of('coldrig_signal_loss_decibels', '{{device}} {{line}} loss'),
    ]),
    series('Errors of the multiplexer', '', 'cps', [
      of(rate('coldrig_multiplexer_errors_total'), '{{device}} {{error}}'),
    ]),
    series('Calibration records', 'In force, refused, at a limit', 'short', [
      of('coldrig_calibration_records_total', '{{device}} {{result}}'),
    ]),
    series('Calibrations and findings of the drift watch', 'Asked for by events, or by clients', 'short', [
      of('coldrig_calibrations_total', '{{device}} {{because}} {{result}}'),
      of('coldrig_anomalies_total', '{{device}} {{quantity}}'),
    ]),
    series(
      'Thermometers',
      'As this device reads them',
      'kelvin',
      [of('coldrig_flanges_temperature_kelvins', '{{device}} {{channel}}')],
      { isLogarithmic: true },
    ),
    series(
      'Power',
      '',
      'watt',
      [of('coldrig_power_watts', '{{device}} power'), of('coldrig_power_budget_watts', '{{device}} budget')],
      { isLogarithmic: true },
    ),
    series('Clock and rails', '', 'short', [
      of('coldrig_clock_locked', '{{device}} locked'),
      of('coldrig_clock_bad', '{{device}} bad reference'),
      of('coldrig_rails_good', '{{device}} rails'),
    ]),
    series('Slack of the tasks', 'Least since the reset', 's', [of('coldrig_task_slack_seconds', '{{device}}')]),
    series('Latency of commands', '99 % are faster', 's', [
      of(
        rate('rpc_client_call_duration_seconds', { part: '_bucket', by: ['sum', ['device', 'le']], quantile: 0.99 }),
        '{{device}}',
      ),
    ]),
    series('Events', 'What the recorder of the device wrote', 'cps', [
      of(rate('coldrig_events_total', { not: { event: 'HEARTBEAT' } }), '{{device}} {{event}}'),
    ]),
    series('Records dropped by the device', '', 'short', [of('coldrig_device_records_dropped_total', '{{device}}')]),
  ],
};
