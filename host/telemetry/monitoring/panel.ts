// A panel of a dashboard as data, and what all panels are made with.
//
// What must stay true: a query names metrics and labels of protocol/telemetry/metrics.ts or what the rules record (queries.test.ts).

export interface Panel {
  title: string;
  about: string;
  kind: 'timeseries' | 'stat' | 'table' | 'histogram' | 'bargauge';
  /** Of 24 columns. */
  width: number;
  height: number;
  /** As Grafana names units. */
  unit: string;
  queries: readonly Query[];
  /** From which value on it is a warning, and bad; rising or falling. */
  limits?: readonly [warning: number, bad: number];
}

export interface Query {
  expression: string;
  /** `{{label}}` is filled in. */
  legend: string;
  /** The present values instead of a series. */
  isInstant?: true;
}

export interface Dashboard {
  name: 'executive' | 'on-call' | 'debug';
  title: string;
  about: string;
  /** Time that it shows. */
  span: string;
  refresh: string;
  /** Labels that a reader chooses values of. */
  variables: readonly ('cryostat' | 'device')[];
  panels: readonly Panel[];
}

export const query = (expression: string, legend: string): Query => ({ expression, legend });
export const now = (expression: string, legend: string): Query => ({ expression, legend, isInstant: true });

export const panel = (
  kind: Panel['kind'],
  title: string,
  about: string,
  unit: string,
  queries: readonly Query[],
  more: Partial<Panel> = {},
): Panel => ({ ...{ title, about, kind, unit, queries }, ...{ width: 12, height: 8 }, ...more });

export const series = panel.bind(undefined, 'timeseries');
export const small = { width: 6, height: 4 };

/** Selectors of what the reader has chosen. */
export const chosen = '{cryostat=~"$cryostat"}';
export const ofDevice = '{cryostat=~"$cryostat",device=~"$device"}';
export const withDevice = (more: string) => `{cryostat=~"$cryostat",device=~"$device",${more}}`;

export const silent = (by: string) => `time() - max by (${by}) (coldrig_last_heartbeat_timestamp_seconds${chosen})`;
