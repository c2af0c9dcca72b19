// Gateway to NATS to two ingesters to a Prometheus, each a process. One ingester is killed in the middle, and so is the NATS server: each record counts once.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Forwarder } from '../../../../host/telemetry/forward/forwarder.ts';
import { JetStreamUpstream } from '../../../../host/telemetry/forward/jetstream-upstream.ts';
import { DiskLog } from '../../../../host/telemetry/log/disk-log.ts';
import { hostTime } from '../../../../host/telemetry/time.ts';
import { LiveServer } from '../../campaign/live-server.ts';
import { builtTool, pathTool } from '../../interop/install.ts';
import { errorOf } from './error-record.ts';
import { LiveProcess } from './live-process.ts';
import { LiveStore } from './live-store.ts';
import { runs } from './runs.ts';

const [nats, prometheus] = [await builtTool('nats-server'), pathTool('prometheus')];
const missing = nats.missing ?? prometheus.missing;
if (missing !== undefined) console.log(`no two ingesters of one stream: ${missing}`);

const devices = 8;
const perDevice = 150;

describe.skipIf(missing !== undefined)('two ingesters of one stream', () => {
  let folder: string;
  let store: LiveStore;
  let server: LiveServer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-two-'));
    store = await LiveStore.start(prometheus.path as string);
    server = await LiveServer.start(nats.path as string);
  });
  afterAll(async () => {
    await store?.end();
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(['an ingester', 'the NATS server'])('each record counts once though %s is killed', async (victim) => {
    const replayMs: number[] = [];
    const words = (part: string) => [
      ...['ingest', '--store', store.address, '--nats', server.url, '--part', part],
      ...['--log', join(folder, `ingest-${part[0]}`), '--name', `ingest-${part[0]}`],
    ];
    let first = await LiveProcess.start(words('1/2'));
    const second = await LiveProcess.start(words('2/2'));
    for (const run of runs()) {
      const cryostat = `${victim.replaceAll(' ', '-')}-${run}`;
      const log = DiskLog.open(join(folder, cryostat), { time: hostTime });
      const stop = new AbortController();
      const upstream = new JetStreamUpstream({ url: server.url }, 'edge');
      const forwarding = new Forwarder({ log, name: 'up', upstream, time: hostTime, most: 50 }).run(stop.signal);
      for (let sequence = 0; sequence < perDevice; sequence++) {
        await log.append(Array.from({ length: devices }, (_, device) => errorOf(cryostat, device, sequence)));
        if (sequence !== perDevice >> 1) continue;
        if (victim === 'an ingester') {
          await first.end();
          first = await LiveProcess.start(words('1/2'));
        } else {
          await server.kill();
          await server.start();
        }
      }
      const begun = performance.now();
      const errors = `coldrig_multiplexer_errors_total{cryostat="${cryostat}"}`;
      await store
        .until(`sum(last_over_time(${errors}[1h]))`, ([value]) => value === devices * perDevice)
        .catch((error) => {
          throw new Error(`${error.message}; the ingesters said ${[...first.said, ...second.said].join('\n')}`);
        });
      replayMs.push(Math.round(performance.now() - begun));
      expect((await store.query(`sum(resets(${errors}[1h]))`)).map(([, value]) => value)).toEqual([0]);
      const checks = `sum(max_over_time(coldrig_checks_failed_total{cryostat="${cryostat}",objective="multiplexer_errors"}[1h]))`;
      await store.until(checks, ([value]) => value === devices * perDevice);
      stop.abort();
      await forwarding;
      await log.close();
    }
    await first.end('SIGTERM');
    await second.end('SIGTERM');
    console.log(
      `${victim} killed ${replayMs.length} times: all in the store ${replayMs.sort((a, b) => a - b).join(', ')} ms after the last record`,
    );
  });
});
