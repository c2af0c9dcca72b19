// Figures: what is shown of the series, as data. PromQL is made of a figure for Prometheus and Grafana (host/telemetry/monitoring/promql.ts), and the page of the
// embedded gateway works it out itself (host/telemetry/page/work-out.ts), so that both show the same.
//
// A figure is worked out in the order of its fields: series are chosen, replaced by their growth, put together by labels, taken from the time or from a number,
// compared, counted. What must stay true: a figure without `by` keeps all labels of its series.

import type { MetricName } from './metrics.ts';

/** All windows that rules record, shortest first. */
export const windows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;
export type Window = (typeof windows)[number];

/** What the rules record of each objective: how fast its budget burns, and which share of its checks failed. */
export type Recorded = readonly ['burn' | 'errors', Window];

export interface Figure {
  of: MetricName | Recorded;
  /** Part of a histogram. */
  part?: '_bucket' | '_count';
  /** Labels that a series must have. */
  match?: Readonly<Record<string, string>>;
  /** Labels that it must not have; an empty text: it has the label at all. */
  not?: Readonly<Record<string, string>>;
  /** Growth of a counter: a second, or in all. */
  growth?: readonly ['rate' | 'increase', window: string];
  /** Several series become one for each combination of labels. */
  by?: readonly [which: 'max' | 'min' | 'sum', labels: readonly string[]];
  /** Of a histogram that was put together by `le`. */
  quantile?: number;
  /** The value is a time: shown is how long ago that was. */
  isAge?: true;
  /** Shown is this number minus the value. */
  from?: number;
  /** The value minus another one, or divided by it, of the same labels. */
  minus?: Figure;
  over?: Figure;
  /** Only values above or below. */
  above?: number;
  below?: number;
  /** So many of the largest. */
  most?: number;
  /** How many there are for each combination of labels. */
  countBy?: readonly string[];
}

/** Labels that every part of a dashboard chooses by: `cryostat` and, of a device, `device`. */
export type Scope = readonly ('cryostat' | 'device')[];
