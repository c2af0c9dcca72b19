// What the page of the embedded gateway shows of a dashboard, worked out: the same panels as in Grafana, few enough points for a phone.
//
//   panels (host/telemetry/monitoring) ──workOut──> curves ──> Board ──JSON──> app/
//
// What must stay true: a panel leaves out curves only with their number; where less is kept than a panel asks for, it says since when.

import { healthBits } from '../../../protocol/telemetry/health.ts';
import { secondsOf } from '../../../protocol/telemetry/objectives.ts';
import { runbookHtml, runbookSource, sectionOf } from '../../tools/runbooks.ts';
import { dashboards } from '../monitoring/dashboards.ts';
import type { Incident, PresentAlert } from '../monitoring/notification.ts';
import type { Dashboard, Panel, Query, Unit } from '../monitoring/panel.ts';
import { spanOfWhatIs } from './spans.ts';
import { type Chosen, type Curve, type Past, type Span, workOut, workOutNow } from './work-out.ts';

export interface BoardCurve {
  legend: string;
  labels: Chosen;
  /** One for each time of the board; of a panel of present values, one. */
  values: (number | null)[];
  /** The present value in words. */
  words?: string;
}

export interface BoardPanel {
  title: string;
  about: string;
  kind: Panel['kind'];
  unit: Unit;
  width: number;
  limits?: Panel['limits'];
  isLogarithmic?: true;
  curves: BoardCurve[];
  /** Curves that were left out, and those of counters that did not grow. */
  left?: number;
  zero?: number;
  /** Less is kept than the panel asks for: since then. */
  sinceSeconds?: number;
  incidents?: Incident[];
  /** The alerts of the board are shown here. */
  isAlerts?: true;
}

export interface BoardDevice {
  device: string;
  cryostat: string;
  /** When its last record was received; null: it never sent one. */
  lastRecordSeconds: number | null;
  /** How it is reached, where no record says more. */
  target?: string;
  version?: string;
}

export interface Board {
  name: Dashboard['name'];
  title: string;
  about: string;
  boards: { name: string; title: string }[];
  gateway: { name: string; version: string };
  nowSeconds: number;
  fromSeconds: number;
  stepSeconds: number;
  refreshSeconds: number;
  /** Since when anything is kept; null: nothing is. */
  sinceSeconds: number | null;
  cryostats: string[];
  devices: BoardDevice[];
  chosen: Chosen;
  alerts: PresentAlert[];
  /** What to do, as HTML, of each runbook that an alert names. */
  steps: Record<string, string>;
  panels: BoardPanel[];
}

/** What a board is worked out of. */
export interface BoardSource {
  name: string;
  version: string;
  nowSeconds: number;
  past: Past & { readonly sinceSeconds: number | undefined };
  devices: readonly BoardDevice[];
  alerts: readonly PresentAlert[];
  incidents: readonly Incident[];
}

export interface BoardQuestion {
  name: string;
  cryostat?: string;
  device?: string;
  spanSeconds?: number;
}

/** A question that is not answered; the text says why. */
export class BoardError extends Error {
  override readonly name = 'BoardError';
}

const points = 240;
const curvesMost = 128;
const rowsMost = 200;
const spanMost = 30 * 86_400;

export function boardOf(source: BoardSource, question: BoardQuestion): Board {
  const dashboard = dashboards.find(({ name }) => name === question.name);
  if (dashboard === undefined)
    throw new BoardError(`board '${question.name}': expected ${dashboards.map(({ name }) => name).join(', ')}`);
  const { nowSeconds, past, name, version } = source;
  const usualSeconds = Math.min(86_400, secondsOf(dashboard.span.replace('now-', '')));
  const keptSeconds = nowSeconds - (past.sinceSeconds ?? nowSeconds);
  const spanSeconds = question.spanSeconds ?? spanOfWhatIs(usualSeconds, keptSeconds);
  if (!(spanSeconds >= 60 && spanSeconds <= spanMost))
    throw new BoardError(`span: ${spanSeconds} s; expected 60 s to ${spanMost} s`);
  const stepSeconds = Math.max(past.stepSeconds, Math.ceil(spanSeconds / points));
  // Whole steps of the clock, so that a point keeps its samples when the page asks again.
  const toSeconds = (Math.floor(nowSeconds / stepSeconds) + 1) * stepSeconds;
  const span = {
    fromSeconds: toSeconds - Math.ceil(spanSeconds / stepSeconds) * stepSeconds,
    toSeconds,
    stepSeconds,
    nowSeconds,
  };
  const chosen = chosenOf(question, dashboard);
  const isChosen = ({ cryostat, device }: { cryostat: string; device?: string }) =>
    (chosen.cryostat ?? cryostat) === cryostat && (chosen.device ?? device) === device;
  const alerts = source.alerts.filter(({ cryostat, device }) =>
    isChosen({ cryostat, device: device ?? chosen.device }),
  );
  return {
    ...{ name: dashboard.name, title: dashboard.title, about: dashboard.about },
    boards: dashboards.map((one) => ({ name: one.name, title: one.title })),
    ...{ gateway: { name, version }, nowSeconds, fromSeconds: span.fromSeconds, stepSeconds },
    ...{ refreshSeconds: secondsOf(dashboard.refresh), sinceSeconds: past.sinceSeconds ?? null, chosen },
    cryostats: [...new Set(source.devices.map(({ cryostat }) => cryostat))].sort(),
    devices: [...source.devices].sort((one, other) => one.device.localeCompare(other.device)),
    ...{ alerts, steps: Object.fromEntries(alerts.map(({ runbook }) => [runbook, stepsOf(runbook)])) },
    panels: dashboard.panels.map((panel) => boardPanel(panel, source, span, chosen)),
  };
}

function chosenOf({ cryostat, device }: BoardQuestion, { variables }: Dashboard): Chosen {
  return {
    ...(cryostat && { cryostat }),
    ...(device && variables.includes('device') && { device }),
  };
}

function boardPanel(panel: Panel, source: BoardSource, span: Span, chosen: Chosen): BoardPanel {
  const { title, about, kind, unit, width, limits, isLogarithmic } = panel;
  const most = kind === 'timeseries' ? curvesMost : rowsMost;
  const all = panel.queries.flatMap((query) => curvesOf(query, kind, source, span, chosen));
  const curves =
    kind === 'timeseries' && unit === 'cps' ? all.filter(({ values }) => values.some((value) => value)) : all;
  const since = source.past.sinceSeconds;
  const asked = Math.max(...panel.queries.map((query) => secondsAsked(query)));
  return {
    ...{ title, about, kind, unit, width, limits, isLogarithmic },
    curves: curves.slice(0, most),
    ...(curves.length > most && { left: curves.length - most }),
    ...(all.length > curves.length && { zero: all.length - curves.length }),
    ...(since !== undefined && asked > 0 && source.nowSeconds - asked < since && { sinceSeconds: since }),
    ...(panel.queries.some((query) => 'alerts' in query && query.alerts === 'firing') && { isAlerts: true as const }),
    ...(panel.queries.some((query) => 'alerts' in query && query.alerts === 'incidents') && {
      incidents: source.incidents.filter(
        ({ severity, cryostat }) => severity === 'page' && (chosen.cryostat ?? cryostat) === cryostat,
      ),
    }),
  };
}

/** How far back a present value looks. */
function secondsAsked(query: Query): number {
  if ('alerts' in query) return query.alerts === 'incidents' ? spanMost : 0;
  const { of, growth } = query.figure;
  return growth !== undefined ? secondsOf(growth[1]) : typeof of === 'string' ? 0 : secondsOf(of[1]);
}

function curvesOf(
  query: Query,
  kind: Panel['kind'],
  { past, nowSeconds }: BoardSource,
  span: Span,
  chosen: Chosen,
): BoardCurve[] {
  if ('alerts' in query) return [];
  const { figure, legend } = query;
  const curves: Curve[] =
    kind === 'timeseries'
      ? workOut(figure, past, span, chosen)
      : workOutNow(figure, past, nowSeconds, chosen).map(({ labels, value }) => ({ labels, values: [value] }));
  return curves.map(({ labels, values }) => ({
    legend: legend
      .replace(/\{\{(\w+)\}\}/g, (_, label: string) => (chosen[label] === undefined ? (labels[label] ?? '') : ''))
      .replace(/\s+/g, ' ')
      .trim(),
    ...{ labels, values: values.map(rounded) },
    ...(figure.of === 'coldrig_health_word' && { words: healthWords(values.at(-1) ?? 0) }),
  }));
}

const healthWords = (word: number): string =>
  Object.entries(healthBits.values)
    .filter(([, [bit]]) => (word & bit) !== 0)
    .map(([name]) => name.toLowerCase().replaceAll('_', ' '))
    .join(', ');

/** Six digits: times since 1970 are worked out before. */
const rounded = (value: number | null) => (value === null ? null : Number(value.toPrecision(6)));

const stepsKnown = new Map<string, string>();

/** What to do, of a runbook. */
function stepsOf(runbook: string): string {
  let steps = stepsKnown.get(runbook);
  if (steps === undefined) {
    steps = runbookHtml(sectionOf(runbookSource(runbook), 'What to do'), pageOfRunbook);
    stepsKnown.set(runbook, steps);
  }
  return steps;
}

/** Where the page has a runbook that another one links to. */
export const pageOfRunbook = (target: string): string | undefined => {
  const name = /^([a-z0-9-]+)\.md(#.*)?$/.exec(target)?.[1];
  return name === undefined ? undefined : `/runbooks/${name}`;
};
