// The present value of every series as text, which a scraper of Prometheus reads: OpenMetrics 1.0, or the older text format 0.0.4.
//
// What must stay true: a family stands in one piece, with its type, unit and help from protocol/telemetry/metrics.ts; the buckets of a histogram are in their
// order; both forms have the same samples.

import type { Metric } from '../../../protocol/telemetry/metric.ts';
import { type MetricName, metrics } from '../../../protocol/telemetry/metrics.ts';
import { keyOf, type Series, type SeriesTable } from '../series.ts';

export type Format = 'openmetrics' | 'text';

export const contentTypes: Readonly<Record<Format, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  text: 'text/plain; version=0.0.4; charset=utf-8',
};

/** What a scraper wants, by its Accept header. */
export const formatOf = (accept = ''): Format =>
  accept.includes('application/openmetrics-text') ? 'openmetrics' : 'text';

/** What is in no record, so that no ingester tells it: a store is told it by the gateway itself. */
const ownObjectives = ['heartbeat_uptime', 'command_success', 'command_latency'];
const ownMetrics = Object.entries(metrics as Record<string, Metric>)
  .filter(([name, { from }]) => from.includes('gateway') && !name.startsWith('coldrig_ingest_'))
  .map(([name]) => name)
  .filter((name) => !['coldrig_gateway_records_total', 'coldrig_last_record_timestamp_seconds'].includes(name));

export const isOwn = ({ name, labels }: Series): boolean =>
  ownMetrics.some((own) => name.startsWith(own)) &&
  (labels.objective === undefined || ownObjectives.includes(labels.objective));

export function exposition(
  table: SeriesTable,
  format: Format,
  isTold: (series: Series) => boolean = () => true,
): string {
  const lines: string[] = [];
  for (const [name, metric] of Object.entries(metrics) as [MetricName, Metric][]) {
    const all = metric.type === 'histogram' ? histogramOf(table, name) : [...table.all(name)];
    const samples = all.filter(isTold);
    if (samples.length === 0) continue;
    lines.push(...headOf(name, metric, format), ...samples.map(lineOf));
  }
  if (format === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

function headOf(name: string, { type, unit, help }: Metric, format: Format): string[] {
  const isOpen = format === 'openmetrics';
  const family = isOpen ? name.replace(/_(total|info)$/, '') : name;
  return [
    `# HELP ${family} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`,
    `# TYPE ${family} ${type === 'info' && !isOpen ? 'gauge' : type}`,
    ...(isOpen && unit !== undefined ? [`# UNIT ${family} ${unit}`] : []),
  ];
}

/** Bucket by bucket of one set of labels, then its sum and count. */
function histogramOf(table: SeriesTable, name: string): Series[] {
  const groups = new Map<string, Series[]>();
  for (const suffix of ['_bucket', '_sum', '_count'])
    for (const series of table.all(`${name}${suffix}`)) {
      const { le: _, ...labels } = series.labels;
      const key = keyOf(labels);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [series]);
      else group.push(series);
    }
  return [...groups.values()].flat();
}

function lineOf({ name, labels, value }: Series): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}`;
}

const escaped = (text: string) => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : `${value}`;
}
