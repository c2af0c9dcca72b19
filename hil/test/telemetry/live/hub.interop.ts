// A gateway above others, as a process: killed again and again, its disk full for a while, a certificate revoked while its connection is open, and where it listens.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Forwarder } from '../../../../host/telemetry/forward/forwarder.ts';
import { LinkUpstream } from '../../../../host/telemetry/forward/link-upstream.ts';
import { hasOpenssl, TestAuthority } from '../../../../host/telemetry/forward/testing-certificates.ts';
import { connectTls, type TlsFiles } from '../../../../host/telemetry/forward/tls-stream.ts';
import { DiskLog } from '../../../../host/telemetry/log/disk-log.ts';
import { entries, nameOf } from '../../../../host/telemetry/testing/records.ts';
import { hostTime } from '../../../../host/telemetry/time.ts';
import { freePort } from '../../campaign/live-server.ts';
import { listeners } from './listeners.ts';
import { LiveProcess, linkWords } from './live-process.ts';
import { runs } from './runs.ts';

if (!hasOpenssl) console.log('no gateway above others: openssl makes certificates for its links, and is not installed');

const count = 1_000;
const patient = new AbortController().signal;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.skipIf(!hasOpenssl)('a gateway above others', () => {
  let folder: string;
  let authority: TestAuthority;
  let own: TlsFiles;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-hub-'));
    authority = new TestAuthority(folder);
    own = { ...authority.end('hub'), crl: authority.crl };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const wordsOf = (log: string, port: number, ...more: string[]) => [
    ...['gateway', '--name', 'hub', '--log', log, '--accept', `127.0.0.1:${port}`, ...linkWords(own), ...more],
  ];

  /** Forwards a log to the hub; `delivered` says how far it is. */
  async function forwarding(name: string, port: number, files: TlsFiles) {
    const log = DiskLog.open(join(folder, name), { time: hostTime });
    const connect = (signal: AbortSignal) => connectTls({ host: '127.0.0.1', port }, files, signal);
    const upstream = new LinkUpstream({ name: 'hub', from: name, time: hostTime, connect });
    const forwarder = new Forwarder({ log, name: 'up', upstream, time: hostTime, most: 25 });
    const stop = new AbortController();
    const running = forwarder.run(stop.signal);
    const end = async () => {
      stop.abort(new Error('ended'));
      await running;
      await log.close();
    };
    const until = async (delivered: number) => {
      while (forwarder.delivered < delivered) await pause(5);
    };
    return { log, forwarder, until, end };
  }

  /** What a hub that has ended has on disk of one device. */
  async function kept(log: string): Promise<string[]> {
    const there = DiskLog.open(log, { time: hostTime });
    const all = await (await there.reader('check')).read(10 * count, patient);
    await there.close();
    return all.map(nameOf).filter((name) => name.startsWith('d/'));
  }

  test('that is killed has each record once, in order', async () => {
    for (const run of runs()) {
      const [log, port] = [join(folder, `hub-${run}`), await freePort()];
      let hub = await LiveProcess.start(wordsOf(log, port));
      const edge = await forwarding(`edge-${run}`, port, authority.end('north'));
      await edge.log.append(entries('d', 1, 0, count, 'critical'));
      await edge.until(count >> 1);
      await hub.end();
      hub = await LiveProcess.start(wordsOf(log, port));
      await edge.until(count);
      await edge.end();
      await hub.end('SIGTERM');
      expect(await kept(log), `run ${run}`).toEqual(entries('d', 1, 0, count, 'critical').map(nameOf));
    }
  });

  test('whose disk is full takes everything when there is room again', async (context) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk], { stdio: 'pipe' });
    } catch {
      console.log('no disk that is full: a file system in memory cannot be mounted by this user');
      return context.skip();
    }
    try {
      const [log, port] = [join(disk, 'log'), await freePort()];
      const hub = await LiveProcess.start(wordsOf(log, port));
      const edge = await forwarding('edge-full', port, authority.end('north'));
      await edge.log.append(entries('d', 1, 0, 3 * count, 'critical'));
      while (!hub.said.some((line) => line.includes('"event":"refused"'))) await pause(20);
      expect(edge.forwarder.delivered).toBeLessThan(3 * count);
      execFileSync('mount', ['-o', 'remount,size=64m', disk]);
      await edge.until(3 * count);
      await edge.end();
      await hub.end('SIGTERM');
      expect(await kept(log)).toEqual(entries('d', 1, 0, 3 * count, 'critical').map(nameOf));
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });

  test('refuses a certificate within a minute after it was revoked, though its connection is open', async () => {
    const [log, port] = [join(folder, 'hub-revoked'), await freePort()];
    const hub = await LiveProcess.start(wordsOf(log, port));
    const files = authority.end('leaver');
    const edge = await forwarding('edge-revoked', port, files);
    await edge.log.append([...entries('d', 1, 0, 1, 'critical')]);
    await edge.until(1);
    authority.revoke(files);
    const begun = performance.now();
    while (!hub.said.some((line) => line.includes('"event":"gone"'))) await pause(20);
    const seconds = (performance.now() - begun) / 1000;
    // It tries again and again.
    await edge.log.append(entries('d', 1, 1, 10, 'critical'));
    await pause(3_000);
    await edge.end();
    await hub.end('SIGTERM');
    expect(seconds).toBeLessThan(60);
    expect(await kept(log)).toEqual(['d/1/0']);
    console.log(`a revoked certificate was refused after ${seconds.toFixed(0)} s`);
  });

  test('listens on this machine alone, unless it is told', async () => {
    const silent = ['--target', 'udp://127.0.0.1:9'];
    const plain = await LiveProcess.start(['gateway', '--log', join(folder, 'plain'), ...silent]);
    const port = await freePort();
    const embedded = await LiveProcess.start([
      ...['gateway', '--log', join(folder, 'embedded'), ...silent, '--listen', `127.0.0.1:${port}`],
    ]);
    expect(listeners(plain.pid).tcp).toEqual([]);
    expect(listeners(embedded.pid).tcp).toEqual([`127.0.0.1:${port}`]);
    await plain.end('SIGTERM');
    await embedded.end('SIGTERM');
  });
});
