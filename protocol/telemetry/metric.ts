// A row of the table of metrics (metrics.ts): what it says of a series, and where that comes from.

import type { EventKind } from './events.ts';
import type { GatewayKindName } from './gateway-kinds.ts';
import type { TelemetryKindName, telemetryKinds } from './records.ts';

type FieldOf<Kind extends TelemetryKindName> = (typeof telemetryKinds)[Kind]['fields'][number]['name'];

/** Where a metric comes from: a field of a record, an event of the recorder, a record of a gateway, or what is in no record. */
export type MetricSource =
  | { [Kind in TelemetryKindName]: `${Kind}.${FieldOf<Kind>}` }[TelemetryKindName]
  | `event ${keyof typeof EventKind}`
  | 'event *'
  | `record ${GatewayKindName}`
  | 'gateway';

export interface Metric {
  type: 'counter' | 'gauge' | 'histogram' | 'info';
  /** Base unit, as at the end of the name; left out: a number. */
  unit?: 'kelvin' | 'kelvins' | 'watts' | 'seconds' | 'bytes' | 'decibels' | 'bits';
  labels: readonly string[];
  help: string;
  from: readonly MetricSource[];
  /** Upper bounds of the buckets of a histogram, without +Inf. */
  buckets?: readonly number[];
}

/** Labels of what belongs to one device. */
export const ofDevice = ['cryostat', 'device'] as const;

export const metric = (
  type: Metric['type'],
  help: string,
  from: readonly MetricSource[],
  labels: readonly string[] = [],
  more: Pick<Metric, 'unit' | 'buckets'> = {},
): Metric => ({ type, ...more, labels: [...ofDevice, ...labels], help, from });

export const gauge = metric.bind(undefined, 'gauge');
export const counter = metric.bind(undefined, 'counter');

/** One for each cryostat, which is one for each gateway. */
export const ofCryostat = (
  type: Metric['type'],
  help: string,
  labels: readonly string[] = [],
  more: Pick<Metric, 'unit' | 'buckets'> = {},
): Metric => ({ type, ...more, labels: ['cryostat', ...labels], help, from: ['gateway'] });

/** One for each gateway or ingester. */
export const ofGateway = (type: Metric['type'], help: string, labels: readonly string[] = []): Metric => ({
  type,
  labels,
  help,
  from: ['gateway'],
});

/** A record of the gateway says it. */
export const told = (one: Metric, from: MetricSource): Metric => ({ ...one, from: [from] });

export const inSeconds = { unit: 'seconds' } as const;
