// `coldrig telemetry`: the records of a device, and files that a monitoring stack is configured with.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { usualWebhook } from '../../host/telemetry/monitoring/alertmanager.ts';
import { dashboardFiles, ruleFiles } from '../../host/telemetry/monitoring/files.ts';
import { usualRunbooks } from '../../host/telemetry/monitoring/rules.ts';
import { Failure } from '../failure.ts';
import { writeOutput } from '../files.ts';
import { parseAddress } from '../options.ts';
import { printing, type Result } from '../result.ts';
import { systemReason } from '../system-error.ts';
import { readCommand } from '../telemetry/read.ts';

const RULES_HELP = `
coldrig-rules.yml: recording rules of the objectives, and all alerts (rule_files of prometheus.yml).
alertmanager.yml:  who is told, how often, and what silences what. Its notifications go to a webhook, by severity: ADDRESS/page, ADDRESS/ticket,
                   ADDRESS/review. Change its receivers and maintenance windows as you need them.
docs/objectives.md explains both.

Example:
  coldrig telemetry rules --out /etc/prometheus/coldrig --runbooks https://wiki.lab/runbooks

With --json: {ok, files: [path]}.`;

const DASHBOARDS_HELP = `
coldrig-executive.json, coldrig-on-call.json and coldrig-debug.json, in the classic form that file provisioning takes. Panels lead to the device in
coldrig-debug. They ask for the data source when they are opened.

Example:
  coldrig telemetry dashboards --out /var/lib/grafana/dashboards

With --json: {ok, files: [path]}.`;

interface OutOptions {
  out: string;
}

export function addTelemetryCommands(program: Command): void {
  const telemetry = new Command('telemetry').description(
    'records of a device; rules, alerts and dashboards for a monitoring stack',
  );
  const parts = [
    readCommand(),
    new Command('rules')
      .description('write the rules for Prometheus and the configuration for Alertmanager')
      .requiredOption('--out <folder>', 'folder for the files; it is made when it is not there')
      .option('--runbooks <address>', 'where alerts say that the runbooks are', parseAddress, usualRunbooks)
      .option('--webhook <address>', 'where Alertmanager sends notifications', parseAddress, usualWebhook)
      .addHelpText('after', RULES_HELP)
      .action(
        printing((options: OutOptions & { runbooks: string; webhook: string }) =>
          written(options.out, ruleFiles(options)),
        ),
      ),
    new Command('dashboards')
      .description('write the dashboards for Grafana')
      .requiredOption('--out <folder>', 'folder for the files; it is made when it is not there')
      .addHelpText('after', DASHBOARDS_HELP)
      .action(printing(({ out }: OutOptions) => written(out, dashboardFiles()))),
  ];
  for (const part of parts) telemetry.addCommand(part);
  program.addCommand(telemetry);
}

function written(folder: string, files: Record<string, string>): Result {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Failure(
      'FOLDER',
      `folder ${folder} cannot be made: ${systemReason(error) ?? (error as Error).message}; choose another with --out`,
    );
  }
  const paths = Object.entries(files).map(([name, text]) => {
    const path = join(folder, name);
    writeOutput(path, text, 'the file');
    return path;
  });
  return { text: paths.map((path) => `wrote ${path}`).join('\n'), json: { files: paths } };
}
