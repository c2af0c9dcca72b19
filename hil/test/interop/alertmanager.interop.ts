// A real Alertmanager with our configuration: what it silences and what it tells is what the gateway says without one (host/telemetry/monitoring/notify.ts).
// Debian: apt-get install --no-install-recommends prometheus-alertmanager

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertmanagerText } from '../../../host/telemetry/monitoring/alertmanager.ts';
import type { FiringAlert } from '../../../host/telemetry/monitoring/evaluate.ts';
import { Notifier } from '../../../host/telemetry/monitoring/notify.ts';
import { type WebhookBody, webhookBody } from '../../../host/telemetry/notify/webhook.ts';
import { keyOf, SeriesTable } from '../../../host/telemetry/series.ts';
import { freePort } from '../campaign/live-server.ts';
import { pathTool } from './install.ts';

const tool = pathTool('prometheus-alertmanager');
type Labels = Readonly<Record<string, string>>;

const burns = (cryostat: string, name: string, objective: string): FiringAlert[] =>
  ['1h', '6h', '3d'].map((window) => ({
    name,
    severity: 'ticket',
    labels: { cryostat, objective, window },
    value: 20,
  }));
const silent = (cryostat: string, device: string): FiringAlert => ({
  ...{ name: 'DeviceSilent', severity: 'ticket', labels: { cryostat, device } },
});

/** One fridge warms, with 96 devices in it; in another one a device is silent, and a third tells nothing at all. */
const firing: readonly FiringAlert[] = [
  { name: 'CryostatWarm', severity: 'page', labels: { cryostat: 'north' } },
  ...burns('north', 'StageTemperatureBurn', 'stage_temperature'),
  ...Array.from({ length: 96 }, (_, device) => silent('north', `d${device}`)),
  silent('south', 'a'),
  ...burns('south', 'HeartbeatUptimeBurn', 'heartbeat_uptime'),
  { name: 'TelemetryStale', severity: 'page', labels: { cryostat: 'west' } },
  { name: 'HeartbeatsLost', severity: 'page', labels: { cryostat: 'west' } },
  {
    name: 'ErrorBudgetReview',
    severity: 'review',
    labels: { cryostat: 'south', objective: 'heartbeat_uptime', window: '1d' },
  },
];

describe.skipIf(tool.path === undefined)(`Alertmanager, ${tool.missing ?? 'run'}`, { timeout: 120_000 }, () => {
  let folder: string;
  let webhook: Server;
  let manager: ChildProcess;
  let address: string;
  const told: WebhookBody[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-alertmanager-'));
    webhook = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        told.push(JSON.parse(Buffer.concat(parts).toString()));
        response.end();
      });
    });
    await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
    const { port } = webhook.address() as AddressInfo;
    // Groups wait shorter here, and whatever the time of the day is, it is in no maintenance window.
    const configuration = alertmanagerText({ webhook: `http://127.0.0.1:${port}` })
      .replaceAll(/group_wait: \d+s/g, 'group_wait: 1s')
      .replace(/ *mute_time_intervals:\n *- maintenance\n/, '');
    writeFileSync(join(folder, 'alertmanager.yml'), configuration);
    address = `127.0.0.1:${await freePort()}`;
    manager = spawn(
      tool.path as string,
      [
        ...[`--config.file=${join(folder, 'alertmanager.yml')}`, `--storage.path=${join(folder, 'data')}`],
        ...[`--web.listen-address=${address}`, '--cluster.listen-address='],
      ],
      { stdio: 'ignore' },
    );
    await until(async () => (await fetch(`http://${address}/-/ready`)).ok);
  }, 120_000);

  afterAll(async () => {
    const ended = manager && new Promise((resolve) => manager.once('exit', resolve));
    manager?.kill();
    await ended;
    webhook?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('silences what the gateway says is silenced, and tells the same groups', async () => {
    const notifier = new Notifier([]);
    const notifications = [0, 15, 30, 45].flatMap((seconds) => notifier.take(seconds, firing, new SeriesTable()));
    const alerts = notifier.present.map(({ labels, summary }) => ({ labels, annotations: { summary } }));
    const posted = await fetch(`http://${address}/api/v2/alerts`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(alerts) },
    });
    expect(posted.ok).toBe(true);
    await until(async () => told.length >= notifications.length);
    const states = (await (await fetch(`http://${address}/api/v2/alerts`)).json()) as {
      labels: Labels;
      status: { state: string; inhibitedBy: string[] };
    }[];
    const silenced = (ofAll: { labels: Labels; isSilenced: boolean }[]) =>
      ofAll.map(({ labels, isSilenced }) => `${keyOf(labels)} ${isSilenced}`).sort();
    expect(
      silenced(states.map(({ labels, status }) => ({ labels, isSilenced: status.inhibitedBy.length > 0 }))),
    ).toEqual(
      silenced(notifier.present.map(({ labels, silencedBy }) => ({ labels, isSilenced: silencedBy !== undefined }))),
    );
    const groups = (of: { receiver: string; alerts: { labels: Labels }[] }[]) =>
      of
        .map(({ receiver, alerts: members }) => `${receiver}: ${members.map(({ labels }) => keyOf(labels)).sort()}`)
        .sort();
    expect(groups(told)).toEqual(
      groups(notifications.map(({ severity, alerts: members }) => ({ receiver: severity, alerts: members }))),
    );
    // What the gateway posts without an Alertmanager is what that posts: a receiver knows an incident by it from either.
    const ofWebhook = (body: WebhookBody) => ({
      ...{ version: body.version, key: body.groupKey, status: body.status, group: body.groupLabels },
      ...{ common: body.commonLabels, truncated: body.truncatedAlerts, names: Object.keys(body).sort() },
      alerts: body.alerts.map(({ fingerprint, status, endsAt, labels }) => ({ fingerprint, status, endsAt, labels })),
    });
    const inOrder = (bodies: WebhookBody[]) =>
      bodies
        .map(ofWebhook)
        .map((one) => ({ ...one, alerts: one.alerts.sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)) }))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
    expect(inOrder(notifications.map((one) => webhookBody(one, 'http://127.0.0.1:9410/')))).toEqual(inOrder(told));
    // A fridge that warms is one page, with one alert in it.
    expect(
      told.filter(({ receiver, alerts: [{ labels }] }) => receiver === 'page' && labels.cryostat === 'north'),
    ).toHaveLength(1);
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const began = performance.now(); ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    if (await isSo().catch(() => false)) return;
    if (performance.now() - began > 60_000) throw new Error('Alertmanager: nothing came of it within a minute');
  }
}
