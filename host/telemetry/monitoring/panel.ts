// A panel of a dashboard as data, and what all panels are made with. Grafana's JSON and our own page (host/telemetry/page) are made of the same panels.
//
// What must stay true: a query names metrics and labels of protocol/telemetry/metrics.ts or what the rules record (queries.test.ts).

import type { Figure, Scope } from '../../../protocol/telemetry/figures.ts';
import { figureExpression } from './promql.ts';

export interface Panel {
  title: string;
  about: string;
  kind: 'timeseries' | 'stat' | 'table' | 'histogram' | 'bargauge';
  /** Of 24 columns. */
  width: number;
  height: number;
  /** As Grafana names units. */
  unit: Unit;
  queries: readonly Query[];
  /** From which value on it is a warning, and bad; rising or falling. */
  limits?: readonly [warning: number, bad: number];
  /** From millikelvins to kelvins in one chart. */
  isLogarithmic?: true;
}

/** Of those that Grafana knows. */
export type Unit = 'short' | 's' | 'm' | 'dB' | 'cps' | 'kelvin' | 'watt' | 'percentunit';

/** What is shown: a figure, or alerts, which Prometheus has as a series of its own. */
export type Query = {
  expression: string;
  /** `{{label}}` is filled in. */
  legend: string;
  /** The present values instead of a series. */
  isInstant?: true;
} & ({ figure: Figure; scope: Scope } | { alerts: 'firing' | 'incidents' });

export interface Dashboard {
  name: 'executive' | 'on-call' | 'debug';
  title: string;
  about: string;
  /** Time that it shows. */
  span: string;
  refresh: string;
  /** Labels that a reader chooses values of. */
  variables: Scope;
  panels: readonly Panel[];
}

export const ofCryostat: Scope = ['cryostat'];
export const ofDevice: Scope = ['cryostat', 'device'];

export const query = (figure: Figure, legend: string, scope: Scope = ofCryostat): Query => ({
  ...{ expression: figureExpression(figure, scope), legend, figure, scope },
});
export const now = (figure: Figure, legend: string, scope: Scope = ofCryostat): Query => ({
  ...query(figure, legend, scope),
  isInstant: true,
});

export const panel = (
  kind: Panel['kind'],
  title: string,
  about: string,
  unit: Unit,
  queries: readonly Query[],
  more: Partial<Panel> = {},
): Panel => ({ ...{ title, about, kind, unit, queries }, ...{ width: 12, height: 8 }, ...more });
export const series = panel.bind(undefined, 'timeseries');
export const small = { width: 6, height: 4 };

/** How long each device has sent no heartbeat. */
export const silence: Figure = {
  ...{ of: 'coldrig_last_heartbeat_timestamp_seconds', by: ['max', ['cryostat', 'device']], isAge: true },
};
