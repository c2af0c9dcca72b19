// Every query of rules, alerts, dashboards and docs names series and labels that there are: parsed by the grammar of Prometheus itself.

import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, test } from 'vitest';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { gatewayKinds } from '../../../protocol/telemetry/gateway-kinds.ts';
import type { Metric } from '../../../protocol/telemetry/metric.ts';
import { labelsOfSeries, metrics } from '../../../protocol/telemetry/metrics.ts';
import { objectives } from '../../../protocol/telemetry/objectives.ts';
import { telemetryKinds } from '../../../protocol/telemetry/records.ts';
import { dashboards } from './dashboards.ts';
import { figureExpression } from './promql.ts';
import { ruleGroups } from './rules.ts';

const rules = ruleGroups().flatMap((group) => group.rules);
const recordedNames = new Set(rules.flatMap(({ record }) => record ?? []));
const recordedLabels = ['cryostat', 'objective'];
/** Prometheus makes this series of every alert. */
const alertLabels = [
  ...['alertname', 'alertstate', 'severity', 'scope', 'kind', 'objective', 'window'],
  ...['cryostat', 'device', 'channel', 'line', 'quantity'],
];

/** Labels that a series of this name has; undefined when there is no such series. */
function labelsOf(name: string): readonly string[] | undefined {
  if (name === 'ALERTS') return alertLabels;
  return recordedNames.has(name) ? recordedLabels : labelsOfSeries(name);
}

interface Used {
  series: string[];
  /** In a selector, with the name of its series. */
  matched: [series: string, label: string][];
  /** In `by (…)`, `on (…)`. */
  grouped: string[];
  errors: number;
}

/** Names and labels in an expression. */
function usedIn(expression: string): Used {
  const used: Used = { series: [], matched: [], grouped: [], errors: 0 };
  const text = (node: { from: number; to: number }) => expression.slice(node.from, node.to);
  let series = '';
  parser.parse(expression).iterate({
    enter: (node) => {
      if (node.type.isError) used.errors++;
      if (node.name === 'VectorSelector') {
        const name = node.node.getChild('Identifier');
        series = name === null ? '' : text(name);
        used.series.push(series);
      }
      if (node.name !== 'LabelName') return;
      const isGrouping = node.node.parent?.name === 'GroupingLabels';
      if (isGrouping) used.grouped.push(text(node));
      else used.matched.push([series, text(node)]);
    },
  });
  return used;
}

const queries: [where: string, expression: string][] = [
  ...rules.map(({ record, alert, expr }): [string, string] => [record ?? `alert ${alert}`, expr]),
  ...dashboards.flatMap(({ name, panels }) =>
    panels.flatMap(({ title, queries: of }) =>
      of.map(({ expression }): [string, string] => [`${name}, ${title}`, expression]),
    ),
  ),
  ...objectives.map(({ id, indicator }): [string, string] => [`indicator ${id}`, figureExpression(indicator)]),
];

/** What is wrong with a query, a sentence each. */
function faultsOf(expression: string): string[] {
  const { series, matched, grouped, errors } = usedIn(expression);
  const known = series.flatMap((name) => labelsOf(name) ?? []);
  return [
    ...(errors > 0 ? ['it cannot be parsed'] : []),
    ...(series.length === 0 ? ['it names no series'] : []),
    ...series.filter((name) => labelsOf(name) === undefined).map((name) => `there is no metric ${name}`),
    ...matched
      .filter(([name, label]) => !labelsOf(name)?.includes(label))
      .map(([name, label]) => `${name} has no label ${label}`),
    ...grouped.filter((label) => !known.includes(label)).map((label) => `no series has label ${label}`),
  ];
}

describe('a query', () => {
  test('names metrics and labels that there are', () => {
    expect(queries.length).toBeGreaterThan(400);
    expect(queries.flatMap(([where, expression]) => faultsOf(expression).map((fault) => `${where}: ${fault}`))).toEqual(
      [],
    );
  });

  test.each([
    ['max(coldrig_no_such_metric)', 'there is no metric coldrig_no_such_metric'],
    ['coldrig_power_watts{stage="4K"}', 'coldrig_power_watts has no label stage'],
    ['sum by (flange) (coldrig_power_watts)', 'no series has label flange'],
    ['sum by (cryostat (coldrig_power_watts)', 'it cannot be parsed'],
    ['cryostat:coldrig_burn:rate7d > 1', 'there is no metric cryostat:coldrig_burn:rate7d'],
  ])('%s is refused: %s', (expression, fault) => {
    expect(faultsOf(expression)).toContain(fault);
  });
});

describe('a metric', () => {
  const rows = Object.entries(metrics as Record<string, Metric>);

  test('has the ending of its type and unit', () => {
    const wrong = rows.filter(([name, { type, unit }]) => {
      const base = name.replace(/_(total|info)$/, '');
      const ending = type === 'counter' ? '_total' : type === 'info' ? '_info' : '';
      return (ending !== '' && !name.endsWith(ending)) || (unit !== undefined && !base.endsWith(`_${unit}`));
    });
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  test('comes from fields and events that there are', () => {
    const isThere = (source: string) => {
      if (['gateway', 'event *'].includes(source)) return true;
      const record = /^record (.+)$/.exec(source)?.[1];
      if (record !== undefined) return record in gatewayKinds;
      const event = /^event (\w+)$/.exec(source)?.[1];
      if (event !== undefined) return event in EventKind;
      const [kind, field] = source.split('.');
      const fields = telemetryKinds[kind as keyof typeof telemetryKinds]?.fields as readonly { name: string }[];
      return fields?.some(({ name }) => name === field);
    };
    expect(
      rows.flatMap(([name, { from }]) =>
        from.filter((source) => !isThere(source)).map((source) => `${name}: ${source}`),
      ),
    ).toEqual([]);
  });
});
