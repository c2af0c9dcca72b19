// The side for people, by policy: each may what their role may, whoever may not is refused with a record, and who has made a rollout does not approve it.

import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import { hasOpenssl, TestAuthority } from '../../telemetry/forward/testing-certificates.ts';
import type { TlsFiles } from '../../telemetry/forward/tls-stream.ts';
import { FakeLogDisk } from '../../telemetry/log/testing/fake-log-disk.ts';
import { VirtualTime } from '../../telemetry/testing/virtual-time.ts';
import { readPolicy } from '../access/files.ts';
import { hashOfToken, type Person } from '../access/people.ts';
import { PolicyAccess } from '../access/policy.ts';
import type { AuditEvent } from '../audit/event.ts';
import { Fleet, theFleet } from '../fleet.ts';
import { type Asked, serveFleetHttp, type Told } from '../http.ts';
import { played } from '../testing/play-fleet.ts';
import { ManageClient } from './client.ts';
import { PeopleFile } from './identity.ts';
import { ManageServer } from './server.ts';

const folder = mkdtempSync(join(tmpdir(), 'coldrig-people-'));
const path = join(folder, 'people.json');
afterAll(() => rmSync(folder, { recursive: true }));

const text = (file: string) => readFileSync(file, 'utf8');
const tokenOf = (name: string) => `token-of-${name}-long-enough`;
const person = (name: string, ...roles: string[]): Person => ({ roles, token: hashOfToken(tokenOf(name)) });
const everybody = {
  ...{ vera: person('vera', 'viewer'), otto: person('otto', 'operator'), tim: person('tim', 'technician') },
  rita: person('rita', 'release-engineer', 'operator'),
};
const release = played.release('new');
const rings = [
  { name: 'rig', devices: ['a'], soakMs: 0, approval: true },
  { name: 'rest', rest: true, soakMs: 0, approval: true },
];
const createRollout = { do: 'create-rollout', name: 'one', release: release.hash, rings };

let writes = 0;
function write(people: Record<string, Person>): void {
  // Of another length each time: two writes of one moment are told apart by it.
  writeFileSync(path, JSON.stringify({ people }) + ' '.repeat(++writes));
}

async function served(people: Record<string, Person> = everybody) {
  write(people);
  const [time, entries, troubles] = [new VirtualTime(), [] as AuditEvent[], [] as string[]];
  const identities = new PeopleFile(
    path,
    () => Number(time.wallNs() / 1_000_000n),
    (reason) => troubles.push(reason),
  );
  const access = new PolicyAccess(readPolicy(), (name) => identities.rolesOf(name));
  const audit = { record: async (event: AuditEvent) => entries.push(event) };
  const fleet = await time.until(Fleet.open({ folder: '/fleet', time, access, audit, disk: new FakeLogDisk() }));
  await time.until(fleet.ask(theFleet, { do: 'add-release', release }));
  const manage = new ManageServer({ fleet, identities, seenOf: () => undefined, auditTail: async () => [] });
  const call = async (token: string | undefined, body: object | string): Promise<Told> => {
    const isRead = typeof body === 'string';
    const asked: Asked = {
      ...{
        method: isRead ? 'GET' : 'POST',
        path: `/rest/v1/${isRead ? body : 'commands'}`,
        query: new URLSearchParams(),
      },
      ...{ headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, source: '10.0.0.9' },
      ...{ body: isRead ? '' : JSON.stringify(body), origin: 'http://here' },
    };
    return (await time.until(manage.answer(asked))) as Told;
  };
  const as = async (name: string, body: object | string) => (await call(tokenOf(name), body)).status;
  return { fleet, time, entries, troubles, call, as, manage };
}

describe('people at the door of a fleet', () => {
  let of: Awaited<ReturnType<typeof served>>;
  beforeEach(async () => {
    of = await served();
  });
  const told = () => of.entries.map(({ who, verb, decision }) => `${who.name} ${verb} ${decision}`);

  test('may what their role may, and nothing else; each request is on record with who asked', async () => {
    const add = (device: string) => ({ do: 'add-device', device });
    expect(await of.as('tim', add('a'))).toBe(200);
    expect(await of.as('tim', add('b'))).toBe(200);
    for (const [name, command] of [
      ['vera', add('c')],
      ['otto', add('c')],
      ['rita', add('c')],
      ['tim', createRollout],
      ['otto', createRollout],
      ['vera', { do: 'pause', rollout: 1 }],
      ['tim', { do: 'stop', rollout: 1, scope: 'hold', reason: '' }],
    ] as const) {
      const before = of.entries.length;
      expect({ name, status: await of.as(name, command) }).toEqual({ name, status: 403 });
      expect(of.entries.slice(before).at(-1)).toMatchObject({
        ...{ who: { kind: 'person', name }, verb: command.do, decision: 'refused' },
        reason: expect.stringMatching(/no rule of the policy permits it$/),
      });
    }
    expect([...of.fleet.state.devices.keys()]).toEqual(['a', 'b']);
    for (const name of Object.keys(everybody)) expect(await of.as(name, 'rollouts')).toBe(200);
    expect(told()).toEqual(
      expect.arrayContaining(['fleet add-release done', 'tim add-device done', 'vera read allowed']),
    );
  });

  test('do not approve what they have made: four eyes for the rollout, and for each ring', async () => {
    for (const device of ['a', 'b']) await of.as('tim', { do: 'add-device', device });
    expect(await of.as('rita', createRollout)).toBe(200);
    const by = (name: string, verb: string) => of.as(name, { do: verb, rollout: 1 });
    expect(await by('rita', 'approve')).toBe(403);
    expect(of.entries.at(-1)?.reason).toMatch(/the policy forbids it: two people for a rollout$/);
    expect([await by('otto', 'approve'), await by('rita', 'start')]).toEqual([200, 200]);
    const closed = { action: 1, execution: 'closed', finished: 'success', detail: '' } as const;
    await of.time.until(of.fleet.ask({ kind: 'device', name: 'a' }, { do: 'feedback', device: 'a', ...closed }));
    await of.time.pass(1_000);
    await of.time.until(of.fleet.tick());
    expect(of.fleet.state.rollouts.get(1)).toMatchObject({ state: 'PAUSED', pausedBy: 'approval', createdBy: 'rita' });
    expect(await by('rita', 'resume')).toBe(403);
    expect(of.entries.at(-1)?.reason).toMatch(/the policy forbids it: two people for the next ring$/);
    expect(await by('otto', 'resume')).toBe(200);
    // Her own pause is hers to end.
    expect([await by('rita', 'pause'), await by('rita', 'resume')]).toEqual([200, 200]);
  });

  test('are strangers with no credential, one that has ended, or one that was taken away, from the next request on', async () => {
    expect(await of.as('otto', 'rollouts')).toBe(200);
    write({ ...everybody, otto: { ...everybody.otto, revoked: '2026-11-30T00:00:00Z' } });
    expect(await of.as('otto', 'rollouts')).toBe(401);
    expect(of.entries.at(-1)).toMatchObject({
      ...{ who: { kind: 'stranger', name: '10.0.0.9' }, decision: 'refused' },
      reason: 'the credential of otto was revoked 2026-11-30T00:00:00Z',
    });
    write({ ...everybody, otto: { ...everybody.otto, until: new Date(1_800_000_060_000).toISOString() } });
    expect(await of.as('otto', 'rollouts')).toBe(200);
    await of.time.pass(120_000);
    expect(await of.as('otto', 'rollouts')).toBe(401);
    expect((await of.call(undefined, 'rollouts')).status).toBe(401);
    expect((await of.call('a-token-that-is-nobodys', 'rollouts')).body).toMatch(/send 'Authorization: Bearer …'/);
  });

  test('whatever they send, by any address, is answered or refused, and is no error of the server', async () => {
    for (const device of ['a', 'b']) await of.as('tim', { do: 'add-device', device });
    const word = fc.constantFrom(
      'do',
      'rollout',
      'device',
      'release',
      'rings',
      'gates',
      'soakMs',
      'name',
      'reason',
      'scope',
      'count',
    );
    const verb = fc.constantFrom(
      'create-rollout',
      'approve',
      'stop',
      'waive',
      'retry',
      'add-device',
      'remove-device',
      'fly',
    );
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(1, -1, 1e300, 'a', release.hash, [{ name: 'rig', rest: true }]),
    );
    const command = fc.oneof(
      fc.jsonValue().map((any) => JSON.stringify(any)),
      fc.tuple(verb, fc.dictionary(word, value)).map(([what, rest]) => JSON.stringify({ ...rest, do: what })),
      fc.string(),
    );
    const path = fc.oneof(
      fc.webPath(),
      fc.constantFrom('rollouts/1', 'rollouts/x', 'events', 'audit', 'me', '', '%zz'),
    );
    await fc.assert(
      fc.asyncProperty(command, path, fc.constantFrom('last', 'from'), fc.string(), async (body, at, key, text) => {
        const headers = { authorization: `Bearer ${tokenOf('rita')}` };
        const query = new URLSearchParams({ [key]: text });
        const common = { query, headers, source: '10.0.0.9', origin: 'http://here' };
        for (const asked of [
          { ...common, method: 'POST', path: '/rest/v1/commands', body },
          { ...common, method: 'GET', path: `/rest/v1/${at}`, body: '' },
        ])
          expect([200, 400, 403, 404, 405, 409]).toContain((await of.time.until(of.manage.answer(asked)))?.status);
      }),
      cases(100),
    );
  });

  test('cannot make the log grow from outside: a thousand refusals are two entries', async () => {
    const before = of.entries.length;
    for (let times = 0; times < 1_000; times++) await of.manage.answer(stranger);
    await of.time.pass(61_000);
    await of.time.until(of.fleet.tick());
    expect(of.entries.slice(before).map(({ reason }) => reason)).toEqual([
      ...['it shows neither a token nor a certificate'],
      '999 times more within 61 s, the last: it shows neither a token nor a certificate',
    ]);
  });

  test('are let in by nobody while their file is wrong, and the server says so once', async () => {
    writeFileSync(path, '{"people": ');
    expect([await of.as('otto', 'rollouts'), await of.as('otto', 'rollouts')]).toEqual([401, 401]);
    expect(of.troubles).toEqual([expect.stringMatching(/people.json: expected JSON .*nobody is let in/)]);
    write(everybody);
    expect(await of.as('otto', 'rollouts')).toBe(200);
  });

  test('are let in also when their file was saved with a byte order mark', async () => {
    writeFileSync(path, `\uFEFF${JSON.stringify({ people: { otto: everybody.otto } })}`);
    expect([await of.as('otto', 'rollouts'), await of.as('vera', 'rollouts')]).toEqual([200, 401]);
    expect(of.troubles).toEqual([]);
  });
});

/** A command that comes by a certificate alone, as the page of somebody else's would send it. */
const bareCommand = (url: string, tls: object) =>
  new Promise<number | undefined>((resolve, reject) => {
    const sent = request(url, { method: 'POST', ...tls }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.once('error', reject);
    sent.end('{"do": "pause", "rollout": 1}');
  });

const stranger: Asked = {
  ...{ method: 'GET', path: '/rest/v1/rollouts', query: new URLSearchParams(), headers: {}, body: '' },
  ...{ source: '10.0.0.9', origin: 'http://here' },
};

describe('a client certificate', () => {
  test.skipIf(!hasOpenssl)(
    'is a person when its hash is in the file, speaks for no device, and commands nothing without a header',
    async () => {
      const authority = new TestAuthority(folder);
      const [server, mine, other] = ['server', 'a', 'b'].map((name) => authority.end(name));
      const pem = ({ ca, cert, key }: TlsFiles) => ({ ca: text(ca), cert: text(cert), key: text(key) });
      const hash = createHash('sha256')
        .update(new X509Certificate(text(mine.cert)).raw)
        .digest('hex');
      const of = await served({ vera: { roles: ['viewer'], certificate: hash } });
      of.time.wallAheadMs = Date.now();
      const seen: (string | undefined)[] = [];
      const http = await serveFleetHttp({
        ...{ host: '127.0.0.1', port: 0, tls: { cert: server.cert, key: server.key } },
        handlers: [
          async (asked) => {
            seen.push(asked.certificateName);
            return of.time.until(of.manage.answer(asked));
          },
        ],
        onError: (error) => {
          throw error;
        },
      });
      const rollouts = (tls: object) =>
        new ManageClient({ server: http.origin, person: 'x', tls: { ca: text(server.ca), ...tls } })
          .rollouts(new AbortController().signal)
          .then(() => 200)
          .catch(({ status }) => status);
      try {
        expect([await rollouts(pem(mine)), await rollouts(pem(other)), await rollouts({})]).toEqual([200, 401, 401]);
        expect(seen).toEqual([undefined, undefined, undefined]);
        expect(await bareCommand(`${http.origin}/rest/v1/commands`, pem(mine))).toBe(403);
      } finally {
        await http.close();
      }
    },
  );
});
