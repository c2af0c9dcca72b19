// A gateway that keeps its records in a NATS server beside it, and passes them on to a hub's, over TLS with certificates: gateway and both servers are killed in turn.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Forwarder } from '../../../../host/telemetry/forward/forwarder.ts';
import { LinkUpstream } from '../../../../host/telemetry/forward/link-upstream.ts';
import { hasOpenssl, TestAuthority } from '../../../../host/telemetry/forward/testing-certificates.ts';
import { connectTls, type TlsFiles } from '../../../../host/telemetry/forward/tls-stream.ts';
import { DiskLog } from '../../../../host/telemetry/log/disk-log.ts';
import { JetStreamStream } from '../../../../host/telemetry/log/jetstream-stream.ts';
import { entries, nameOf } from '../../../../host/telemetry/testing/records.ts';
import { hostTime } from '../../../../host/telemetry/time.ts';
import { coldrig, freePort, LiveServer } from '../../campaign/live-server.ts';
import { builtTool } from '../../interop/install.ts';
import { LiveProcess, linkWords } from './live-process.ts';

const nats = await builtTool('nats-server');
const missing = nats.missing ?? (hasOpenssl ? undefined : 'openssl makes its certificates, and is not installed');
if (missing !== undefined) console.log(`no gateway with a NATS server beside it: ${missing}`);

const count = 2_000;
const patient = new AbortController().signal;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.skipIf(missing !== undefined)('a gateway with a NATS server beside it', () => {
  let folder: string;
  let authority: TestAuthority;
  let [own, north]: TlsFiles[] = [];
  let edge: LiveServer;
  let hub: LiveServer;
  const program = nats.path as string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-edge-'));
    authority = new TestAuthority(folder);
    [own, north] = [authority.end('edge'), authority.end('north')];
    const server = authority.end('hub');
    const tls = ['--tlsverify', '--tlscacert', server.ca, '--tlscert', server.cert, '--tlskey', server.key];
    edge = await LiveServer.start(program);
    hub = await LiveServer.start(program, tls);
  });
  afterAll(async () => {
    await edge?.end();
    await hub?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test('has each record at the hub once and in order, whoever is killed', async () => {
    const port = await freePort();
    const words = [
      ...['gateway', '--name', 'edge', '--log', join(folder, 'edge'), '--stream', edge.url, '--upstream', hub.url],
      ...['--accept', `127.0.0.1:${port}`, ...linkWords(own)],
    ];
    let gateway = await LiveProcess.start(words);
    const log = DiskLog.open(join(folder, 'below'), { time: hostTime });
    const connect = (signal: AbortSignal) => connectTls({ host: '127.0.0.1', port }, north, signal);
    const upstream = new LinkUpstream({ name: 'edge', from: 'below', time: hostTime, connect });
    const forwarder = new Forwarder({ log, name: 'up', upstream, time: hostTime, most: 25 });
    const stop = new AbortController();
    const running = forwarder.run(stop.signal);
    const until = async (delivered: number) => {
      while (forwarder.delivered < delivered) await pause(5);
    };
    await log.append(entries('d', 1, 0, count, 'critical'));
    await until(count * 0.2);
    await gateway.end();
    gateway = await LiveProcess.start(words);
    await until(count * 0.4);
    await edge.kill();
    await edge.start();
    await until(count * 0.6);
    await hub.kill();
    await until(count * 0.8);
    await hub.start();
    await until(count);
    stop.abort(new Error('ended'));
    await running;
    await log.close();

    const stream = await JetStreamStream.open({ url: hub.url, files: own });
    const reader = await stream.reader('check');
    const names: string[] = [];
    while (names.at(-1) !== `d/1/${count - 1}`)
      names.push(...(await reader.read(500, patient)).map(nameOf).filter((name) => name.startsWith('d/')));
    reader.close();
    await stream.close();
    expect(names).toEqual(entries('d', 1, 0, count, 'critical').map(nameOf));
    await gateway.end('SIGTERM');
  });

  test('and one that is not there says that it waits, and ends when it is told to', async () => {
    const nowhere = `nats://127.0.0.1:${await freePort()}`;
    const gateway = ['gateway', '--log', join(folder, 'waits'), '--stream', nowhere, '--target', 'udp://127.0.0.1:9'];
    const ingest = ['ingest', '--log', join(folder, 'takes'), '--nats', nowhere, '--store', 'http://127.0.0.1:9'];
    for (const words of [gateway, ingest]) {
      const waiting = await LiveProcess.start(words);
      expect(waiting.ready).toMatchObject({ event: 'stream', state: 'waiting' });
      expect(waiting.ready.reason).toMatch(/^the NATS server at 127\.0\.0\.1:\d+ does not answer/);
      await waiting.end('SIGINT');
    }
  });

  test('refuses what cannot be', async () => {
    const of = async (...words: string[]) => {
      const { code, stderr } = await coldrig('gateway', '--target', 'udp://127.0.0.1:9', '--log', folder, ...words);
      return [code, stderr.trim()];
    };
    expect(await of('--stream', edge.url, '--embedded')).toEqual([2, expect.stringMatching(/leave --stream out/)]);
    expect(await of('--stream', edge.url, '--upstream', edge.url)).toEqual([2, expect.stringMatching(/one server/)]);
    expect(await of('--stream', 'hub:4222')).toEqual([2, expect.stringMatching(/expected nats:\/\/host:port/)]);
    const limits = join(folder, 'limits.conf');
    writeFileSync(limits, 'jetstream { max_file_store: 8MB }\n');
    const small = await LiveServer.start(program, ['-c', limits]);
    try {
      expect(await of('--stream', small.url)).toEqual([1, expect.stringMatching(/refuses the streams of the records/)]);
    } finally {
      await small.end();
    }
    const plain = await LiveServer.start(program, ['--user', 'ann', '--pass', 'secret']);
    try {
      expect(await of('--stream', plain.url)).toEqual([1, expect.stringMatching(/lets nobody in like this/)]);
      const url = plain.url.replace('nats://', 'nats://ann:secret@');
      const inside = await LiveProcess.start([
        'gateway',
        '--target',
        'udp://127.0.0.1:9',
        '--log',
        join(folder, 'in'),
        '--stream',
        url,
      ]);
      expect(inside.ready).toMatchObject({ event: 'ready', log: plain.url });
      await inside.end('SIGTERM');
    } finally {
      await plain.end();
    }
  });
});
