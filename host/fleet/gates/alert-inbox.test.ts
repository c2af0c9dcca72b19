import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import type { Notification } from '../../telemetry/monitoring/notification.ts';
import { webhookBody } from '../../telemetry/notify/webhook.ts';
import { VirtualTime } from '../../telemetry/testing/virtual-time.ts';
import type { Asked } from '../http.ts';
import { changedText, changes } from '../testing/changed-json.ts';
import { AlertInbox, withInbox } from './alert-inbox.ts';
import { baselineFrom, judge } from './judge.ts';

const subject = { device: '0007', cryostat: 'site/north' };
const signal = new AbortController().signal;

function notification(names: readonly string[], severity: Notification['severity'] = 'page'): string {
  const alerts = names.map((name) => ({
    ...{
      name,
      severity,
      cryostat: 'site/north',
      device: '0007',
      sinceSeconds: 5,
      summary: '',
      runbook: 'x',
      changed: {},
    },
    labels: { alertname: name, severity, cryostat: 'site/north', device: '0007' },
  }));
  const of = {
    severity,
    cryostat: 'site/north',
    seconds: 10,
    why: 'new',
    groupLabels: { cryostat: 'site/north' },
  } as const;
  return JSON.stringify(webhookBody({ ...of, alerts, ended: [] }, 'http://page/'));
}
const watchdog = JSON.stringify({
  ...{ version: '4', groupKey: '{}:{alertname="Watchdog"}', status: 'firing' },
  alerts: [{ status: 'firing', labels: { alertname: 'Watchdog' } }],
});

describe('alerts of an Alertmanager', () => {
  let folder: string;
  let time: VirtualTime;
  let inbox: AlertInbox;
  let refused: string[];
  const start = () => {
    inbox = new AlertInbox({
      ...{ path: join(folder, 'alerts.json'), token: 'the-token', time },
      refuse: async (source, reason) => void refused.push(`${source}: ${reason}`),
    });
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-alerts-'));
    [time, refused] = [new VirtualTime(), []];
    start();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function post(body: string, authorization: string | undefined = 'Bearer the-token', method = 'POST') {
    const asked = { method, path: '/alerts', headers: { authorization }, body, source: '10.0.0.9' };
    return (await inbox.answer(asked as unknown as Asked))?.status;
  }
  /** What the gate says of a device that was updated when no alert fired. */
  async function gate(): Promise<string> {
    const readings = await withInbox(undefined, inbox).read(60, signal);
    const found = judge(readings, subject, { alerts: true }, { temperatureKelvin: {}, snrDecibel: {} }, 0);
    return found.is === 'bad' ? found.detail : found.is === 'missing' ? found.what : found.is;
  }

  test('close the gate of a device while they fire, and open it when they are over', async () => {
    expect(await post(watchdog)).toBe(200);
    expect(await gate()).toBe('good');
    expect(await post(notification(['HeartbeatsLost']))).toBe(200);
    expect(await gate()).toBe('HeartbeatsLost fires, which did not under the old image');
    expect(await post(notification([]))).toBe(200);
    expect(await gate()).toBe('good');
  });

  test('that page nobody, or say only that Alertmanager is there, close none', async () => {
    await post(notification(['DeviceSilent'], 'ticket'));
    await post(watchdog);
    expect(await gate()).toBe('good');
  });

  test('are not known before it was heard, nor when it was silent for five minutes: that is no pass', async () => {
    expect(await gate()).toBe('alerts: Alertmanager was not heard since this server started');
    await post(watchdog);
    await time.pass(300_000);
    expect(await gate()).toBe('good');
    await time.pass(1_000);
    expect(await gate()).toBe('alerts: Alertmanager was not heard for 301 s');
    const readings = await withInbox(undefined, inbox).read(60, signal);
    expect(baselineFrom(readings, subject, { alerts: true })).toBe('alerts: Alertmanager was not heard for 301 s');
    expect(baselineFrom(readings, subject, {})).toEqual({ temperatureKelvin: {}, snrDecibel: {} });
  });

  test('are there after a restart, which Alertmanager is not told of', async () => {
    await post(notification(['HeartbeatsLost']));
    start();
    expect(await gate()).toMatch(/not heard since/);
    await post(watchdog);
    expect(await gate()).toMatch(/^HeartbeatsLost fires/);
    writeFileSync(join(folder, 'alerts.json'), '{"groups": 1}');
    expect(start).toThrow(/alerts.json is not what this server wrote of alerts/);
  });

  test('that are told in part are refused, so that Alertmanager says what is wrong', async () => {
    expect(await post(notification(['A']).replace('"truncatedAlerts":0', '"truncatedAlerts":3'))).toBe(400);
    expect(await gate()).toMatch(/not heard/);
  });

  test('are taken from who shows the token, and strangers are on record', async () => {
    expect(await post(watchdog, 'Bearer another')).toBe(401);
    expect(await post(watchdog, '')).toBe(401);
    expect(await post(watchdog, undefined, 'GET')).toBe(405);
    expect(refused).toEqual(['10.0.0.9: its token is another', '10.0.0.9: it shows no token']);
    expect(await inbox.answer({ path: '/other' } as unknown as Asked)).toBeUndefined();
  });

  test('whatever is in the notification, it is taken or refused', async () => {
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        expect([200, 400]).toContain(await post(changedText(JSON.parse(notification(['A', 'B'])), list)));
        start();
      }),
      cases(50),
    );
  });
});
