// Works a figure out from the history of the series: what PromQL would say, for the page of the embedded gateway.
//
//   series ──as values or as growth──> by labels ──> age, quantile, from a number ──> compared, counted ──> curves, a value a step
//
// What must stay true: where nothing was known there is null, never the value before; a peak between two steps is not lost where the largest counts; every field of a
// figure (protocol/telemetry/figures.ts) means what promql.ts makes of it.

import type { Figure } from '../../../protocol/telemetry/figures.ts';
import { budgetOf, objectiveOf, secondsOf } from '../../../protocol/telemetry/objectives.ts';
import type { HistoryAnswer, HistoryQuery } from '../metrics/history.ts';
import { keyOf } from '../series.ts';

/** What is kept of the series. */
export interface Past {
  readonly stepSeconds: number;
  query(query: HistoryQuery): HistoryAnswer;
}

export interface Span {
  fromSeconds: number;
  toSeconds: number;
  stepSeconds: number;
  /** The last step may end in the future. */
  nowSeconds: number;
}

export interface Curve {
  labels: Readonly<Record<string, string>>;
  values: (number | null)[];
}

/** Labels that series must have, as the reader has chosen. */
export type Chosen = Readonly<Record<string, string>>;

/** Curves that have a value somewhere; each has a value for every step of the span. */
export function workOut(figure: Figure, past: Past, span: Span, chosen: Chosen = {}): Curve[] {
  const { from, minus, over, above, below, most, countBy } = figure;
  let curves = valuesOf(figure, past, span, chosen);
  if (from !== undefined) curves = mapped(curves, (value) => from - value);
  if (minus !== undefined) curves = paired(curves, workOut(minus, past, span, chosen), (one, other) => one - other);
  if (over !== undefined) curves = paired(curves, workOut(over, past, span, chosen), (one, other) => one / other);
  if (above !== undefined) curves = mapped(curves, (value) => (value > above ? value : null));
  if (below !== undefined) curves = mapped(curves, (value) => (value < below ? value : null));
  if (most !== undefined) curves = largest(curves, most);
  if (countBy !== undefined)
    curves = grouped(
      mapped(curves, () => 1),
      countBy,
      (one, other) => one + other,
    );
  return curves.filter(({ values }) => values.some((value) => value !== null));
}

/** The last value of each curve, and nothing older than two steps of the history. */
export function workOutNow(
  figure: Figure,
  past: Past,
  nowSeconds: number,
  chosen: Chosen = {},
): { labels: Chosen; value: number }[] {
  const stepSeconds = 2 * past.stepSeconds;
  const span = { fromSeconds: nowSeconds - stepSeconds + 1e-3, toSeconds: nowSeconds + 1e-3, stepSeconds, nowSeconds };
  return workOut(figure, past, span, chosen).map(({ labels, values }) => ({ labels, value: values[0] as number }));
}

function valuesOf(figure: Figure, past: Past, span: Span, chosen: Chosen): Curve[] {
  const { of, not, by, quantile, isAge } = figure;
  if (typeof of !== 'string') return recordedOf(of, figure, past, span, chosen);
  const found =
    figure.growth === undefined
      ? sampled(figure, past, span, chosen)
      : grown(figure, figure.growth, past, span, chosen);
  // A series that was forgotten and came back is one.
  const all = merged(found);
  let curves = all.filter(({ labels }) =>
    Object.entries(not ?? {}).every(([label, value]) => (labels[label] ?? '') !== value),
  );
  if (by !== undefined) curves = grouped(curves, by[1], putTogether[by[0]]);
  if (quantile !== undefined) curves = quantilesOf(curves, quantile);
  if (isAge) {
    const { fromSeconds, stepSeconds, nowSeconds } = span;
    // A step is as old as its end says.
    const endOf = (at: number) => Math.min(nowSeconds, fromSeconds + (at + 1) * stepSeconds);
    curves = mapped(curves, (value, at) => Math.max(0, endOf(at) - value));
  }
  return curves;
}

const putTogether = {
  max: Math.max,
  min: Math.min,
  sum: (one: number, other: number) => one + other,
};

const nameOf = ({ of, part }: Figure) => `${of}${part ?? ''}`;

function sampled(figure: Figure, past: Past, span: Span, chosen: Chosen): Curve[] {
  const { by, isAge, match } = figure;
  const which = by?.[0] === 'min' ? 'min' : by?.[0] === 'max' || isAge ? 'max' : 'mean';
  const { series } = past.query({
    name: nameOf(figure),
    match: { ...chosen, ...match },
    ...{ fromSeconds: span.fromSeconds, toSeconds: span.toSeconds, stepSeconds: span.stepSeconds },
    seriesMost: Number.POSITIVE_INFINITY,
  });
  return series.map((one) => ({ labels: one.labels, values: one[which] }));
}

/** Growth in the window that ends with each step: a second of it, or all. */
function grown(
  figure: Figure,
  [how, window]: NonNullable<Figure['growth']>,
  past: Past,
  span: Span,
  chosen: Chosen,
): Curve[] {
  const { fromSeconds, toSeconds, stepSeconds } = span;
  const seconds = Math.max(secondsOf(window), stepSeconds);
  // In steps that are no longer than the window, and that end where those of the span end.
  const parts = Math.max(1, Math.ceil(stepSeconds / seconds));
  const fine = Math.max(past.stepSeconds, stepSeconds / parts, seconds / GROWTH_STEPS_MOST);
  const count = Math.ceil((toSeconds - fromSeconds) / stepSeconds);
  const { times, series } = past.query({
    ...{ name: nameOf(figure), match: { ...chosen, ...figure.match }, as: 'rate', stepSeconds: fine },
    ...{ fromSeconds: fromSeconds - seconds, toSeconds, seriesMost: Number.POSITIVE_INFINITY },
  });
  return series.map(({ labels, mean }) => {
    const sums = new Float64Array(times.length + 1);
    const known = new Uint32Array(times.length + 1);
    for (const [at, rate] of mean.entries()) {
      sums[at + 1] = sums[at] + (rate ?? 0);
      known[at + 1] = known[at] + (rate === null ? 0 : 1);
    }
    const placeOf = (time: number) =>
      Math.max(0, Math.min(times.length, Math.round((time - (fromSeconds - seconds)) / fine)));
    const values = Array.from({ length: count }, (_, at) => {
      const endSeconds = Math.min(toSeconds, fromSeconds + (at + 1) * stepSeconds);
      const [begin, end] = [placeOf(endSeconds - seconds), placeOf(endSeconds)];
      const points = known[end] - known[begin];
      if (points === 0) return null;
      const rate = (sums[end] - sums[begin]) / points;
      return how === 'rate' ? rate : rate * points * fine;
    });
    return { labels, values };
  });
}

/** A month in steps of a quarter of an hour. */
const GROWTH_STEPS_MOST = 2880;

/** What the rules record for Prometheus: the share of the checks that failed in a window, and how much faster than allowed that is. */
function recordedOf(
  [what, window]: Exclude<Figure['of'], string>,
  { match, by }: Figure,
  past: Past,
  span: Span,
  chosen: Chosen,
): Curve[] {
  const checks: Figure = {
    of: 'coldrig_checks_total',
    match,
    growth: ['increase', window],
    by: ['sum', ['cryostat', 'objective']],
  };
  const failed: Figure = { ...checks, of: 'coldrig_checks_failed_total', over: checks };
  const shares = workOut(failed, past, span, chosen).map((curve) => {
    if (what === 'errors') return curve;
    const budget = budgetOf(objectiveOf(curve.labels.objective));
    return { ...curve, values: curve.values.map((value) => (value === null ? null : value / budget)) };
  });
  return by === undefined ? shares : grouped(shares, by[1], putTogether[by[0]]);
}

function mapped(curves: readonly Curve[], change: (value: number, at: number) => number | null): Curve[] {
  return curves.map(({ labels, values }) => ({
    labels,
    values: values.map((value, at) => {
      const changed = value === null ? null : change(value, at);
      return changed === null || Number.isNaN(changed) ? null : changed;
    }),
  }));
}

function paired(
  curves: readonly Curve[],
  others: readonly Curve[],
  of: (one: number, other: number) => number,
): Curve[] {
  const byLabels = new Map(others.map((other) => [keyOf(other.labels), other]));
  return curves.flatMap((curve) => {
    const other = byLabels.get(keyOf(curve.labels));
    if (other === undefined) return [];
    return mapped([curve], (value, at) => {
      const second = other.values[at];
      return second === null ? null : of(value, second);
    });
  });
}

function grouped(curves: readonly Curve[], by: readonly string[], of: (one: number, other: number) => number): Curve[] {
  const groups = new Map<string, Curve>();
  for (const { labels, values } of curves) {
    const chosen = Object.fromEntries(
      by.flatMap((label) => (labels[label] === undefined ? [] : [[label, labels[label]]])),
    );
    const key = keyOf(chosen);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels: chosen, values: [...values] });
    else
      for (const [at, value] of values.entries()) {
        const before = group.values[at];
        if (value !== null) group.values[at] = before === null ? value : of(before, value);
      }
  }
  return [...groups.values()];
}

/** Curves of the same labels as one. */
function merged(curves: readonly Curve[]): Curve[] {
  const known = new Map<string, Curve>();
  for (const curve of curves) {
    const key = keyOf(curve.labels);
    const one = known.get(key);
    known.set(
      key,
      one === undefined ? curve : { ...one, values: one.values.map((value, at) => value ?? curve.values[at]) },
    );
  }
  return [...known.values()];
}

/** By their last values. */
function largest(curves: readonly Curve[], most: number): Curve[] {
  const last = ({ values }: Curve) => values.findLast((value) => value !== null) ?? Number.NEGATIVE_INFINITY;
  return [...curves].sort((one, other) => last(other) - last(one)).slice(0, most);
}

/** Of cumulative buckets by `le`: linear within a bucket, and the last bound where it is above all of them. */
function quantilesOf(curves: readonly Curve[], quantile: number): Curve[] {
  const groups = new Map<string, { labels: Chosen; buckets: [bound: number, values: Curve['values']][] }>();
  for (const { labels, values } of curves) {
    const { le, ...rest } = labels;
    const group = groups.get(keyOf(rest)) ?? { labels: rest, buckets: [] };
    groups.set(keyOf(rest), group);
    group.buckets.push([le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), values]);
  }
  return [...groups.values()].map(({ labels, buckets }) => {
    buckets.sort(([one], [other]) => one - other);
    const values = (buckets[0]?.[1] ?? []).map((_, at) =>
      quantileOf(
        buckets.map(([bound, of]) => [bound, of[at] ?? 0]),
        quantile,
      ),
    );
    return { labels, values };
  });
}

function quantileOf(buckets: readonly (readonly [bound: number, count: number])[], quantile: number): number | null {
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total === 0) return null;
  const rank = quantile * total;
  const at = buckets.findIndex(([, count]) => count >= rank);
  const [bound, count] = buckets[at];
  const [lower, before] = at === 0 ? [0, 0] : buckets[at - 1];
  if (bound === Number.POSITIVE_INFINITY) return lower;
  return lower + ((bound - lower) * (rank - before)) / (count - before);
}
