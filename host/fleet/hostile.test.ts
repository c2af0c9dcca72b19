// Whatever a stranger, a device or a person sends to the update server: it is answered or refused in words, nothing falls, no other device is touched, and what
// is on the disk afterwards is what was answered.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../board/testing/cases.ts';
import { FakeLogDisk } from '../telemetry/log/testing/fake-log-disk.ts';
import { hostTime } from '../telemetry/time.ts';
import { encodeEvent } from './audit/event.ts';
import { DdiServer, tokenHash } from './ddi/server.ts';
import { localAccess } from './doors.ts';
import { Fleet, theFleet } from './fleet.ts';
import type { Asked } from './http.ts';
import { OperatorToken } from './manage/identity.ts';
import { ManageServer } from './manage/server.ts';
import { changedText, changes, type Json } from './testing/changed-json.ts';
import { played } from './testing/play-fleet.ts';

const [deviceToken, personToken] = ['a-token-that-is-long-enough', 'the-token-of-the-operator'];
const release = played.release('new');
const device = 'lab/controller/v1/a';
const status = { execution: 'closed', result: { finished: 'success', progress: { cnt: 1, of: 2 } }, details: ['done'] };
const ring = { name: 'one', devices: ['b'], soakMs: 0, approval: true, failuresMost: 1, gates: { heartbeatMs: 5 } };

/** What somebody good sends. */
const good: readonly [method: string, path: string, body: Json][] = [
  ['GET', device, null],
  ['PUT', `${device}/configData`, { mode: 'merge', data: { 'image.hash': 'beef', sw_version: '1.0.0' } }],
  ['GET', `${device}/deploymentBase/1`, null],
  ['POST', `${device}/deploymentBase/1/feedback`, { id: '1', time: '', status }],
  ['GET', `${device}/cancelAction/1`, null],
  ['POST', `${device}/cancelAction/1/feedback`, { id: '1', status }],
  ['POST', `${device}/confirmationBase/1/feedback`, { confirmation: 'denied', code: 1, details: ['no'] }],
  ['GET', `${device}/softwaremodules/1/artifacts/new.bin`, null],
  ['POST', 'rest/v1/commands', { do: 'add-device', device: 'c', cryostat: 'north', tokenHash: '0'.repeat(64) }],
  [
    'POST',
    'rest/v1/commands',
    { do: 'create-rollout', name: 'two', release: release.hash, onError: 'ring', rings: [ring] },
  ],
  ['POST', 'rest/v1/commands', { do: 'pause', rollout: 1 }],
  ['POST', 'rest/v1/commands', { do: 'stop', rollout: 1, scope: 'rollout', reason: 'so' }],
  ['POST', 'rest/v1/commands', { do: 'waive', rollout: 1, device: 'a', reason: 'so' }],
  ['POST', 'rest/v1/commands', { do: 'retry', device: 'a', release: release.hash }],
  ['POST', 'rest/v1/commands', { do: 'remove-device', device: 'c' }],
  ['GET', 'rest/v1/rollouts/1', null],
  ['GET', 'rest/v1/events', null],
  ['GET', 'rest/v1/audit', null],
  ['GET', 'rest/v1/targets', null],
];

const request = fc.record({
  which: fc.nat(good.length - 1),
  body: fc.option(changes),
  /** Characters put into the path. */
  path: fc.option(
    fc.tuple(fc.nat(60), fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('%', '%ff', '/', '../', '1e9'))),
  ),
  token: fc.constantFrom('', 'Bearer', `TargetToken ${deviceToken}`, `Bearer ${personToken}`, 'TargetToken \ud800'),
  isOwnToken: fc.boolean(),
  header: fc.option(fc.constantFrom('bytes=0-', 'bytes=9-1', 'bytes=-', 'bytes=99999999999999-', 'bytes=-0')),
  query: fc.option(fc.constantFrom('1', '-1', '1e999', 'NaN', '99999999999999999999')),
});
type Request = typeof request extends fc.Arbitrary<infer Of> ? Of : never;

function askedBy({ which, body, path, token, isOwnToken, header, query }: Request): Asked {
  const [method, usual, json] = good[which];
  const own = usual.startsWith('rest') ? `Bearer ${personToken}` : `TargetToken ${deviceToken}`;
  const at = Math.min(path?.[0] ?? 0, usual.length);
  return {
    ...{ method, path: `/${path === null ? usual : `${usual.slice(0, at)}${path[1]}${usual.slice(at)}`}` },
    ...{ query: new URLSearchParams(query === null ? {} : { from: query }), origin: 'http://here', source: '10.0.0.9' },
    headers: { authorization: isOwnToken ? own : token, ...(header !== null && { range: header }) },
    body: json === null ? '' : body === null ? JSON.stringify(json) : changedText(json, body),
  };
}

const answered = [200, 206, 400, 401, 403, 404, 405, 409, 416];

async function open(disk: FakeLogDisk): Promise<Fleet> {
  // What cannot be recorded is not done: so every name and reason has to fit into an entry.
  const audit = { record: async (event: Parameters<typeof encodeEvent>[0]) => encodeEvent(event).length };
  return Fleet.open({ folder: '/fleet', time: hostTime, access: localAccess, audit, disk });
}

describe('an update server', () => {
  test('answers or refuses whatever is sent, touches no other device, and keeps what it answered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
        const disk = new FakeLogDisk();
        const fleet = await open(disk);
        const ada = { kind: 'person', name: 'ada' } as const;
        await fleet.ask(theFleet, { do: 'add-release', release });
        for (const name of ['a', 'b'])
          await fleet.ask(ada, { do: 'add-device', device: name, tokenHash: tokenHash(deviceToken) });
        const rings = [played.ring('rig', ['a'])];
        await fleet.ask(ada, { do: 'create-rollout', name: 'one', release: release.hash, rings, onError: 'ring' });
        await fleet.ask(ada, { do: 'start', rollout: 1 });
        const ddi = new DdiServer({ fleet, tenant: 'lab', pollSeconds: 60, fileOf: () => undefined });
        const manage = new ManageServer({
          fleet,
          identities: new OperatorToken(personToken),
          seenOf: () => undefined,
          auditTail: async () => [],
        });
        const before = structuredClone(fleet.state.devices.get('b')?.attributes);
        for (const one of requests) {
          const asked = askedBy(one);
          const told = (await ddi.answer(asked)) ?? (await manage.answer(asked));
          if (told === undefined) continue;
          expect(answered, `${asked.method} ${asked.path} ${asked.body}`).toContain(told.status);
          if (told.body !== undefined) expect(JSON.parse(told.body)).toBeDefined();
        }
        expect(fleet.state.devices.get('b')?.attributes).toEqual(before);
        const state = structuredClone(fleet.state);
        await fleet.close();
        const again = await open(disk);
        expect(again.state.devices).toEqual(state.devices);
        expect(again.state.actions).toEqual(state.actions);
        expect([...again.state.rollouts.values()].map(({ state: is }) => is)).toEqual(
          [...state.rollouts.values()].map(({ state: is }) => is),
        );
        await again.close();
      }),
      cases(100),
    );
  });
});
