// Rules for Prometheus: what is recorded of every objective, and every alert.
//
// Windows up to three days are computed from the counters directly; there are two counters an objective and cryostat, so this is cheap also for a large fleet.

import { stringify } from 'yaml';
import {
  type Alert,
  alerts,
  burnAlertName,
  burnSummary,
  reviewAlertName,
  reviewSummary,
} from '../../../protocol/telemetry/alerts.ts';
import { windows } from '../../../protocol/telemetry/figures.ts';
import {
  type BurnWindow,
  burnWindows,
  countedObjectives,
  type Objective,
  objectives,
  reviewWindow,
} from '../../../protocol/telemetry/objectives.ts';
import {
  alertExpression,
  burnCondition,
  burnExpression,
  checksExpression,
  errorsExpression,
  recorded,
} from './promql.ts';

export interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface RuleGroup {
  name: string;
  interval: string;
  rules: Rule[];
}

/** Where the pages are, when nothing else is said. */
export const usualRunbooks = 'https://coldrig.example/docs/runbooks';

export interface RuleOptions {
  /** Address of the folder of runbooks. */
  runbooks?: string;
}

const evaluationInterval = '15s';

/** All groups of rules. The groups of objectives have one interval, because alerts read what the rules before them have recorded. */
export function ruleGroups({ runbooks = usualRunbooks }: RuleOptions = {}): RuleGroup[] {
  const page = (runbook: string) => `${runbooks}/${runbook}.md`;
  return [
    ...countedObjectives.map((objective) => ({
      name: `coldrig-${objective.id}-${objective.name}`,
      interval: evaluationInterval,
      rules: [...recordingRules(objective), ...burnWindows.map((window) => burnRule(objective, window, page))],
    })),
    {
      name: 'coldrig-review',
      interval: evaluationInterval,
      rules: countedObjectives.map((objective) => reviewRule(objective, page)),
    },
    {
      name: 'coldrig-conditions',
      interval: evaluationInterval,
      rules: alerts.map((alert) => conditionRule(alert, page)),
    },
  ];
}

function recordingRules(objective: Objective): Rule[] {
  const labels = { objective: objective.name };
  return windows.flatMap((window) => [
    { record: recorded.checks(window), expr: checksExpression(objective, window), labels },
    { record: recorded.errors(window), expr: errorsExpression(objective, window), labels },
    { record: recorded.burn(window), expr: burnExpression(objective, window), labels },
  ]);
}

function burnRule(objective: Objective, window: BurnWindow, page: (runbook: string) => string): Rule {
  const severity = window.severity === 'fast' ? objective.severity : window.severity;
  return {
    alert: burnAlertName(objective),
    expr: burnCondition(objective, window),
    labels: { severity, scope: 'cryostat', kind: 'burn', objective: objective.name, window: window.long },
    annotations: {
      summary: burnSummary(objective),
      description: `${objective.check}. Target ${objective.target * 100} % in ${objective.windowDays} days; over ${window.long} and ${window.short} at least ${window.rate} times too fast.`,
      runbook_url: page(objective.runbook),
      ...enrichment,
    },
  };
}

function reviewRule(objective: Objective, page: (runbook: string) => string): Rule {
  const { long } = reviewWindow;
  const review = objectives.find(({ isReview }) => isReview);
  if (review === undefined) throw new Error('objectives: none of them is the review of the others');
  return {
    alert: reviewAlertName,
    expr: burnCondition(objective, reviewWindow, '>'),
    labels: {
      severity: reviewWindow.severity,
      scope: 'cryostat',
      kind: 'burn',
      objective: objective.name,
      window: long,
    },
    annotations: {
      summary: reviewSummary(objective),
      runbook_url: page(review.runbook),
    },
  };
}

function conditionRule(alert: Alert, page: (runbook: string) => string): Rule {
  const { severity, scope, objective } = alert;
  return {
    alert: alert.name,
    expr: alertExpression(alert.condition, alert.isMutedByCalibration),
    ...(alert.for === '0s' ? {} : { for: alert.for }),
    labels: { severity, scope, kind: 'condition', ...(objective === undefined ? {} : { objective }) },
    annotations: {
      summary: alert.summary,
      runbook_url: page(alert.runbook),
      ...(scope === 'device' ? deviceEnrichment : enrichment),
    },
  };
}

/** What was changed last, for the person who is told: most faults follow a change. */
const since = (metric: string, match: string) =>
  `{{ with printf "time() - max(${metric}${match}) < 86400" ${match.includes('device') ? '$labels.cryostat $labels.device' : '$labels.cryostat'} | query }}{{ . | first | value | humanizeDuration }} ago{{ else }}none in a day{{ end }}`;
const ofCryostat = '{cryostat=\\"%s\\"}';
const ofDevice = '{cryostat=\\"%s\\",device=\\"%s\\"}';
const enrichment = {
  last_update: since('coldrig_last_update_timestamp_seconds', ofCryostat),
  last_calibration: since('coldrig_last_calibration_timestamp_seconds', ofCryostat),
};
const deviceEnrichment = {
  image: `{{ with printf "coldrig_device_info${ofDevice}" $labels.cryostat $labels.device | query }}{{ . | first | label "version" }}{{ else }}unknown{{ end }}`,
  last_update: since('coldrig_last_update_timestamp_seconds', ofDevice),
  last_calibration: since('coldrig_last_calibration_timestamp_seconds', ofDevice),
};

export function rulesText(options: RuleOptions = {}): string {
  return stringify({ groups: ruleGroups(options) }, { lineWidth: 0 });
}
