// The gateway's own figures as samples: which devices beat, how long commands and ingestion take. Pure, like samples.ts.

import { metrics } from '../../protocol/telemetry/metrics.ts';
import { checkSamples, type Sample } from './sample.ts';

/** Older than this, a heartbeat is missing. */
const BEAT_LATE_SECONDS = 3;
/** Slower than this, a command or the way of a record into the store is slow. */
const COMMAND_SLOW_SECONDS = 0.1;
const INGEST_SLOW_SECONDS = 1;

/** To be called once a second. `lastHeartbeats`: of each device in service, when its last heartbeat was received. */
export function uptimeSamples(cryostat: string, nowSeconds: number, lastHeartbeats: Iterable<number>): Sample[] {
  return [...lastHeartbeats].flatMap((last) =>
    checkSamples(cryostat, 'heartbeat_uptime', nowSeconds - last <= BEAT_LATE_SECONDS),
  );
}

/** A record was received. */
export function receivedSamples(cryostat: string, of: string, nowSeconds: number): Sample[] {
  return [
    { name: 'coldrig_gateway_records_total', labels: { cryostat, class: of }, value: 1, how: 'add' },
    { name: 'coldrig_last_record_timestamp_seconds', labels: { cryostat }, value: nowSeconds, how: 'set' },
  ];
}

/** So many records have reached the store so long after they were received. */
export function ingestSamples(cryostat: string, seconds: number, count = 1): Sample[] {
  const one = [
    ...observed('coldrig_ingest_latency_seconds', { cryostat }, seconds),
    ...checkSamples(cryostat, 'ingest_latency', seconds <= INGEST_SLOW_SECONDS),
  ];
  return one.map((sample) => ({ ...sample, value: sample.value * count }));
}

export interface Command {
  cryostat: string;
  device: string;
  method: string;
  seconds: number;
  /** Why there was no answer; undefined: there was one, a refusal too. */
  error?: string;
}

/** A command to a device has ended. */
export function commandSamples({ cryostat, device, method, seconds, error }: Command): Sample[] {
  const labels = { cryostat, device, rpc_system_name: 'smp', rpc_method: method, error_type: error ?? '' };
  return [
    ...observed('rpc_client_call_duration_seconds', labels, seconds),
    ...checkSamples(cryostat, 'command_success', error === undefined),
    ...(error === undefined ? checkSamples(cryostat, 'command_latency', seconds <= COMMAND_SLOW_SECONDS) : []),
  ];
}

/** What the buffer on disk holds. */
export function bufferSamples(cryostat: string, bytes: number, limitBytes: number): Sample[] {
  const set = (name: Sample['name'], value: number): Sample => ({ name, labels: { cryostat }, value, how: 'set' });
  return [
    set('coldrig_gateway_buffer_bytes', bytes),
    set('coldrig_gateway_buffer_limit_bytes', limitBytes),
    set('coldrig_gateway_buffer_used_ratio', bytes / limitBytes),
  ];
}

/** An observation of a histogram: all of its series are there from the first one on. */
function observed(
  name: 'coldrig_ingest_latency_seconds' | 'rpc_client_call_duration_seconds',
  labels: Record<string, string>,
  value: number,
): Sample[] {
  const add = (suffix: string, more: Record<string, string>, by: number): Sample => ({
    ...{ name, suffix, labels: { ...labels, ...more }, value: by, how: 'add' },
  });
  return [
    ...(metrics[name].buckets ?? []).map((bound) => add('_bucket', { le: `${bound}` }, value <= bound ? 1 : 0)),
    add('_bucket', { le: '+Inf' }, 1),
    add('_sum', {}, value),
    add('_count', {}, 1),
  ];
}
