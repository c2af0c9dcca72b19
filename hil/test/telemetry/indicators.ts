// The fifteen indicators at the end of a course, with the share of the checks that failed and the verdict: what `make telemetry` prints.

import { workOutNow } from '../../../host/telemetry/page/work-out.ts';
import { budgetOf, objectives } from '../../../protocol/telemetry/objectives.ts';
import type { Course } from './story.ts';

export interface Indicator {
  id: string;
  title: string;
  unit: string;
  /** The worst of its series, by its labels; undefined: it has no value. */
  value: number | undefined;
  where: string;
  checks: number;
  failed: number;
  /** Share of the checks that must not fail; undefined: it counts none. */
  target: number | undefined;
  isMet: boolean;
}

export function indicatorsOf({ history, table, steps }: Course, nowSeconds: number): Indicator[] {
  const counted = (name: string, objective: string) =>
    [...table.all(name)]
      .filter(({ labels }) => labels.objective === objective)
      .reduce((sum, { value }) => sum + value, 0);
  if (steps === 0) throw new Error('the course has no look of the evaluator: it is shorter than a step');
  const indicators = objectives.map(({ id, name, title, unit, indicator, target, isReview }) => {
    const values = workOutNow(indicator, history, nowSeconds);
    const isLeastWorst = indicator.by?.[0] === 'min';
    const worst = values.reduce<(typeof values)[number] | undefined>(
      (one, other) =>
        one === undefined || (isLeastWorst ? other.value < one.value : other.value > one.value) ? other : one,
      undefined,
    );
    const [checks, failed] = [counted('coldrig_checks_total', name), counted('coldrig_checks_failed_total', name)];
    return {
      ...{ id, title, unit, value: worst?.value, checks, failed, target: isReview ? undefined : target },
      where: Object.entries(worst?.labels ?? {})
        .filter(([label]) => label !== 'cryostat')
        .map(([, value]) => value)
        .join(' '),
      isMet: isReview ? false : checks > 0 && failed / checks <= budgetOf({ target } as Parameters<typeof budgetOf>[0]),
    };
  });
  const others = indicators.filter(({ target }) => target !== undefined);
  return indicators.map((one) =>
    one.target === undefined ? { ...one, isMet: others.every(({ isMet }) => isMet) } : one,
  );
}

export function indicatorTable(indicators: readonly Indicator[]): string[][] {
  return [
    ['', 'indicator', 'at the end', 'of', 'checks', 'failed', 'target', 'verdict'],
    ...indicators.map(({ id, title, value, unit, where, checks, failed, target, isMet }) => [
      ...[id, title, value === undefined ? 'no value' : `${Number(value.toPrecision(4))} ${unit}`, where],
      ...[target === undefined ? '' : `${checks}`, target === undefined ? '' : `${failed}`],
      ...[target === undefined ? '' : `${Number((target * 100).toFixed(3))} %`, isMet ? 'met' : 'missed'],
    ]),
  ];
}
