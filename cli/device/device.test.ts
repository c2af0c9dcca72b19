// `coldrig device`: a device of `coldrig run` says what it is, gets a certificate of a served fleet, and loses it.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DdiClient } from '../../host/fleet/ddi/client.ts';
import { hasOpenssl, TestAuthority } from '../../host/telemetry/forward/testing-certificates.ts';
import { hostTime } from '../../host/telemetry/time.ts';
import { buildAll } from '../../host/tools/build.ts';
import { coldrig, RunningBoard, startColdrig } from '../testing.ts';
import { keepRenewed } from './renewal.ts';

const serial = '00000000000000000000000000000001';
const { signal } = new AbortController();

describe('a device', () => {
  let folder = '';
  let board: RunningBoard;
  let target: string[];
  const at = (name: string) => join(folder, name);
  const call = async (...words: string[]) => (await coldrig([...words, '--json'], { cwd: folder })).json;
  const lists = ['--devices', 'devices.json', '--references', 'references.json'];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-device-'));
    const factory = (await buildAll(['factory'])).images.get('factory')?.file ?? '';
    board = await RunningBoard.start(['--udp', '0', '--serial', '0', '--devices', at('devices.json')]);
    target = ['--target', board.link('udp://')];
    expect(await call('device', 'references', factory, '--out', 'references.json')).toMatchObject({
      references: [{ release: '1.0.0', bootloader: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
    await board.event('firmware-start');
  }, 300_000);
  afterAll(async () => {
    await board?.end('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  test('is believed by its key and by what its release measures, and not by others', async () => {
    const believed = await call('device', 'attest', ...target, ...lists);
    expect(believed).toMatchObject({
      ok: true,
      serial,
      release: '1.0.0',
      nonce: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const devices = JSON.parse(readFileSync(at('devices.json'), 'utf8'));
    writeFileSync(at('other.json'), JSON.stringify({ devices: { [serial]: 'ab'.repeat(32) } }));
    writeFileSync(at('none.json'), JSON.stringify({ devices: {} }));
    writeFileSync(at('nothing.json'), JSON.stringify({ triples: { 'reference-values': [] } }));
    expect(Object.keys(devices.devices)).toEqual([serial]);
    for (const [code, known, released] of [
      ['ATTEST_SIGNATURE', 'other.json', 'references.json'],
      ['ATTEST_DEVICE', 'none.json', 'references.json'],
      ['ATTEST_MEASUREMENT', 'devices.json', 'nothing.json'],
      ['ATTEST_FILE', 'references.json', 'references.json'],
    ]) {
      const { error } = await call('device', 'attest', ...target, '--devices', known, '--references', released);
      expect(error).toMatchObject({ code });
    }
  });

  test('is locked by its gateway: the console reads, and is told whom to ask', async () => {
    const typed = ['--target', board.link('serial://')];
    const advice = /only the line of the gateway may do this.*use the address of the device's gateway/;
    expect((await call('device', 'lock', ...typed)).error).toMatchObject({ message: expect.stringMatching(advice) });
    expect(await call('device', 'lock', ...target)).toMatchObject({ ok: true, locked: true, left: 15 });
    expect(await call('status', ...typed)).toMatchObject({ ok: true, mode: 'firmware', locked: true });
    expect((await coldrig(['status', ...typed])).stdout).toMatch(/access +locked to its gateway/);
    for (const words of [['reset'], ['erase'], ['device', 'unlock'], ['device', 'attest', ...lists]])
      expect((await call(...words, ...typed)).error).toMatchObject({ message: expect.stringMatching(advice) });
    expect(await call('device', 'attest', ...target, ...lists)).toMatchObject({ ok: true });
    expect(await call('device', 'unlock', ...target)).toMatchObject({ ok: true, locked: false, left: 15 });
    expect(await call('erase', ...typed)).toMatchObject({ ok: true });
  });

  test.skipIf(!hasOpenssl)(
    'gets a certificate at the fleet, renews it, and is no longer known by it when revoked',
    async () => {
      const { ca, cert, key } = new TestAuthority(folder).end('server');
      const tls = ['--cert', cert, '--key', key];
      const server = startColdrig(['fleet', 'serve', '--listen', '127.0.0.1:0', ...tls, ...lists], { cwd: folder });
      const [, address] = await server.said(/serving (https:[^\s,;]+)/);
      const reach = ['--server', address, '--ca', ca ?? ''];
      const operator = [...reach, '--token', at('coldrig-fleet/operator.token')];
      const held = { cert: at('device.pem'), key: at('device.key') };
      const files = ['--cert', held.cert, '--key', held.key];
      expect(await call('fleet', 'device', 'add', serial, ...operator)).toMatchObject({ ok: true });
      expect(await call('device', 'enrol', ...target, ...reach, ...files)).toMatchObject({ ok: true, device: serial });
      const ddi = new DdiClient({
        server: address,
        tenant: 'default',
        device: serial,
        tls: { ca, ...held },
        time: hostTime,
      });
      await ddi.poll(signal);
      const first = readFileSync(held.cert, 'utf8');
      expect(await call('device', 'renew', ...reach, ...files)).toMatchObject({ ok: true });
      expect(readFileSync(held.cert, 'utf8')).not.toBe(first);
      // With the new files: they are read for each question.
      await ddi.poll(signal);
      // An agent with --renew, whose clock is 40 minutes further.
      const second = readFileSync(held.cert, 'utf8');
      const stop = new AbortController();
      const time = { ...hostTime, wallNs: () => hostTime.wallNs() + 2_400_000_000_000n };
      const of = { server: address, ca: ca ?? '', ...held };
      const troubles: string[] = [];
      const onTrouble = ({ message }: Error) => stop.abort(troubles.push(message));
      await keepRenewed({ of, time, onTrouble, onRenewed: () => stop.abort() }, stop.signal);
      expect(troubles).toEqual([]);
      expect(readFileSync(held.cert, 'utf8')).not.toBe(second);
      await ddi.poll(signal);
      expect(await call('fleet', 'device', 'revoke', serial, '--reason', 'stolen', ...operator)).toMatchObject({
        ok: true,
      });
      await expect(ddi.poll(signal)).rejects.toThrow(/HTTP 401/);
      const again = await call('device', 'enrol', ...target, ...reach, ...files);
      expect(again.error).toMatchObject({ code: 'ENROL', message: expect.stringMatching(/was revoked: stolen/) });
      server.end('SIGINT');
      await server.outcome;
      const log = ['coldrig-fleet/audit', '--key', 'coldrig-fleet/audit.vkey'];
      const { events } = (await call('audit', 'show', ...log)) as { events: { verb: string; decision: string }[] };
      const told = events.map(({ verb, decision }) => `${verb} ${decision}`);
      for (const each of ['enrol allowed', 'renew allowed', 'revoke done', 'enter refused', 'enrol refused'])
        expect(told).toContain(each);
    },
  );
});

test('TLS and both lists are needed for devices that attest', async () => {
  const { code, stderr } = await coldrig(['fleet', 'serve', '--devices', 'devices.json'], { columns: 200 });
  expect([code, stderr]).toEqual([2, expect.stringMatching(/--devices, --references, and TLS/)]);
});
