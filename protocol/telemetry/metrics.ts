// Metrics: every series that gateway and store have, as one table. Rules, alerts, dashboards and the text on `/metrics` are made of it.
//
// Names are those of OpenMetrics: base units at the end, `_total` for counters. What the cryostat part measures is named as exporters of fridge logs name it
// (flanges, kelvins); a remote call as OpenTelemetry names it (`rpc.client.call.duration`). What must stay true: a name keeps its meaning, unit and labels; a query
// names only what is here (host/telemetry/monitoring/queries.test.ts); every metric with a source is made by host/telemetry/samples.ts, and no other.

import { counter, gauge, inSeconds, type Metric, metric, ofCryostat, ofDevice, ofGateway, told } from './metric.ts';

/** What a device says of itself. */
const deviceMetrics = {
  coldrig_device_info: metric('info', 'The image that runs', ['boot.version', 'boot.imageHash'], ['version', 'image']),
  coldrig_boots_total: counter('Boots, by reset cause', ['event BOOT_START'], ['cause']),
  coldrig_uptime_seconds: gauge('Since reset', ['heartbeat.uptimeSeconds'], [], { unit: 'seconds' }),
  coldrig_health_word: gauge('Health word: 0 is healthy (protocol/telemetry/health.ts)', ['heartbeat.health']),
  coldrig_task_slack_seconds: gauge(
    'Least time that any task had left before its deadline, since reset',
    ['heartbeat.leastSlackUs'],
    [],
    { unit: 'seconds' },
  ),
  coldrig_core_faults_total: counter('Faults of the core since power-on', ['heartbeat.faultCount']),
  coldrig_events_total: counter('Events of the recorder', ['event *'], ['event']),
  coldrig_last_heartbeat_timestamp_seconds: gauge(
    'When the last heartbeat was received, since 1970',
    ['heartbeat.heartbeat'],
    [],
    { unit: 'seconds' },
  ),
  coldrig_last_alarm_timestamp_seconds: gauge(
    'When the last event with this runbook was received, since 1970',
    ['event *'],
    ['runbook'],
    { unit: 'seconds' },
  ),
  coldrig_interlocks_tripped: gauge(
    'Interlocks of a group that have tripped and were not cleared',
    ['heartbeat.tripped', 'event INTERLOCK_TRIPPED'],
    ['group'],
  ),
  coldrig_interlock_trips_total: counter('Trips of an interlock', ['event INTERLOCK_TRIPPED'], ['interlock']),
  coldrig_updates_total: counter(
    'Images that were confirmed or rejected',
    ['event IMAGE_CONFIRMED', 'event BOOT_REJECT'],
    ['result'],
  ),
  coldrig_last_update_timestamp_seconds: gauge(
    'When an image was last confirmed or rejected, since 1970',
    ['event IMAGE_CONFIRMED', 'event BOOT_REJECT'],
    [],
    { unit: 'seconds' },
  ),
  coldrig_device_records_dropped_total: counter('Records that the device had no room for', ['dropped.count']),
} as const satisfies Record<string, Metric>;

/** The fridge as its controllers see it, and their share of its heat. */
const cryostatMetrics = {
  coldrig_flanges_temperature_kelvins: gauge(
    'Temperature of a flange, by thermometer',
    ['heartbeat.temperaturesMicrokelvin'],
    ['flange', 'channel'],
    { unit: 'kelvins' },
  ),
  coldrig_thermometers_difference_kelvin: gauge(
    'Between the two thermometers of the 4 K plate',
    ['heartbeat.temperaturesMicrokelvin'],
    [],
    { unit: 'kelvin' },
  ),
  coldrig_thermometer_state: gauge(
    'Why a thermometer is not trusted (protocol/plant/sensors.ts); 0: it is',
    ['event SENSOR_LOST', 'event SENSOR_BACK', 'boot.cause'],
    ['channel'],
  ),
  coldrig_thermometers_trusted: gauge('Thermometers that are trusted', ['heartbeat.thermometers']),
  coldrig_power_watts: gauge('Estimated power', ['heartbeat.powerMicrowatts'], [], { unit: 'watts' }),
  coldrig_power_budget_watts: gauge('What the power may be', ['heartbeat.budgetMicrowatts'], [], { unit: 'watts' }),
  coldrig_load_shed_step: gauge('Load that is shed, in steps; 0: none', ['heartbeat.shed']),
  coldrig_rails_good: gauge('Supply rails that are good', ['heartbeat.railsGood']),
  coldrig_clock_bad: gauge('1: a clock reference is missing or bad', ['heartbeat.health']),
  coldrig_clock_locked: gauge('1: the clock follows its reference', ['heartbeat.reference']),
  coldrig_clock_reference: gauge('Reference that the clock follows', ['heartbeat.reference']),
} as const satisfies Record<string, Metric>;

/** Lines, readout and multiplexer. */
const signalMetrics = {
  coldrig_signal_lost: gauge(
    '1: a signal line loses more than it should',
    ['event SIGNAL_LOST', 'event SIGNAL_BACK', 'boot.cause'],
    ['line'],
  ),
  coldrig_signal_loss_decibels: gauge(
    'Loss of a signal line when it was last reported',
    ['event SIGNAL_LOST', 'event SIGNAL_BACK'],
    ['line'],
    { unit: 'decibels' },
  ),
  coldrig_attenuation_decibels: gauge(
    'Attenuation that gain control has put before a converter',
    ['event ATTENUATED', 'boot.cause'],
    ['line'],
    { unit: 'decibels' },
  ),
  coldrig_readout_snr_decibels: gauge('SNR of a readout channel', ['readout.snrCentidecibel'], ['channel'], {
    unit: 'decibels',
  }),
  coldrig_readout_unreadable: gauge(
    '1: a readout channel cannot tell the states of its qubit apart',
    ['readout.unreadable', 'event READOUT_LOST', 'event READOUT_BACK'],
    ['channel'],
  ),
  coldrig_readout_windows_total: counter('Windows of the line of a readout channel', ['readout.windows'], ['channel']),
  coldrig_readout_clipped_samples_total: counter(
    'Samples of the line of a readout channel that were out of range',
    ['readout.clippedI', 'readout.clippedQ'],
    ['channel', 'path'],
  ),
  coldrig_converter_effective_bits: gauge(
    'Effective bits of the worse converter of a readout line, by its last self-test',
    ['event SELF_TESTED'],
    ['line'],
    { unit: 'bits' },
  ),
  coldrig_multiplexer_errors_total: counter(
    'Reports of late cells, wrong cells, lost edges and refused values',
    ['event CELL_LATE', 'event CELL_SWITCH_ERROR', 'event MUX_EDGE_LOST', 'event CELL_VALUE_REFUSED'],
    ['error'],
  ),
  coldrig_calibration_records_total: counter(
    'Calibration records that came into force, could not be stored, or ask for too much',
    ['event CALIBRATION', 'event CALIBRATION_FAILED', 'event CORRECTION_LIMITED'],
    ['result'],
  ),
  coldrig_last_calibration_timestamp_seconds: gauge(
    'When a calibration record last came into force, since 1970',
    ['event CALIBRATION'],
    [],
    { unit: 'seconds' },
  ),
  coldrig_calibration_until_timestamp_seconds: gauge(
    'Until when a calibration explains alerts, since 1970; in the past: none runs',
    ['record calibration'],
    ['because'],
    inSeconds,
  ),
  coldrig_calibrations_total: counter(
    'Calibrations that have ended, and claims of the readout',
    ['record calibration'],
    ['because', 'result'],
  ),
  coldrig_anomalies_total: counter('Findings of the drift watch', ['record anomaly'], ['quantity']),
  coldrig_last_anomaly_timestamp_seconds: gauge(
    'When the drift watch last found something, since 1970',
    ['record anomaly'],
    ['quantity'],
    inSeconds,
  ),
} as const satisfies Record<string, Metric>;

/** The gateway, its commands, its buffer; and what objectives count. */
const gatewayMetrics = {
  coldrig_checks_total: ofCryostat('counter', 'Checks of an objective (protocol/telemetry/objectives.ts)', [
    'objective',
  ]),
  coldrig_checks_failed_total: ofCryostat('counter', 'Checks of an objective that failed', ['objective']),
  coldrig_last_record_timestamp_seconds: ofCryostat(
    'gauge',
    'When it last received a record, since 1970',
    [],
    inSeconds,
  ),
  coldrig_gateway_records_total: ofCryostat('counter', 'Records received, repeats left out', ['class']),
  coldrig_gateway_records_repeated_total: ofCryostat('counter', 'Records that had been received before'),
  coldrig_gateway_records_refused_total: told(
    ofCryostat('counter', 'Records that could not be read'),
    'record poisoned',
  ),
  coldrig_gateway_records_missing_total: told(
    ofCryostat('counter', 'Records that did not come to this gateway'),
    'record gap',
  ),
  coldrig_gateway_records_dropped_total: told(
    ofCryostat('counter', 'Records that the buffer had no room for, or that waited too long'),
    'record given-up',
  ),
  coldrig_gateway_last_drop_timestamp_seconds: told(
    ofCryostat('gauge', 'When a record was last dropped', [], inSeconds),
    'record given-up',
  ),
  coldrig_gateway_starts_total: told(ofGateway('counter', 'Starts of a gateway', ['gateway']), 'record started'),
  coldrig_gateway_clock_steps_total: told(
    ofGateway('counter', 'Steps of the clock of a gateway', ['gateway']),
    'record clock-stepped',
  ),
  coldrig_gateway_buffer_bytes: ofCryostat('gauge', 'Records in the buffer', [], { unit: 'bytes' }),
  coldrig_gateway_buffer_limit_bytes: ofCryostat('gauge', 'What the buffer may hold', [], { unit: 'bytes' }),
  coldrig_gateway_buffer_used_ratio: ofCryostat('gauge', 'Used part of the buffer, 0 to 1'),
  coldrig_gateway_lag_records: ofGateway('gauge', 'Records that a reader of the log has not committed', ['reader']),
  coldrig_gateway_deliveries_retried_total: ofGateway('counter', 'Deliveries upstream that were tried again'),
  coldrig_gateway_notifications_total: ofGateway(
    'counter',
    'Notifications of alerts: told, refused, dropped, or tried again',
    ['result'],
  ),
  coldrig_ingest_samples_total: ofGateway('counter', 'Samples that the store has taken or refused', ['result']),
  coldrig_ingest_unreadable_total: ofGateway(
    'counter',
    'Records, or messages of the stream with all that is in them, that an ingester could not read and has left out',
    ['what'],
  ),
  coldrig_ingest_writes_retried_total: ofGateway('counter', 'Writes to the store that were tried again'),
  coldrig_ingest_lag_records: ofGateway('gauge', 'Records in the stream that are not in the store; with NATS, about'),
  coldrig_ingest_latency_seconds: ofCryostat(
    'histogram',
    'From the reception of a record to its place in the store',
    [],
    {
      unit: 'seconds',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    },
  ),
  rpc_client_call_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: [...ofDevice, 'rpc_system_name', 'rpc_method', 'error_type'],
    help: 'Commands to a device; error_type is empty where it answered',
    from: ['gateway'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
} as const satisfies Record<string, Metric>;

export const metrics = { ...deviceMetrics, ...cryostatMetrics, ...signalMetrics, ...gatewayMetrics };

export type MetricName = keyof typeof metrics;

/** The names of the series of a metric: a histogram has three, an info has its own name. */
export function seriesNamesOf(name: MetricName): string[] {
  return (metrics[name] as Metric).type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

/** Labels of a series by its name; undefined where there is no such series. */
export function labelsOfSeries(series: string): readonly string[] | undefined {
  for (const name of Object.keys(metrics) as MetricName[])
    if (seriesNamesOf(name).includes(series))
      return series.endsWith('_bucket') ? [...metrics[name].labels, 'le'] : metrics[name].labels;
  return undefined;
}
