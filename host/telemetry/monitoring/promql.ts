// PromQL of objectives and alert conditions.
//
// What must stay true: host/telemetry/monitoring/evaluate.ts judges the same conditions by the same arithmetic; a test lets promtool judge the same series.

import type { AlertCondition } from '../../../protocol/telemetry/alerts.ts';
import type { Figure, Scope, Window } from '../../../protocol/telemetry/figures.ts';
import { type BurnWindow, budgetOf, type Objective } from '../../../protocol/telemetry/objectives.ts';

/** Names of the series that the rules record. */
export const recorded = {
  checks: (window: string) => `cryostat:coldrig_checks:increase${window}`,
  errors: (window: string) => `cryostat:coldrig_errors:ratio${window}`,
  burn: (window: string) => `cryostat:coldrig_burn:rate${window}`,
} as const;

/** `{a="b",c=~"d|e"}`; nothing when there are none. */
export function selectorOf(match: AlertCondition['match'] = {}): string {
  const parts = Object.entries(match).map(([label, value]) =>
    typeof value === 'string'
      ? `${label}="${value}"`
      : value.length === 1
        ? `${label}="${value[0]}"`
        : `${label}=~"${value.join('|')}"`,
  );
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

const increase = (metric: string, { name }: Objective, window: Window) =>
  `sum by (cryostat) (increase(${metric}{objective="${name}"}[${window}]))`;

/** Checks of an objective in a window, by cryostat. */
export const checksExpression = (objective: Objective, window: Window): string =>
  increase('coldrig_checks_total', objective, window);

/** Share of checks that failed in a window, by cryostat. */
export const errorsExpression = (objective: Objective, window: Window): string =>
  `${increase('coldrig_checks_failed_total', objective, window)} / ${checksExpression(objective, window)}`;

/** How many times faster than allowed the budget is used up. */
export const burnExpression = (objective: Objective, window: Window): string =>
  `${recorded.errors(window)}{objective="${objective.name}"} / ${budgetOf(objective)}`;

/** True while an objective burns its budget at this rate in both windows, and has been checked often enough to tell. */
export function burnCondition(
  objective: Objective,
  { rate, long, short }: BurnWindow,
  than: '>=' | '>' = '>=',
): string {
  const of = `{objective="${objective.name}"}`;
  return `${recorded.burn(long)}${of} ${than} ${rate} and ${recorded.burn(short)}${of} ${than} ${rate} and ${recorded.checks(long)}${of} >= ${objective.leastChecks}`;
}

/** The condition of an alert; the labels of its result are those of `by`. */
export function alertExpression(condition: AlertCondition, isMutedByCalibration = false): string {
  const expression = condition.shareOfDevices === undefined ? comparison(condition) : shareExpression(condition);
  const muted = isMutedByCalibration
    ? ' unless on (cryostat, device) coldrig_calibration_until_timestamp_seconds > time()'
    : '';
  return `${expression}${muted}`;
}

function aggregated({ metric, match, isTime, rememberFor, by, below }: AlertCondition): string {
  const series = `${metric}${selectorOf(match)}`;
  const kept = rememberFor === undefined ? series : `last_over_time(${series}[${rememberFor}])`;
  const which = isTime === undefined && below !== undefined ? 'min' : 'max';
  return `${which} by (${by.join(', ')}) (${kept})`;
}

function comparison(condition: AlertCondition): string {
  const value = condition.isTime ? `time() - ${aggregated(condition)}` : aggregated(condition);
  return condition.above === undefined ? `${value} < ${condition.below}` : `${value} > ${condition.above}`;
}

function shareExpression(condition: AlertCondition): string {
  const met = `count by (cryostat) (${comparison(condition)})`;
  return `${met} / count by (cryostat) (${aggregated(condition)}) > ${condition.shareOfDevices}`;
}

/** A figure in PromQL. `scope`: labels that the reader of a dashboard chooses values of. */
export function figureExpression(figure: Figure, scope: Scope = []): string {
  const { from, minus, over, above, below, most, countBy } = figure;
  let value = valueExpression(figure, scope);
  if (from !== undefined) value = `${from} - ${value}`;
  if (minus !== undefined) value = `${value} - ${figureExpression(minus, scope)}`;
  if (over !== undefined) value = `${value} / ${figureExpression(over, scope)}`;
  if (above !== undefined) value = `${value} > ${above}`;
  if (below !== undefined) value = `${value} < ${below}`;
  if (most !== undefined) value = `topk(${most}, ${value})`;
  return countBy === undefined ? value : `count by (${countBy.join(', ')}) (${value})`;
}

function valueExpression({ of, part, match, not, growth, by, quantile, isAge }: Figure, scope: Scope): string {
  const name = typeof of === 'string' ? `${of}${part ?? ''}` : recorded[of[0]](of[1]);
  const chosen = [
    ...scope.map((label) => `${label}=~"$${label}"`),
    ...Object.entries(match ?? {}).map(([label, value]) => `${label}="${value}"`),
    ...Object.entries(not ?? {}).map(([label, value]) => `${label}!="${value}"`),
  ];
  const selected = chosen.length === 0 ? name : `${name}{${chosen.join(',')}}`;
  const grown = growth === undefined ? selected : `${growth[0]}(${selected}[${growth[1]}])`;
  const together = by === undefined ? grown : `${by[0]} by (${by[1].join(', ')}) (${grown})`;
  const one = quantile === undefined ? together : `histogram_quantile(${quantile}, ${together})`;
  return isAge ? `time() - ${one}` : one;
}
