// `coldrig fleet` from nothing: keys, a repository that two of three sign, a server, a rollout, and the server killed in the middle of it.

import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DdiClient } from '../../host/fleet/ddi/client.ts';
import { hostTime } from '../../host/telemetry/time.ts';
import { generateKey, signImage } from '../../host/tools/image/index.ts';
import { coldrig, startColdrig } from '../testing.ts';

const keys = Object.fromEntries(
  ['a', 'b', 'c', 'server'].map((name, index) => [name, generateKey(new Uint8Array(32).fill(index + 1))]),
);
const signal = new AbortController().signal;

describe('a fleet', () => {
  let folder = '';
  let address = '';
  const at = (name: string) => join(folder, name);
  const fleet = (...words: string[]) => coldrig(['fleet', ...words, '--json'], { cwd: folder });
  const asked = (...words: string[]) => fleet(...words, '--server', address);
  const serve = async (listen: string, ...words: string[]) => {
    const server = startColdrig(['fleet', 'serve', '--listen', listen, ...words], { cwd: folder });
    [, address] = await server.said(/serving (http:[^\s,;]+)/);
    return server;
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-fleet-'));
    for (const [name, key] of Object.entries(keys)) {
      writeFileSync(at(`${name}.pem`), key.privateKeyPem);
      writeFileSync(at(`${name}.pub`), key.publicKeyPem);
    }
    const payload = new Uint8Array(64).fill(7);
    const image = signImage({ payload, privateKeyPem: keys.a.privateKeyPem, version: '1.4.2', securityCounter: 1 });
    writeFileSync(at('app.bin'), image);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('releases an image when two of three have signed', async () => {
    const of = ['a', 'b', 'c'].flatMap((name) => ['--root-key', `${name}.pub`, '--release-key', `${name}.pub`]);
    await fleet('release', 'init', ...of, '--server-key', 'server.pub');
    await fleet('release', 'add', 'app.bin');
    await fleet('release', 'sign', '--key', 'a.pem');
    const early = await fleet('release', 'publish', '--key', 'server.pem');
    expect(early.json.error).toMatchObject({ code: 'REPOSITORY', message: expect.stringMatching(/1 of 2 signatures/) });
    await fleet('release', 'sign', '--key', 'c.pem');
    const published = await fleet('release', 'publish', '--key', 'server.pem', '--root-out', 'root.json');
    expect(published.json).toMatchObject({ ok: true, version: 1, releases: [{ version: '1.4.2', file: 'app.bin' }] });
    expect((await fleet('release', 'list')).json).toMatchObject({ releases: [{ name: 'app' }], drafts: [] });
  });

  test('is made by one of several commands that make it at once, and by that one alone', async () => {
    const init = (name: string) => {
      const key = `${name}.pub`;
      const of = ['--root-key', key, '--release-key', key, '--server-key', key, '--threshold', '1'];
      return fleet('release', 'init', '--repository', 'at-once', ...of);
    };
    const names = ['a', 'b', 'c'];
    const made = await Promise.all(names.map(init));
    const first = made.findIndex(({ code }) => code === 0);
    for (const [index, { json }] of made.entries())
      if (index !== first)
        expect(json.error).toMatchObject({ message: expect.stringMatching(/has a repository already/) });
    const sign = await fleet('release', 'sign', '--repository', 'at-once', '--key', `${names[first]}.pem`);
    expect(sign.json.drafts).toMatchObject([{ name: 'root' }, { name: 'targets' }]);
  });

  test('goes over to other keys when one was stolen: what is released is signed anew, and the old key signs it no more', async () => {
    const never = await fleet('release', 'rekey', 'releases', '--new-key', 'b.pub');
    expect(never.json.error).toMatchObject({ message: expect.stringMatching(/^2 of 1 key can never sign/) });
    await fleet('release', 'rekey', 'releases', '--new-key', 'b.pub', '--new-key', 'c.pub');
    expect((await fleet('release', 'sign', '--key', 'a.pem')).json.drafts).toMatchObject([{ name: 'root' }]);
    for (const key of ['b.pem', 'c.pem']) await fleet('release', 'sign', '--key', key);
    const published = await fleet('release', 'publish', '--key', 'server.pem', '--root-out', 'root.json');
    expect(published.json).toMatchObject({ ok: true, version: 2, releases: [{ version: '1.4.2' }] });
  });

  test('takes a file for devices of others with its version, and no image of ours in that way', async () => {
    writeFileSync(at('app.swu'), 'a package');
    const added = await fleet('release', 'add', 'app.swu', '--foreign', '2.0');
    expect(added.json.release).toMatchObject({ version: '2.0.0', file: 'app.swu', securityCounter: 0, bytes: 9 });
    expect((await fleet('release', 'withdraw', 'app.swu')).json.ok).toBe(true);
    const wrong = await fleet('release', 'add', 'app.bin', '--foreign', '2.0');
    expect(wrong.json.error).toMatchObject({ message: 'app.bin is an image of ours, and says its version itself' });
  });

  test('says of a plan what is wrong, and where', async () => {
    writeFileSync(at('wrong.yaml'), 'release: 1.4.2\nrings:\n  - {name: rig, rest: true, soak: soon}\n');
    const { code, json } = await fleet('rollout', 'wrong.yaml');
    expect(code).toBe(1);
    expect(json.error).toMatchObject({ message: 'wrong.yaml: rings[0].soak: expected a time such as 30s, 2h or 1 d' });
  });

  test('says of a ring without devices that it needs one', async () => {
    writeFileSync(at('none.yaml'), 'release: 1.4.2\nsoak: 1s\nrings: [{name: rig, devices: []}]\n');
    expect((await fleet('rollout', 'none.yaml')).json.error).toMatchObject({
      message: 'none.yaml: rings[0].devices: expected a list with one entry at least',
    });
  });

  test('says of a list of devices what is wrong, and where', async () => {
    const mistake = async (text: string) => {
      writeFileSync(at('devices.yaml'), text);
      return (await fleet('agent', '--devices', 'devices.yaml')).json.error;
    };
    const twice = '- {name: a, target: "udp://h:1"}\n';
    expect(await mistake(twice + twice)).toMatchObject({ message: "devices.yaml: [1].name: 'a' is that of [0] too" });
    expect(await mistake('- {name: a, port: 1}')).toMatchObject({
      message: expect.stringMatching(/^devices\.yaml: \[0\]: 'port' is not known; there are name, target/),
    });
  });

  test('says of a door at its gateway what it needs', async () => {
    const mistake = async (...words: string[]) => (await fleet('agent', 'rig-1', ...words)).json.error;
    expect(await mistake('--flash-as', 'tim.token')).toMatchObject({
      message: '--flash-as and --people go together: the token, and whose it is',
    });
    expect(await mistake('--policy', 'absent.cedar')).toMatchObject({
      message: expect.stringMatching(
        /^device \[0\] has no certificate.*give --flash-as and --people, or a certificate$/,
      ),
    });
  });

  test('says of a file with no certificate what it expects', async () => {
    writeFileSync(at('no.crt'), '-----BEGIN PUBLIC KEY-----\n');
    writeFileSync(at('any.token'), 'a-token-of-somebody\n');
    const reach = ['--server', 'https://127.0.0.1:1', '--token', 'any.token', '--ca', 'no.crt'];
    const { json } = await fleet('status', ...reach);
    expect(json.error).toMatchObject({ message: "no.crt holds no certificate; expected PEM with 'BEGIN CERTIFICATE'" });
  });

  test.each([
    ['is empty', '\n'],
    ['has spaces or characters that no token has', 'to ken'],
    ['has spaces or characters that no token has', 'tokén✓'],
  ])('says of a file that is no token that it %s: %j', async (reason, text) => {
    writeFileSync(at('no.token'), text);
    for (const words of [['status'], ['agent', 'rig-1']]) {
      const { code, json } = await fleet(...words, '--token', 'no.token');
      expect(code).toBe(1);
      expect(json.error).toMatchObject({ message: expect.stringContaining(`the token no.token ${reason}`) });
    }
  });

  test('says where a token can come from when there is no server’s folder here', async () => {
    const { json } = await fleet('status');
    expect(json.error).toMatchObject({ code: 'TOKEN', message: expect.stringMatching(/give your own with --token/) });
  });

  test('is served, killed and served again: the rollout is where it was, and its history is whole', async () => {
    let server = await serve('127.0.0.1:0');
    await asked('device', 'add', 'rig-1', '--token-out', 'rig-1.token');
    writeFileSync(at('plan.yaml'), 'release: 1.4.2\nsoak: 1ms\nrings:\n  - {name: rig, rest: true, approval: true}\n');
    expect((await asked('rollout', 'plan.yaml')).json.rollout).toMatchObject({ id: 1, state: 'WAITING_FOR_APPROVAL' });
    expect((await asked('start', '1')).json.error).toMatchObject({
      message: expect.stringMatching(/approve it first/),
    });
    await asked('approve', '1');
    expect((await asked('start', '1')).json.rollout).toMatchObject({ state: 'RUNNING', rings: [{ open: 1 }] });
    server.end('SIGKILL');
    await server.outcome;
    server = await serve(address.slice(7));
    const metrics = await (await fetch(`${address}/metrics`)).text();
    expect(metrics).toMatch(/^coldrig_repository_expires_timestamp_seconds\{role="timestamp"\} \d+$/m);
    const client = new DdiClient({
      ...{ server: address, tenant: 'default', device: 'rig-1', time: hostTime },
      token: readFileSync(at('rig-1.token'), 'utf8').trim(),
    });
    const { links } = await client.poll(signal);
    const { id, chunks } = await client.deployment(links.deploymentBase as string, signal);
    expect(Buffer.from(await client.download(chunks[0].artifacts[0], signal))).toEqual(readFileSync(at('app.bin')));
    await client.feedback('deploymentBase', id, { execution: 'closed', finished: 'success', details: [] }, signal);
    expect((await asked('watch', '1')).json.rollout).toMatchObject({ state: 'FINISHED' });
    expect((await asked('history', '9')).json.error).toMatchObject({
      message: expect.stringMatching(/^there is no rollout 9/),
    });
    const { events } = (await asked('history', '1')).json as { events: { type: string; who?: string }[] };
    expect(events.map(({ type }) => type)).toEqual([
      ...['rollout-created', 'rollout-approved', 'rollout-started', 'ring-started', 'action-created', 'action-state'],
      ...['action-ended', 'ring-confirmed', 'ring-finished', 'rollout-finished'],
    ]);
    server.end('SIGTERM');
    expect((await server.outcome).code).toBe(0);
    // With people, each with a token of their own, the operator's token is nobody's.
    await fleet('person', 'add', 'vera', '--role', 'viewer', '--days', '1', '--token-out', 'vera.token');
    server = await serve('127.0.0.1:0', '--people', 'people.json');
    expect((await asked('status')).json.error).toMatchObject({
      message: expect.stringMatching(/a token that is good/),
    });
    expect((await asked('status', '--token', 'vera.token')).json).toMatchObject({ rollouts: [{ state: 'FINISHED' }] });
    expect((await asked('pause', '1', '--token', 'vera.token')).json.error).toMatchObject({
      message: 'person vera (viewer) may not pause rollout 1: no rule of the policy permits it',
    });
    await fleet('person', 'revoke', 'vera');
    expect((await asked('status', '--token', 'vera.token')).code).toBe(1);
    server.end('SIGTERM');
    await server.outcome;
    const audit = (...words: string[]) => coldrig(['audit', ...words, '--json'], { cwd: folder });
    const log = ['coldrig-fleet/audit', '--key', 'coldrig-fleet/audit.vkey'];
    expect((await audit('verify', ...log)).json).toMatchObject({ ok: true });
    const { events: entries } = (await audit('show', ...log)).json as { events: { verb: string; decision: string }[] };
    const told = entries.map(({ verb, decision }) => `${verb} ${decision}`);
    expect(told).toEqual(
      expect.arrayContaining([
        ...['create-rollout done', 'start refused', 'approve done', 'start done', 'feedback done'],
        ...['enter refused', 'read allowed', 'pause refused'],
      ]),
    );
  });

  test('has one agent for a device: the second hears where the first is, and the first goes on after a kill -9', async () => {
    // A folder that is new, with a webhook's token in it.
    const server = await serve('127.0.0.1:0', '--folder', 'new-fleet', '--alertmanager');
    expect(readFileSync(at('new-fleet/alerts.token'), 'utf8')).toMatch(/^\S{32}\n$/);
    await asked('device', 'add', 'one', '--token-out', 'one.token', '--token', 'new-fleet/operator.token');
    const agent = (place: string) =>
      startColdrig(
        [
          'fleet',
          'agent',
          'one',
          '--token',
          'one.token',
          '--server',
          address,
          '--folder',
          place,
          '--target',
          'udp://127.0.0.1:9',
        ],
        { cwd: folder },
      );
    const isFirst = /one: udp:.*nobody listens there/;
    const first = agent('here');
    await first.said(/^1 device; asking http:\/\/127.0.0.1:\d+\/; Ctrl-C ends it\n/);
    await first.said(isFirst);
    const second = agent('there');
    await second.said(/one: .*HTTP 423: device one has an agent already, \S+\/here\/one \(it was heard \d+ s ago\)/);
    const same = await fleet('agent', 'one', '--token', 'one.token', '--server', address, '--folder', 'here');
    expect(same.json.error).toMatchObject({ message: 'another agent works in here/one; end that one' });
    first.end('SIGKILL');
    const again = agent('here');
    await again.said(isFirst);
    expect(
      (await asked('device', 'free', 'one', '--reason', 'moved', '--token', 'new-fleet/operator.token')).json,
    ).toMatchObject({ ok: true, device: 'one' });
    for (const one of [second, again, server]) one.end('SIGKILL');
  });

  test('is not begun anew where it was served and its log is gone', async () => {
    const first = await serve('127.0.0.1:0', '--folder', 'kept');
    expect((await asked('device', 'add', 'one', '--token', 'kept/operator.token')).code).toBe(0);
    first.end('SIGKILL');
    await first.outcome;
    renameSync(at('kept/log'), at('log-elsewhere'));
    const { code, json } = await fleet('serve', '--folder', 'kept', '--listen', '127.0.0.1:0');
    expect([code, json.error]).toMatchObject([
      1,
      { code: 'FLEET_LOG', message: expect.stringMatching(/^kept\/log is missing.*from a backup, or move kept away/) },
    ]);
    renameSync(at('log-elsewhere'), at('kept/log'));
    const again = await serve('127.0.0.1:0', '--folder', 'kept');
    expect((await asked('status', '--token', 'kept/operator.token')).json).toMatchObject({
      devices: [{ name: 'one' }],
    });
    again.end('SIGKILL');
  });
});
