// Records through `coldrig ingest` into a real Prometheus: each counts once, though the ingester and the store are killed again and again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Forwarder } from '../../../../host/telemetry/forward/forwarder.ts';
import { LinkUpstream } from '../../../../host/telemetry/forward/link-upstream.ts';
import { hasOpenssl, TestAuthority } from '../../../../host/telemetry/forward/testing-certificates.ts';
import { connectTls } from '../../../../host/telemetry/forward/tls-stream.ts';
import { type OwnRecord, OwnRecords } from '../../../../host/telemetry/gateway/own-records.ts';
import { DiskLog } from '../../../../host/telemetry/log/disk-log.ts';
import type { LogEntry } from '../../../../host/telemetry/log/record-log.ts';
import { record } from '../../../../host/telemetry/testing/records.ts';
import { hostTime } from '../../../../host/telemetry/time.ts';
import { encodeCbor } from '../../../../host/tools/telemetry/envelope.ts';
import { EventKind } from '../../../../protocol/telemetry/events.ts';
import { freePort } from '../../campaign/live-server.ts';
import { pathTool } from '../../interop/install.ts';
import { errorOf } from './error-record.ts';
import { LiveProcess, linkWords } from './live-process.ts';
import { LiveStore } from './live-store.ts';
import { runs } from './runs.ts';

const program = pathTool('prometheus');
if (program.missing !== undefined) console.log(`no telemetry in a Prometheus: ${program.missing}`);

describe.skipIf(program.path === undefined || !hasOpenssl)('telemetry in a Prometheus', () => {
  let folder: string;
  let store: LiveStore;
  let authority: TestAuthority;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-ingest-'));
    authority = new TestAuthority(folder);
    store = await LiveStore.start(program.path as string);
  });
  afterAll(async () => {
    await store?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const devices = 5;
  const perDevice = 200;

  test.each([
    ['the ingester', async (ingester: () => Promise<void>) => ingester()],
    ['the store', async (_: unknown, killed: () => Promise<void>) => killed()],
  ])('each record counts once though %s is killed', async (what, strike) => {
    const replayMs: number[] = [];
    for (const run of runs()) {
      const cryostat = `${what.replace(' ', '-')}-${run}`;
      const port = await freePort();
      const words = [
        ...['ingest', '--store', store.address, '--accept', `127.0.0.1:${port}`, ...linkWords(authority.end('hub'))],
        ...['--log', join(folder, cryostat), '--name', cryostat],
      ];
      let ingester = await LiveProcess.start(words);
      const log = DiskLog.open(join(folder, `${cryostat}-edge`), { time: hostTime });
      const files = authority.end('north');
      const upstream = new LinkUpstream({
        ...{ name: 'hub', from: 'north', time: hostTime },
        connect: (signal) => connectTls({ host: '127.0.0.1', port }, files, signal),
      });
      const stop = new AbortController();
      const forwarding = new Forwarder({ log, name: 'up', upstream, time: hostTime, most: 20 }).run(stop.signal);
      // Its last value, however long ago: without the range nothing is found that is older than five minutes, which looks as if nothing had ever come.
      const count = `sum(last_over_time(coldrig_multiplexer_errors_total{cryostat="${cryostat}"}[1h]))`;
      const strikes = [0.2, 0.5, 0.8].map((share) => Math.floor(perDevice * share));
      for (let sequence = 0; sequence < perDevice; sequence++) {
        await log.append(Array.from({ length: devices }, (_, device) => errorOf(cryostat, device, sequence)));
        if (!strikes.includes(sequence)) continue;
        await strike(
          async () => {
            await ingester.end();
            ingester = await LiveProcess.start(words);
          },
          async () => {
            await store.kill();
            await store.start();
          },
        );
      }
      const begun = performance.now();
      await store
        .until(count, ([value]) => value === devices * perDevice)
        .catch((error) => {
          throw new Error(`${error.message}; the ingester said ${ingester.said.join('\n')}`);
        });
      replayMs.push(Math.round(performance.now() - begun));
      // No counter went back on its way.
      const resets = `sum(resets(coldrig_multiplexer_errors_total{cryostat="${cryostat}"}[1h]))`;
      expect((await store.query(resets)).map(([, value]) => value)).toEqual([0]);
      stop.abort();
      await forwarding;
      await log.close();
      await ingester.end('SIGTERM');
    }
    console.log(
      `${what} killed ${3 * replayMs.length} times: all in the store ${replayMs.sort((a, b) => a - b).join(', ')} ms after the last record`,
    );
  });

  test('has what gateways say of devices, and a line that was lost ten minutes ago is lost yet', async () => {
    const [port, name] = [await freePort(), 'gateway-records'];
    const words = [
      ...['ingest', '--store', store.address, '--accept', `127.0.0.1:${port}`, ...linkWords(authority.end('hub'))],
      ...['--log', join(folder, name), '--name', name],
    ];
    const ingester = await LiveProcess.start(words);
    const log = DiskLog.open(join(folder, `${name}-edge`), { time: hostTime });
    const files = authority.end('north');
    const connect = (signal: AbortSignal) => connectTls({ host: '127.0.0.1', port }, files, signal);
    const upstream = new LinkUpstream({ name: 'hub', from: 'north', time: hostTime, connect });
    const stop = new AbortController();
    const forwarding = new Forwarder({ log, name: 'up', upstream, time: hostTime }).run(stop.signal);
    const own = new OwnRecords('north', log, hostTime);
    const about = { of: 'd', ofCryostat: name };
    const tell = (records: OwnRecord[]) => log.append(own.entries(records, hostTime.wallNs()));
    await log.append(Array.from({ length: 601 }, (_, at) => lostLine(name, at, 600 - at)));
    await tell([
      { kind: 'gap', cryostat: name, body: { of: 'd', gapBoot: 1, firstSequence: 5, lastSequence: 6 } },
      { kind: 'anomaly', body: { ...about, quantity: 'readout_snr_decibels 3', reason: 'a step' } },
      { kind: 'calibration', body: { ...about, because: 'CLAIM', state: 'begun', reason: 'client 7' } },
    ]);
    const value = (expression: string) => store.until(expression, ([one]) => one > 0);
    const of = `{cryostat="${name}",device="d"}`;
    expect(await value(`sum(coldrig_anomalies_total${of})`)).toEqual([1]);
    expect(await value(`sum(coldrig_gateway_records_missing_total{cryostat="${name}"})`)).toEqual([2]);
    expect(await value(`coldrig_calibration_until_timestamp_seconds${of} > bool time()`)).toEqual([1]);
    expect(await value(`coldrig_signal_lost${of}`)).toEqual([1]);
    expect(await value(`sum(coldrig_events_total${of})`)).toEqual([1]);
    stop.abort();
    await forwarding;
    await log.close();
    await ingester.end('SIGTERM');
  });
});

/** The first record of a device says that a line is lost; the others are signs of life. So long ago. */
function lostLine(cryostat: string, sequence: number, agoSeconds: number): LogEntry {
  const receiveTimeNs = hostTime.wallNs() - BigInt(agoSeconds) * 1_000_000_000n;
  const event = { ...record('d', 1, sequence, 'critical'), cryostat, receiveTimeNs };
  const body = { event: EventKind.SIGNAL_LOST, argument0: 2, argument1: 6_000 };
  const one = sequence === 0 ? { ...event, body } : { ...event, kind: 'kind-99', body: {} };
  return { ...one, bytes: encodeCbor(one) };
}
