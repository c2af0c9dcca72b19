// Records through `coldrig ingest` into a real VictoriaMetrics, the store for years: each counts once, though the ingester is killed on the way.
// Debian: apt-get install --no-install-recommends victoria-metrics

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Forwarder } from '../../../../host/telemetry/forward/forwarder.ts';
import { JetStreamUpstream } from '../../../../host/telemetry/forward/jetstream-upstream.ts';
import { DiskLog } from '../../../../host/telemetry/log/disk-log.ts';
import { hostTime } from '../../../../host/telemetry/time.ts';
import { freePort, LiveServer } from '../../campaign/live-server.ts';
import { builtTool, interopFolder, pathTool } from '../../interop/install.ts';
import { errorOf } from './error-record.ts';
import { LiveProcess } from './live-process.ts';

const [nats, victoria] = [await builtTool('nats-server'), pathTool('victoria-metrics')];
const missing = nats.missing ?? victoria.missing;
if (missing !== undefined) console.log(`no telemetry in a VictoriaMetrics: ${missing}`);

const devices = 5;
const perDevice = 200;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.skipIf(missing !== undefined)('telemetry in a VictoriaMetrics', () => {
  let folder: string;
  let address: string;
  let store: ChildProcess;
  let server: LiveServer;
  beforeAll(async () => {
    mkdirSync(interopFolder, { recursive: true });
    folder = mkdtempSync(join(interopFolder, 'victoria-'));
    const port = await freePort();
    address = `http://127.0.0.1:${port}`;
    // Queries see the last half minute only where they are told to.
    const words = ['-search.latencyOffset=0s', '-retentionPeriod=1y', `-storageDataPath=${join(folder, 'data')}`];
    store = spawn(victoria.path as string, [`-httpListenAddr=127.0.0.1:${port}`, ...words], { stdio: 'ignore' });
    server = await LiveServer.start(nats.path as string);
    while (
      !(await fetch(`${address}/health`).then(
        ({ ok }) => ok,
        () => false,
      ))
    )
      await pause(50);
  });
  afterAll(async () => {
    const ended = once(store, 'exit');
    store.kill('SIGKILL');
    await ended;
    await server.end();
    rmSync(folder, { recursive: true, force: true });
  });

  async function value(expression: string): Promise<number | undefined> {
    await fetch(`${address}/internal/force_flush`);
    const response = await fetch(`${address}/api/v1/query?${new URLSearchParams({ query: expression })}`);
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    const [first] = data.result;
    return first && Number(first.value[1]);
  }

  test('each record counts once though the ingester is killed', async () => {
    const words = [
      'ingest',
      '--store',
      address,
      '--nats',
      server.url,
      '--log',
      join(folder, 'ingest'),
      '--name',
      'one',
    ];
    let ingester = await LiveProcess.start(words);
    const log = DiskLog.open(join(folder, 'edge'), { time: hostTime });
    const stop = new AbortController();
    const upstream = new JetStreamUpstream({ url: server.url }, 'edge');
    const forwarding = new Forwarder({ log, name: 'up', upstream, time: hostTime, most: 50 }).run(stop.signal);
    for (let sequence = 0; sequence < perDevice; sequence++) {
      await log.append(Array.from({ length: devices }, (_, device) => errorOf('north', device, sequence)));
      if (sequence % 60 !== 50) continue;
      await ingester.end();
      ingester = await LiveProcess.start(words);
    }
    const count = 'sum(last_over_time(coldrig_multiplexer_errors_total[1h]))';
    while ((await value(count)) !== devices * perDevice) await pause(200);
    expect(await value('sum(resets(coldrig_multiplexer_errors_total[1h]))')).toBe(0);
    stop.abort();
    await forwarding;
    await log.close();
    await ingester.end('SIGTERM');
  });
});
