// Rules and routing, read by the tools of Prometheus and Alertmanager; and the alerts of every fault run, judged by promtool and by our own evaluator on the series of
// the same emulated boards. Debian: apt-get install --no-install-recommends prometheus prometheus-alertmanager

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { exposition } from '../../../host/telemetry/metrics/exposition.ts';
import { ruleFiles } from '../../../host/telemetry/monitoring/files.ts';
import { SeriesTable } from '../../../host/telemetry/series.ts';
import { alertsOf, faultRuns } from '../../../protocol/telemetry/fault-runs.ts';
import type { MetricName } from '../../../protocol/telemetry/metrics.ts';
import { courseOf, SECONDS, stories } from '../telemetry/stories.ts';
import { type Course, STEP_SECONDS } from '../telemetry/story.ts';
import { pathTool } from './install.ts';
import { runClient } from './run-client.ts';

const promtool = pathTool('promtool');
const amtool = pathTool('amtool');
let folder = '';
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-promtool-'));
  for (const [name, text] of Object.entries(ruleFiles())) writeFileSync(at(name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe(`Prometheus, ${promtool.missing ?? 'by promtool'}`, () => {
  test.skipIf(promtool.path === undefined)('takes the rules', async () => {
    expect(await runClient(promtool.path as string, ['check', 'rules', at('coldrig-rules.yml')])).toContain('SUCCESS');
  });
});

describe(`What /metrics says, ${promtool.missing ?? 'by promtool'}`, () => {
  test.skipIf(promtool.path === undefined)(
    'is read, and only the name of the fridges is found fault with',
    async () => {
      const table = new SeriesTable();
      const runs = [faultRuns[0].name, 'the link to the store is down', 'the readout is claimed by a client'];
      const courses = await Promise.all(runs.map(courseOf));
      for (const { series } of courses.flatMap(({ columns }) => columns)) {
        const [, name, suffix] = /^(.*?)(_bucket|_sum|_count)?$/.exec(series.name) as RegExpExecArray;
        table.apply([{ ...series, name: name as MetricName, suffix, how: 'set' }]);
      }
      const { stdout, stderr } = spawnSync(promtool.path as string, ['check', 'metrics'], {
        input: exposition(table, 'text'),
        encoding: 'utf8',
      });
      expect(`${stdout}${stderr}`.trim().split('\n')).toEqual([
        'coldrig_flanges_temperature_kelvins use base unit "kelvin" instead of "kelvins"',
      ]);
    },
  );
});

describe(`Alertmanager, ${amtool.missing ?? 'by amtool'}`, () => {
  test.skipIf(amtool.path === undefined)('takes the configuration', async () => {
    expect(await runClient(amtool.path as string, ['check-config', at('alertmanager.yml')])).toContain('SUCCESS');
  });

  test.skipIf(amtool.path === undefined).each([
    ['page', ['severity=page', 'alertname=CryostatWarm', 'cryostat=north']],
    ['ticket', ['severity=ticket', 'alertname=ClockDegraded', 'cryostat=north']],
    ['review', ['severity=review', 'alertname=ErrorBudgetReview']],
  ])('tells %s of %j', async (receiver, labels) => {
    const said = await runClient(amtool.path as string, [
      'config',
      'routes',
      'test',
      `--config.file=${at('alertmanager.yml')}`,
      ...labels,
    ]);
    expect(said.split('\n')[0]).toBe(receiver);
  });
});

describe('a fault run raises the alerts of its row and no others', () => {
  test('of every run there is a row', () => {
    expect(Object.keys(stories)).toEqual(faultRuns.map(({ name }) => name));
  });

  test.each(faultRuns.map((run) => [run.name, run] as const))('%s', { timeout: 600_000 }, async (name, run) => {
    const course = await courseOf(name);
    expect(course.fired).toEqual(alertsOf(run));
    if (promtool.path === undefined) return;
    const file = at('test.yml');
    writeFileSync(file, promtoolTest(course, alertsOf(run)));
    expect(await runClient(promtool.path, ['test', 'rules', file])).toContain('SUCCESS');
  });
});

/** Columns as input series; at the end, the names of all alerts that fired at any look. */
function promtoolTest({ columns, steps }: Course, fires: readonly string[]): string {
  const input = columns.map(({ series, values }) => ({
    series: `${series.name}{${Object.entries(series.labels)
      .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
      .join(',')}}`,
    // Nothing was known at time 0.
    values: ['_', ...Array.from({ length: steps }, (_, step) => values[step] ?? '_')].join(' '),
  }));
  return stringify(
    {
      rule_files: ['coldrig-rules.yml'],
      evaluation_interval: `${STEP_SECONDS}s`,
      tests: [
        {
          interval: `${STEP_SECONDS}s`,
          input_series: input,
          promql_expr_test: [
            {
              expr: 'group by (alertname) (count_over_time(ALERTS{alertstate="firing"}[1d]))',
              eval_time: `${SECONDS}s`,
              exp_samples: [],
            },
          ],
        },
      ],
    },
    { lineWidth: 0 },
  ).replace(
    'exp_samples: []',
    `exp_samples: ${JSON.stringify(fires.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })))}`,
  );
}
