// The files that a monitoring stack is configured with: name -> text.

import type { AlertmanagerOptions } from './alertmanager.ts';
import { alertmanagerText } from './alertmanager.ts';
import { dashboards } from './dashboards.ts';
import { grafanaText } from './grafana.ts';
import { objectivesPage } from './page.ts';
import { type RuleOptions, rulesText } from './rules.ts';

/** For Prometheus and Alertmanager. */
export function ruleFiles(options: RuleOptions & AlertmanagerOptions = {}): Record<string, string> {
  return { 'coldrig-rules.yml': rulesText(options), 'alertmanager.yml': alertmanagerText(options) };
}

/** For the folder that Grafana provisions dashboards from. */
export function dashboardFiles(): Record<string, string> {
  return Object.fromEntries(dashboards.map((dashboard) => [`coldrig-${dashboard.name}.json`, grafanaText(dashboard)]));
}

/** What is in the repository, by its path: for review, and for who reads it there. */
export function committedFiles(): Record<string, string> {
  const generated = Object.entries({ ...ruleFiles(), ...dashboardFiles() });
  return {
    ...Object.fromEntries(generated.map(([name, text]) => [`host/telemetry/monitoring/generated/${name}`, text])),
    'docs/objectives.md': objectivesPage(),
  };
}
