// `coldrig gateway --embedded --notify` as a process that is killed while its webhook is ill: the page comes once, and that it is over.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Forwarder } from '../../../../host/telemetry/forward/forwarder.ts';
import { LinkUpstream } from '../../../../host/telemetry/forward/link-upstream.ts';
import { hasOpenssl, TestAuthority } from '../../../../host/telemetry/forward/testing-certificates.ts';
import { connectTls } from '../../../../host/telemetry/forward/tls-stream.ts';
import { DiskLog } from '../../../../host/telemetry/log/disk-log.ts';
import type { WebhookBody } from '../../../../host/telemetry/notify/webhook.ts';
import { record } from '../../../../host/telemetry/testing/records.ts';
import { hostTime } from '../../../../host/telemetry/time.ts';
import { encodeCbor } from '../../../../host/tools/telemetry/envelope.ts';
import { interlocks } from '../../../../protocol/plant/interlocks.ts';
import { EventKind } from '../../../../protocol/telemetry/events.ts';
import { freePort } from '../../campaign/live-server.ts';
import { LiveProcess, linkWords } from './live-process.ts';

if (!hasOpenssl)
  console.log('no webhook is told: openssl makes certificates for the link of its records, and is not installed');

const hot = interlocks.findIndex(({ name }) => name.endsWith('_HOT'));

describe.skipIf(!hasOpenssl)('a webhook', () => {
  let folder: string;
  let webhook: Server;
  let isIll = true;
  let asked = 0;
  const told: WebhookBody[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-notify-'));
    webhook = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        asked++;
        if (!isIll) told.push(JSON.parse(`${Buffer.concat(parts)}`));
        response.writeHead(isIll ? 503 : 200).end();
      });
    });
    await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    webhook.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is told of a page once, though the gateway was killed meanwhile, and that it is over', async () => {
    const authority = new TestAuthority(folder);
    const port = await freePort();
    const { port: webhookPort } = webhook.address() as AddressInfo;
    const words = [
      ...['gateway', '--name', 'hub', '--log', join(folder, 'hub'), '--listen', `127.0.0.1:${await freePort()}`],
      ...['--accept', `127.0.0.1:${port}`, ...linkWords(authority.end('hub'))],
      ...['--notify', `http://127.0.0.1:${webhookPort}/pager`],
    ];
    let hub = await LiveProcess.start(words);
    const log = DiskLog.open(join(folder, 'edge'), { time: hostTime });
    const connect = (signal: AbortSignal) => connectTls({ host: '127.0.0.1', port }, authority.end('north'), signal);
    const upstream = new LinkUpstream({ name: 'hub', from: 'north', time: hostTime, connect });
    const stop = new AbortController();
    const forwarding = new Forwarder({ log, name: 'up', upstream, time: hostTime }).run(stop.signal);
    let sequence = 0;
    const put = (kind: string, body: object) => {
      const head = record('d', 1, sequence++, 'critical');
      const one = { ...head, cryostat: 'lab/north', kind, body: body as typeof head.body };
      const entry = { ...one, receiveTimeNs: hostTime.wallNs() };
      return log.append([{ ...entry, bytes: encodeCbor(entry) }]);
    };
    await put('event', { event: EventKind.INTERLOCK_TRIPPED, argument0: hot, argument1: 0 });
    const until = async (isThere: () => boolean) => {
      while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    await until(() => asked > 0);
    await hub.end();
    isIll = false;
    hub = await LiveProcess.start(words);
    const warm = () => told.filter(({ groupLabels }) => groupLabels.alertname === 'CryostatWarm');
    await until(() => warm().length > 0);
    expect(warm().map(({ status, groupLabels }) => [status, groupLabels.cryostat])).toEqual([['firing', 'lab/north']]);
    // A new firmware has tripped nothing: its first heartbeat says so.
    await put('heartbeat', heartbeat);
    await until(() => warm().length > 1);
    expect(warm().map(({ status }) => status)).toEqual(['firing', 'resolved']);
    expect(warm()[1].alerts[0].fingerprint).toBe(warm()[0].alerts[0].fingerprint);
    stop.abort();
    await forwarding;
    await log.close();
    await hub.end('SIGTERM');
  });
});

const heartbeat = {
  ...{ heartbeat: 1, uptimeSeconds: 1, health: 0, slot: 0, slotState: 3, leastSlackUs: 250, leastSlackTask: 1 },
  temperaturesMicrokelvin: [41_000_000, 3_070_000, 3_072_000, 960_000, 68_000, 9_000],
  ...{ faultCause: 0, faultCount: 0, tripped: 0, lastTrip: null, powerMicrowatts: 3900, budgetMicrowatts: 150_000 },
  ...{ shed: 0, railsGood: 63, reference: 4, thermometers: 63 },
};
