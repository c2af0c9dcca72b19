// `coldrig gateway` as a process: killed with SIGKILL while it takes records, and mistakes in what it is told.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Forwarder } from '../host/telemetry/forward/forwarder.ts';
import { LinkUpstream } from '../host/telemetry/forward/link-upstream.ts';
import { hasOpenssl, TestAuthority } from '../host/telemetry/forward/testing-certificates.ts';
import { connectTls, type TlsFiles } from '../host/telemetry/forward/tls-stream.ts';
import { DiskLog } from '../host/telemetry/log/disk-log.ts';
import { entries, nameOf } from '../host/telemetry/testing/records.ts';
import { hostTime } from '../host/telemetry/time.ts';
import { coldrig, command } from './testing.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-gateway-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

if (!hasOpenssl)
  console.log('a gateway that is killed is not tried: openssl makes certificates for its link, and is not installed');

/** A hub in a process of its own; resolves when it listens. */
async function hub(log: string, port: number, { ca, cert, key }: TlsFiles) {
  const link = ['--accept', `127.0.0.1:${port}`, '--ca', ca, '--cert', cert, '--key', key];
  const child = spawn(process.execPath, [command, 'gateway', '--json', '--name', 'hub', '--log', log, ...link], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [first] = (await once(lines, 'line')) as [string];
  const ended = once(child, 'exit');
  return {
    port: JSON.parse(first).accept as number,
    async end(signal: NodeJS.Signals): Promise<number | null> {
      child.kill(signal);
      return ((await ended) as [number | null])[0];
    },
  };
}

describe.skipIf(!hasOpenssl)('a gateway that takes records of another', () => {
  test('and is killed with SIGKILL again and again has each of them once, in order', async () => {
    const authority = new TestAuthority(folder);
    const files = authority.end('north');
    const own = authority.end('hub');
    const count = 1_200;
    const log = DiskLog.open(join(folder, 'north'), { time: hostTime });
    await log.append(entries('d', 1, 0, count, 'critical'));
    let running = await hub(join(folder, 'hub'), 0, own);
    const place = { host: '127.0.0.1', port: running.port };
    const upstream = new LinkUpstream({
      ...{ name: 'hub', from: 'north', time: hostTime },
      connect: (signal) => connectTls(place, files, signal),
    });
    const forwarder = new Forwarder({ log, name: 'up', upstream, time: hostTime, most: 50 });
    const stop = new AbortController();
    const forwarded = forwarder.run(stop.signal);
    const until = async (delivered: number) => {
      while (forwarder.delivered < delivered) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    for (const delivered of [200, 700]) {
      await until(delivered);
      await running.end('SIGKILL');
      running = await hub(join(folder, 'hub'), place.port, own);
    }
    await until(count);
    stop.abort();
    await forwarded;
    expect(await running.end('SIGTERM')).toBe(0);
    await log.close();
    const there = DiskLog.open(join(folder, 'hub'), { time: hostTime });
    const all = await (await there.reader('check')).read(2 * count, new AbortController().signal);
    const names = all.map(nameOf).filter((name) => name.startsWith('d/'));
    expect(names).toEqual(entries('d', 1, 0, count, 'critical').map(nameOf));
    await there.close();
  });
});

describe('a mistake', () => {
  const mistakes: [what: string, file: string, message: RegExp][] = [
    ['no device', 'devices: []', /gateway\.yaml: devices: expected a list with a target for each device/],
    [
      'a word that is not known',
      'device: 1',
      /gateway\.yaml: the file: 'device' is not known; there are name, cryostat, devices/,
    ],
    ['a target that is none', 'devices: [{target: udp}]', /gateway\.yaml: devices\[0\]: target 'udp' has no scheme/],
    [
      'a name that is none',
      'name: a b\ndevices: [{target: "udp://h:1"}]',
      /gateway\.yaml: name: expected at most 64 letters/,
    ],
    ['no YAML', 'devices: [', /gateway\.yaml cannot be read: /],
  ];
  test.each(mistakes)('in the file is named: %s', async (_, file, message) => {
    const path = join(folder, 'gateway.yaml');
    writeFileSync(path, file);
    const { code, stderr } = await coldrig(['gateway', path, '--log', join(folder, 'log')]);
    expect({ code, said: message.test(stderr) }, stderr).toEqual({ code: 1, said: true });
  });

  test.each([
    [['gateway'], /it has no devices: give a file, --target, or --accept/],
    [['gateway', '--accept', '127.0.0.1:9'], /a link over TLS needs --ca, --cert and --key/],
    [['ingest', '--store', 'http://h'], /where do records come from\? Give --accept or --nats/],
    [['ingest', '--store', 'http://h', '--accept', '127.0.0.1:9'], /a link over TLS needs --ca, --cert and --key/],
    [['gateway', '--target', 'udp://h:1', '--notify', 'http://h'], /--notify needs --embedded/],
    [['gateway', '--target', 'udp://h:1', '--notify', 'pager'], /expected http:/],
    [['gateway', '--target', 'udp://h:1', '--embedded', '--calibrate', 'uts'], /without a person's credential/],
    [['gateway', '--listen', 'h', '--target', 'udp://h:1'], /expected host:port, for instance 127\.0\.0\.1:9410/],
    [['gateway', '--target', 'udp://h:1', '--upstream', 'http://h'], /'http:\/\/h' is no address: expected nats:\/\//],
  ])('on the command line is named: %j', async (words, message) => {
    const { code, stderr } = await coldrig([...words, '--log', join(folder, 'log')]);
    expect({ code, said: message.test(stderr) }, stderr).toEqual({ code: 2, said: true });
  });
});
