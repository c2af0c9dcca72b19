// SWUpdate, a device of other people that speaks DDI, is served by our server: it registers, loads and installs a package, confirms it after its restart, and
// takes a cancellation. It runs as a program of this machine, and installs a file.
// Debian: apt-get install --no-install-recommends swupdate

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tokenHash } from '../../../host/fleet/ddi/server.ts';
import type { Release } from '../../../host/fleet/rollout/events.ts';
import type { FleetState } from '../../../host/fleet/rollout/state.ts';
import { packageOf } from '../../../host/fleet/testing/swu.ts';
import { hasOpenssl } from '../../../host/telemetry/forward/testing-certificates.ts';
import { FleetBench, ringOf } from '../fleet/bench.ts';
import { pathTool } from './install.ts';

const tool = pathTool('swupdate');
const reason = tool.missing ?? (hasOpenssl ? undefined : 'openssl is not installed');
const token = 'token-of-the-foreign-board';
const waitMs = 60_000;

describe.skipIf(reason !== undefined)(`SWUpdate, ${reason ?? 'run'}`, () => {
  let bench: FleetBench;
  let folder = '';
  let release: Release;
  const running = new Set<ChildProcess>();
  const at = (name: string) => join(folder, name);

  beforeAll(async () => {
    bench = await FleetBench.start();
    // Short, because it makes sockets in it.
    folder = mkdtempSync(join(tmpdir(), 'swu-'));
    const file = signedPackage(at, 'the new application\n');
    release = bench.shelf.put(file, 'app.swu', 'app', { foreignVersion: '2.0.0' });
    await bench.ask({ do: 'add-release', release });
  });
  afterAll(async () => {
    for (const child of running) await end(child);
    await bench?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** `confirm`: as its start script does after an update. */
  function start(device: string, confirm: boolean): ChildProcess {
    writeFileSync(
      at('swupdate.cfg'),
      `globals : { public-key-file = "${at('certificate.pem')}"; bootloader = "none"; };
       identify : ( { name = "model"; value = "a foreign board"; } );
       suricatta : { tenant = "default"; id = "${device}"; url = "${bench.origin}"; polldelay = 1; targettoken = "${token}"; };`,
    );
    const words = ['-f', at('swupdate.cfg'), '-H', 'board:1.0', '-M', '-m', '-u', confirm ? '-c 2' : ''];
    const child = spawn(tool.path as string, words, { env: { ...process.env, TMPDIR: folder }, stdio: 'ignore' });
    running.add(child);
    return child;
  }

  async function end(child: ChildProcess): Promise<void> {
    running.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  async function until(isSo: (state: FleetState) => boolean): Promise<void> {
    for (let rests = 0; !isSo(bench.fleet.state); rests++) {
      if (rests * 100 > waitMs) throw new Error(`it did not come to that; the last events: ${lastOf(bench)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await bench.fleet.tick();
    }
  }

  test('registers with what it is, installs, and confirms after its restart', async () => {
    await bench.ask({ do: 'add-device', device: 'foreign', tokenHash: tokenHash(token) });
    let child = start('foreign', false);
    await until(({ devices }) => devices.get('foreign')?.attributes.model === 'a foreign board');
    const rings = [ringOf('rig', ['foreign'], { soakMs: 0 })];
    await bench.ask({ do: 'create-rollout', name: 'app', release: release.hash, rings, onError: 'hold' });
    await bench.ask({ do: 'start', rollout: 1 });
    await until(() => existsSync(at('installed.txt')));
    expect(readFileSync(at('installed.txt'), 'utf8')).toBe('the new application\n');
    await end(child);
    expect(bench.fleet.state.rollouts.get(1)?.state).toBe('RUNNING');
    child = start('foreign', true);
    await until(({ rollouts }) => rollouts.get(1)?.state === 'FINISHED');
    await end(child);
  });

  test('gives up an action that is cancelled before it has begun', async () => {
    await bench.ask({ do: 'add-device', device: 'other', tokenHash: tokenHash(token) });
    const rings = [ringOf('rig', ['other'])];
    await bench.ask({ do: 'create-rollout', name: 'app', release: release.hash, rings, onError: 'hold' });
    await bench.ask({ do: 'start', rollout: 2 });
    await bench.ask({ do: 'stop', rollout: 2, scope: 'hold', reason: 'not this one' });
    rmSync(at('installed.txt'));
    const child = start('other', false);
    await until(({ rollouts }) => rollouts.get(2)?.state === 'STOPPED');
    expect(bench.fleet.state.rollouts.get(2)?.members.get('other')?.state).toBe('cancelled');
    await end(child);
    expect(existsSync(at('installed.txt'))).toBe(false);
  });
});

const lastOf = ({ fleet }: FleetBench) =>
  JSON.stringify([...fleet.state.actions.values()].map(({ id, state, detail }) => ({ id, state, detail })));

/** Debian's SWUpdate takes packages only that are signed, by CMS. */
function signedPackage(at: (name: string) => string, content: string): Buffer {
  const openssl = (words: string[]) => execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'ignore'] });
  const [key, certificate] = [at('key.pem'), at('certificate.pem')];
  const uses = ['-addext', 'extendedKeyUsage=emailProtection', '-addext', 'keyUsage=digitalSignature'];
  const made = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=coldrig test'];
  openssl(['req', '-x509', ...made, '-keyout', key, '-out', certificate, ...uses]);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = `filename = "app.txt"; path = "${at('installed.txt')}"; sha256 = "${sha256}";`;
  const description = `software = { version = "2.0.0"; hardware-compatibility: [ "1.0" ]; files: ( { ${file} } ); }\n`;
  writeFileSync(at('sw-description'), description);
  const signed = ['-signer', certificate, '-inkey', key, '-outform', 'DER', '-nosmimecap', '-binary'];
  openssl(['cms', '-sign', '-in', at('sw-description'), '-out', at('signature'), ...signed]);
  const files = { 'sw-description.sig': readFileSync(at('signature')), 'app.txt': Buffer.from(content) };
  return packageOf(description, files);
}
