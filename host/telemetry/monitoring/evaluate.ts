// Burn rates and alerts without a PromQL engine: the embedded default judges the same tables that the rules for Prometheus are made of.
//
//   every few seconds: observe(now, series) ──> history of the counters of checks, 3 days ──> evaluate(now) ──> alerts that fire
//
// What must stay true: the arithmetic is that of the rules: an increase is that of Prometheus (it extrapolates to the ends of its window, counts a counter that
// falls as begun anew), a condition is met while its expression has a result, and an alert fires when its condition has been met at every look for `for`.
// hil/test/interop/promtool.interop.ts lets promtool judge the same series.

import {
  type Alert,
  type AlertCondition,
  alerts,
  burnAlertName,
  reviewAlertName,
} from '../../../protocol/telemetry/alerts.ts';
import {
  type BurnWindow,
  budgetOf,
  burnWindows,
  countedObjectives,
  type Objective,
  reviewWindow,
  secondsOf,
} from '../../../protocol/telemetry/objectives.ts';
import { keyOf, type Series, type SeriesTable } from '../series.ts';
import { Counter } from './counter.ts';

export interface FiringAlert {
  name: string;
  severity: string;
  labels: Readonly<Record<string, string>>;
  /** Of a burn: how many times too fast. */
  value?: number;
}

/** Longest window that is looked at. */
const KEEP_SECONDS = secondsOf('3d');

interface Counters {
  cryostat: string;
  objective: string;
  checks: Counter;
  failed: Counter;
}

export class Evaluator {
  private readonly counters = new Map<string, Counters>();
  /** Since when the condition of an alert with these labels has been met. */
  private readonly metSince = new Map<string, number>();

  /** Takes the counters down, and says which alerts fire. To be called every few seconds, with seconds since 1970. */
  evaluate(now: number, series: SeriesTable): FiringAlert[] {
    this.observe(now, series);
    const firing: FiringAlert[] = [];
    for (const { cryostat, objective: name, checks, failed } of this.counters.values()) {
      const objective = countedObjectives.find((one) => one.name === name);
      if (objective !== undefined) firing.push(...burnsOf(objective, cryostat, checks, failed, now));
    }
    for (const alert of alerts) firing.push(...this.conditionsOf(alert, now, series));
    return firing;
  }

  /** How many times too fast an objective uses up its budget; undefined: no check in this window. */
  burn(objective: Objective, cryostat: string, window: string, now: number): number | undefined {
    const found = this.counters.get(keyOf({ cryostat, objective: objective.name }));
    return found && burnOf(objective, found.checks, found.failed, window, now);
  }

  private observe(now: number, series: SeriesTable): void {
    for (const { labels, value } of series.all('coldrig_checks_total')) this.countersOf(labels).checks.push(now, value);
    for (const { labels, value } of series.all('coldrig_checks_failed_total'))
      this.countersOf(labels).failed.push(now, value);
  }

  private countersOf(labels: Series['labels']): Counters {
    const key = keyOf(labels);
    let found = this.counters.get(key);
    if (found === undefined) {
      const { cryostat, objective } = labels;
      found = { cryostat, objective, checks: new Counter(KEEP_SECONDS), failed: new Counter(KEEP_SECONDS) };
      this.counters.set(key, found);
    }
    return found;
  }

  private conditionsOf(alert: Alert, now: number, series: SeriesTable): FiringAlert[] {
    const calibrating = new Set(
      [...series.all('coldrig_calibration_until_timestamp_seconds')]
        .filter(({ value }) => value > now)
        .map(({ labels }) => placeOf(labels)),
    );
    const met = conditionMet(alert.condition, now, series).filter(
      (labels) => !alert.isMutedByCalibration || !calibrating.has(placeOf(labels)),
    );
    const keys = new Map(met.map((labels) => [`${alert.name} ${keyOf(labels)}`, labels]));
    for (const key of this.metSince.keys())
      if (key.startsWith(`${alert.name} `) && !keys.has(key)) this.metSince.delete(key);
    return [...keys].flatMap(([key, labels]) => {
      const since = this.metSince.get(key) ?? now;
      this.metSince.set(key, since);
      return now - since >= secondsOf(alert.for) ? [{ name: alert.name, severity: alert.severity, labels }] : [];
    });
  }
}

const placeOf = ({ cryostat, device }: Series['labels']) => keyOf({ cryostat, device: device ?? '' });

function burnOf(
  objective: Objective,
  checks: Counter,
  failed: Counter,
  window: string,
  now: number,
): number | undefined {
  const seconds = secondsOf(window);
  const [total, bad] = [checks.increase(seconds, now), failed.increase(seconds, now)];
  return total === undefined || bad === undefined || total === 0 ? undefined : bad / total / budgetOf(objective);
}

function burnsOf(objective: Objective, cryostat: string, checks: Counter, failed: Counter, now: number): FiringAlert[] {
  const burn = (window: string) => burnOf(objective, checks, failed, window, now);
  const isChecked = ({ long }: BurnWindow) => (checks.increase(secondsOf(long), now) ?? 0) >= objective.leastChecks;
  const firing: FiringAlert[] = burnWindows
    .filter((window) => isBurning(window, burn) && isChecked(window))
    .map(({ severity, long }) => ({
      name: burnAlertName(objective),
      severity: severity === 'fast' ? objective.severity : severity,
      labels: { cryostat, objective: objective.name, window: long },
      value: burn(long),
    }));
  const { rate, long, short, severity } = reviewWindow;
  if ((burn(long) ?? 0) > rate && (burn(short) ?? 0) > rate && isChecked(reviewWindow))
    firing.push({ name: reviewAlertName, severity, labels: { cryostat, objective: objective.name, window: long } });
  return firing;
}

const isBurning = ({ rate, long, short }: BurnWindow, burn: (window: string) => number | undefined) =>
  (burn(long) ?? 0) >= rate && (burn(short) ?? 0) >= rate;

/** Labels of every combination that meets the condition. */
function conditionMet(condition: AlertCondition, now: number, series: SeriesTable): Series['labels'][] {
  const { by, shareOfDevices } = condition;
  const groups = new Map<string, { labels: Record<string, string>; value: number }>();
  for (const { labels, value } of series.all(condition.metric)) {
    if (!matches(condition, labels)) continue;
    const chosen = Object.fromEntries(by.map((label) => [label, labels[label] ?? '']));
    const known = groups.get(keyOf(chosen));
    if (known === undefined) groups.set(keyOf(chosen), { labels: chosen, value });
    else known.value = ofSeveral(condition, known.value, value);
  }
  const all = [...groups.values()];
  const met = all
    .filter(({ value }) => isMet(condition, condition.isTime ? now - value : value))
    .map(({ labels }) => labels);
  if (shareOfDevices === undefined) return met;
  const cryostats = [...new Set(met.map(({ cryostat }) => cryostat))];
  const countIn = (list: readonly { cryostat?: string }[], name: string) =>
    list.filter(({ cryostat }) => cryostat === name).length;
  return cryostats
    .filter(
      (name) =>
        countIn(met, name) /
          countIn(
            all.map(({ labels }) => labels),
            name,
          ) >
        shareOfDevices,
    )
    .map((cryostat) => ({ cryostat }));
}

const ofSeveral = ({ isTime, below }: AlertCondition, one: number, other: number) =>
  isTime === undefined && below !== undefined ? Math.min(one, other) : Math.max(one, other);

const isMet = ({ above, below }: AlertCondition, value: number) =>
  above === undefined ? below !== undefined && value < below : value > above;

const matches = ({ match = {} }: AlertCondition, labels: Series['labels']) =>
  Object.entries(match).every(([label, wanted]) =>
    typeof wanted === 'string' ? labels[label] === wanted : wanted.includes(labels[label] ?? ''),
  );
