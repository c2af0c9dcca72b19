// Grafana's JSON of the dashboards: the classic form, schema 42, which file provisioning takes.
//
// What must stay true: every panel that shows devices or cryostats leads to the device in the debug dashboard; a dashboard imported twice is the same one (its uid).

import { dashboards } from './dashboards.ts';
import type { Dashboard, Panel } from './panel.ts';

const SCHEMA_VERSION = 42;
const COLUMNS = 24;
const uidOf = (name: string) => `coldrig-${name}`;
/** Grafana fills this in with what the reader has chosen. */
const filledIn = (name: string) => `\${${name}}`;
const datasource = { type: 'prometheus', uid: filledIn('datasource') };

/** Of `coldrig-executive.json` and so on: the object that Grafana takes. */
export function grafanaDashboard(dashboard: Dashboard): object {
  return {
    annotations: { list: [deploys] },
    description: dashboard.about,
    editable: true,
    graphTooltip: 1,
    links: dashboards
      .filter(({ name }) => name !== dashboard.name)
      .map(({ name, title }) => ({
        ...{ type: 'link', title, url: `/d/${uidOf(name)}`, includeVars: true, keepTime: true, targetBlank: false },
      })),
    panels: placed(dashboard.panels).map(({ panel, at }, index) => grafanaPanel(panel, at, index + 1)),
    refresh: dashboard.refresh,
    schemaVersion: SCHEMA_VERSION,
    tags: ['coldrig'],
    templating: { list: [dataSourceVariable, ...dashboard.variables.map(variable)] },
    time: { from: dashboard.span, to: 'now' },
    timezone: 'browser',
    title: dashboard.title,
    uid: uidOf(dashboard.name),
    version: 1,
  };
}

export function grafanaText(dashboard: Dashboard): string {
  return `${JSON.stringify(grafanaDashboard(dashboard), null, 2)}\n`;
}

/** A mark where an image was confirmed or rejected. */
const deploys = {
  ...{ name: 'Updates', datasource, enable: true, iconColor: 'blue', step: '15s' },
  expr: 'changes(coldrig_last_update_timestamp_seconds{cryostat=~"$cryostat"}[1m]) > 0',
  titleFormat: '{{cryostat}} {{device}}: update',
};

const dataSourceVariable = { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' };

function variable(name: 'cryostat' | 'device'): object {
  const within = name === 'device' ? '{cryostat=~"$cryostat"}' : '';
  const definition = `label_values(coldrig_uptime_seconds${within}, ${name})`;
  return {
    ...{ name, label: name, type: 'query', datasource, definition, refresh: 2, sort: 1 },
    ...{ includeAll: true, multi: true, allValue: '.*', current: { text: 'All', value: '$__all' } },
    query: { query: definition, refId: `${name}-values` },
  };
}

interface Place {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** From left to right, then the next row: below the highest panel of the row before. */
function placed(panels: readonly Panel[]): { panel: Panel; at: Place }[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return panels.map((panel) => {
    if (x + panel.width > COLUMNS) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const at = { x, y, w: panel.width, h: panel.height };
    x += panel.width;
    rowHeight = Math.max(rowHeight, panel.height);
    return { panel, at };
  });
}

function grafanaPanel(panel: Panel, gridPos: Place, id: number): object {
  return {
    ...{ id, type: panel.kind, title: panel.title, description: panel.about, datasource, gridPos },
    fieldConfig: {
      defaults: {
        unit: panel.unit,
        ...(panel.isLogarithmic && { custom: { scaleDistribution: { type: 'log', log: 10 } } }),
        links: [drillDown(panel)],
        ...(panel.limits === undefined ? {} : { color: { mode: 'thresholds' }, thresholds: thresholds(panel.limits) }),
      },
      overrides: [],
    },
    options: panel.kind === 'timeseries' ? { legend: { displayMode: 'list', placement: 'bottom' } } : {},
    targets: panel.queries.map(({ expression, legend, isInstant }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      ...{ datasource, expr: expression, legendFormat: legend, editorMode: 'code' },
      ...(isInstant ? { instant: true, range: false } : { instant: false, range: true }),
      ...(panel.kind === 'table' ? { format: 'table' } : {}),
    })),
  };
}

/** To the debug dashboard, with the cryostat and the device of what was clicked: a table has them in fields, a series as labels. */
function drillDown({ kind }: Panel): object {
  const clicked = (label: string) =>
    `var-${label}=${filledIn(kind === 'table' ? `__data.fields.${label}` : `__field.labels.${label}`)}`;
  const parts = [
    filledIn('datasource:queryparam'),
    clicked('cryostat'),
    clicked('device'),
    filledIn('__url_time_range'),
  ];
  return { title: 'This device', url: `/d/${uidOf('debug')}?${parts.join('&')}` };
}

function thresholds([warning, bad]: readonly [number, number]): object {
  const isFalling = bad < warning;
  const steps = isFalling
    ? [
        { color: 'red', value: null },
        { color: 'orange', value: bad },
        { color: 'green', value: warning },
      ]
    : [
        { color: 'green', value: null },
        { color: 'orange', value: warning },
        { color: 'red', value: bad },
      ];
  return { mode: 'absolute', steps };
}
