// What a record of a gateway says in numbers (protocol/telemetry/gateway-kinds.ts): a function of the record alone, as samples.ts is for records of devices.
//
// What must stay true: the labels are those of the device or the cryostat that it is about, which its body or its envelope names; `device` of such a record is the
// name of the gateway.

import { calibrationLasts } from '../../protocol/telemetry/gateway-kinds.ts';
import type { MetricName } from '../../protocol/telemetry/metrics.ts';
import type { TelemetryRecord } from '../tools/telemetry/envelope.ts';
import type { Sample } from './sample.ts';

/** Samples of a record; none of a kind that this version does not know. */
export function gatewayRecordSamples(record: TelemetryRecord): Sample[] {
  const { kind, device: gateway, body } = record;
  const seconds = Number(record.receiveTimeNs / 1_000_000n) / 1000;
  const cryostat = `${body.ofCryostat ?? record.cryostat}`;
  const device = `${body.of}`;
  const add = (name: MetricName, labels: Sample['labels'], value = 1): Sample => ({ name, labels, value, how: 'add' });
  const set = (name: MetricName, labels: Sample['labels'], value: number): Sample => ({
    ...{ name, labels, value, how: 'set' },
  });
  switch (kind) {
    case 'started':
      return [add('coldrig_gateway_starts_total', { gateway })];
    case 'clock-stepped':
      return [add('coldrig_gateway_clock_steps_total', { gateway })];
    case 'gap': {
      const missing = Number(body.lastSequence) - Number(body.firstSequence) + 1;
      return [add('coldrig_gateway_records_missing_total', { cryostat }, missing)];
    }
    case 'given-up':
      return [
        add('coldrig_gateway_records_dropped_total', { cryostat }, Number(body.count)),
        set('coldrig_gateway_last_drop_timestamp_seconds', { cryostat }, seconds),
      ];
    case 'poisoned':
      return [add('coldrig_gateway_records_refused_total', { cryostat })];
    case 'anomaly': {
      const labels = { cryostat, device, quantity: `${body.quantity}` };
      return [add('coldrig_anomalies_total', labels), set('coldrig_last_anomaly_timestamp_seconds', labels, seconds)];
    }
    case 'calibration': {
      // Without its channels: each text would be a series.
      const [because] = `${body.because}`.split(' ');
      const [labels, result] = [{ cryostat, device, because }, `${body.state}`];
      const isRunning = result === 'begun' || result === 'lasts';
      // An end that never comes, because the gateway was killed, is no calibration for ever.
      const lasts = because === 'CLAIM' ? calibrationLasts.claimSeconds : calibrationLasts.eventSeconds;
      const until = set('coldrig_calibration_until_timestamp_seconds', labels, seconds + (isRunning ? lasts : 0));
      return isRunning ? [until] : [until, add('coldrig_calibrations_total', { ...labels, result })];
    }
    default:
      return [];
  }
}
