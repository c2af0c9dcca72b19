// The device side of the update server: what is refused, what is answered twice the same, and that no bytes from the network do more than be refused.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import { FakeLogDisk } from '../../telemetry/log/testing/fake-log-disk.ts';
import { hostTime } from '../../telemetry/time.ts';
import { signImage } from '../../tools/image/index.ts';
import { generateKey } from '../../tools/image/keys.ts';
import { localAccess, noAudit, type Who } from '../doors.ts';
import { Fleet } from '../fleet.ts';
import { type Asked, type FleetHttp, serveFleetHttp, type Told } from '../http.ts';
import { FleetServerError } from '../http-client.ts';
import { Shelf } from '../repository/shelf.ts';
import type { FleetCommand } from '../rollout/commands.ts';
import type { Release } from '../rollout/events.ts';
import { played } from '../testing/play-fleet.ts';
import { DdiClient } from './client.ts';
import { DdiError } from './json.ts';
import { DdiServer, tokenHash } from './server.ts';
import { readBase, readCancel, readConfigData, readConfirmation, readDeployment, readFeedback } from './wire.ts';

const token = 'a-token-that-is-long-enough';
const signal = new AbortController().signal;
const person: Who = { kind: 'person', name: 'ada' };

describe('the update server', () => {
  let folder: string;
  let fleet: Fleet;
  let shelf: Shelf;
  let release: Release;
  let ddi: DdiServer;
  let http: FleetHttp | undefined;
  const ask = (command: FleetCommand) => fleet.ask(person, command);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-ddi-'));
    fleet = await Fleet.open({
      folder: '/fleet',
      time: hostTime,
      access: localAccess,
      audit: noAudit,
      disk: new FakeLogDisk(),
    });
    shelf = new Shelf(folder);
    const privateKeyPem = generateKey(new Uint8Array(32).fill(1)).privateKeyPem;
    const image = signImage({
      payload: new Uint8Array(5_000).fill(3),
      privateKeyPem,
      version: '1.0.0',
      securityCounter: 1,
    });
    release = shelf.put(image, 'app.bin', 'app');
    for (const device of ['a', 'b']) await ask({ do: 'add-device', device, tokenHash: tokenHash(token) });
    await ask({ do: 'add-release', release });
    ddi = new DdiServer({ fleet, tenant: 'lab', pollSeconds: 60, fileOf: (of) => shelf.fileOf(of) });
  });
  afterEach(async () => {
    await http?.close();
    http = undefined;
    await fleet.close();
    rmSync(folder, { recursive: true });
  });

  async function rollout(more = {}): Promise<void> {
    const rings = [played.ring('rig', ['a'], more)];
    await ask({ do: 'create-rollout', name: 'one', release: release.hash, rings, onError: 'ring' });
    await ask({ do: 'start', rollout: 1 });
  }

  async function call(
    method: string,
    path: string,
    body: unknown = '',
    more: Partial<Asked> = {},
  ): Promise<Told & { json: unknown }> {
    const asked: Asked = {
      ...{
        method,
        path: `/lab/controller/v1/${path}`,
        query: new URLSearchParams(),
        origin: 'http://here',
        source: '10.0.0.9',
      },
      ...{
        headers: { authorization: `TargetToken ${token}` },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      },
      ...more,
    };
    const answer = (await ddi.answer(asked)) as Told;
    return { ...answer, json: answer.body === undefined ? undefined : JSON.parse(answer.body) };
  }
  const closed = (finished: string) => ({
    id: '1',
    status: { execution: 'closed', result: { finished }, details: [] },
  });
  const links = async (device = 'a') => Object.keys(((await call('GET', device)).json as { _links: object })._links);

  test('tells a stranger nothing, not even whether a device exists', async () => {
    await rollout();
    const wrong = { headers: { authorization: 'TargetToken another-token-of-this-length' } };
    const [known, unknown] = [await call('GET', 'a', '', wrong), await call('GET', 'nobody', '', wrong)];
    expect([known.status, known.body]).toEqual([unknown.status, unknown.body]);
    expect((await call('GET', 'a', '', { headers: {} })).status).toBe(401);
    expect((await call('GET', 'a', '', { headers: {}, certificateName: 'b' })).status).toBe(401);
    expect((await call('GET', 'a', '', { headers: {}, certificateName: 'a' })).status).toBe(200);
  });

  test('shows a device its own actions only', async () => {
    await rollout();
    expect(await links('a')).toEqual(['configData', 'deploymentBase']);
    expect(await links('b')).toEqual(['configData']);
    for (const path of ['deploymentBase/1', 'softwaremodules/1/artifacts/app.bin'])
      expect((await call('GET', `b/${path}`)).status).toBe(404);
    expect((await call('POST', 'b/deploymentBase/1/feedback', closed('success'))).status).toBe(404);
  });

  test('answers a feedback that comes again, or too late, and does nothing', async () => {
    await rollout();
    for (const finished of ['success', 'success', 'failure'])
      expect((await call('POST', 'a/deploymentBase/1/feedback', closed(finished))).status).toBe(200);
    expect(fleet.state.actions.get(1)?.state).toBe('FINISHED');
    expect(fleet.state.devices.get('a')?.failed.size).toBe(0);
    expect(await links()).not.toContain('deploymentBase');
  });

  test.each([
    ['closed', 'success'],
    ['canceled', 'none'],
  ])('takes a cancellation as done when the device says %s/%s', async (execution, finished) => {
    await rollout();
    expect((await call('GET', 'a/cancelAction/1')).status).toBe(404);
    await ask({ do: 'stop', rollout: 1, scope: 'hold', reason: 'enough' });
    expect(await links()).toContain('cancelAction');
    expect((await call('GET', 'a/cancelAction/1')).json).toEqual({ id: '1', cancelAction: { stopId: '1' } });
    await call('POST', 'a/cancelAction/1/feedback', { status: { execution, result: { finished } } });
    expect([fleet.state.actions.get(1)?.state, fleet.state.rollouts.get(1)?.state]).toEqual(['CANCELED', 'STOPPED']);
  });

  test('offers an action no more that a person at the device has denied', async () => {
    await rollout({ confirmation: true, failuresMost: 1 });
    expect(await links()).toContain('confirmationBase');
    await call('POST', 'a/confirmationBase/1/feedback', { confirmation: 'denied', details: ['not today'] });
    expect(await links()).toEqual(['configData']);
    expect(fleet.state.actions.get(1)).toMatchObject({ state: 'ERROR', detail: 'not today' });
  });

  test('does not believe a success of a device that says it runs another image', async () => {
    await rollout();
    await call('PUT', 'a/configData', { mode: 'merge', data: { 'image.hash': 'f'.repeat(64) } });
    await call('POST', 'a/deploymentBase/1/feedback', closed('success'));
    expect(fleet.state.actions.get(1)).toMatchObject({
      state: 'ERROR',
      detail: expect.stringMatching(/reports success, but a runs/),
    });
  });

  test('goes on when a device of a ring is removed, and waits for a person when the ring is empty then', async () => {
    const rings = [played.ring('rig', ['a', 'b'], { soakMs: 0 })];
    await ask({ do: 'create-rollout', name: 'one', release: release.hash, rings, onError: 'ring' });
    await ask({ do: 'start', rollout: 1 });
    await call('POST', 'a/deploymentBase/1/feedback', closed('success'));
    await ask({ do: 'remove-device', device: 'b' });
    expect(fleet.state.rollouts.get(1)?.state).toBe('FINISHED');
    await ask({ do: 'add-device', device: 'c', tokenHash: tokenHash(token) });
    await ask({
      do: 'create-rollout',
      name: 'two',
      release: release.hash,
      rings: [played.ring('rig', ['c'])],
      onError: 'ring',
    });
    await ask({ do: 'start', rollout: 2 });
    await ask({ do: 'remove-device', device: 'c' });
    expect(fleet.state.rollouts.get(2)).toMatchObject({ state: 'PAUSED', pausedBy: 'empty-ring' });
  });

  test('gives each device a polling time of its own, near the one that is wished', async () => {
    const sleeps = await Promise.all(
      ['a', 'b'].map(async (device) => readBase((await call('GET', device)).body as string).sleepSeconds as number),
    );
    expect(sleeps[0]).not.toBe(sleeps[1]);
    for (const sleep of sleeps) expect(Math.abs(sleep - 60)).toBeLessThanOrEqual(12);
  });

  test.each([
    ['bytes=0-99', 206, 0, 100],
    ['bytes=5000-', 206, 5000, undefined],
    ['bytes=-10', 206, undefined, 10],
    ['bytes=99999999-', 416, undefined, undefined],
    ['lines=1-2', 200, 0, undefined],
  ])('gives the part %s of an image with status %d', async (range, status, from, bytes) => {
    await rollout();
    const headers = { authorization: `TargetToken ${token}`, range };
    const answer = await call('GET', 'a/softwaremodules/1/artifacts/app.bin', '', { headers });
    expect(answer.status).toBe(status);
    if (from !== undefined) expect(answer.file?.from).toBe(from);
    if (bytes !== undefined) expect(answer.file?.bytes).toBe(bytes);
  });

  test('is read over HTTP as far as a download broke, and given up at once when the file has gone', async () => {
    await rollout();
    let breaks = 3;
    const half = async (asked: Asked) => {
      const answer = await ddi.answer(asked);
      if (answer?.file === undefined || breaks-- <= 0) return answer;
      // A connection that ends after a thousand bytes.
      return { ...answer, file: { ...answer.file, bytes: Math.min(1_000, answer.file.bytes) } };
    };
    http = await serveFleetHttp({ host: '127.0.0.1', port: 0, handlers: [half], onError: () => {} });
    const time = { ...hostTime, after: (_: number, go: () => void) => hostTime.after(0, go) };
    const client = new DdiClient({ server: http.origin, tenant: 'lab', device: 'a', token, time });
    const { chunks } = await client.deployment((await client.poll(signal)).links.deploymentBase as string, signal);
    const [artifact] = chunks[0].artifacts;
    expect((await client.download(artifact, signal)).length).toBe(release.bytes);
    expect(breaks).toBeLessThan(0);
    const gone = { ...artifact, href: artifact.href.replace('app.bin', 'gone.bin') };
    await expect(client.download(gone, signal)).rejects.toMatchObject({ status: 404, isPassing: false });
    const elsewhere = { ...artifact, href: 'http://elsewhere.example/app.bin' };
    await expect(client.download(elsewhere, signal)).rejects.toThrow(/links lead to the server itself only/);
    const changed = { ...artifact, sha256: '0'.repeat(64) };
    await expect(client.download(changed, signal)).rejects.toThrow(/its sha256 is/);
  });

  test('refuses a request that is too long', async () => {
    http = await serveFleetHttp({ host: '127.0.0.1', port: 0, handlers: [ddi.answer.bind(ddi)], onError: () => {} });
    const client = new DdiClient({ server: http.origin, tenant: 'lab', device: 'a', token, time: hostTime });
    const attributes = { long: 'x'.repeat(100_000) };
    await expect(client.report(attributes, signal)).rejects.toMatchObject({ name: 'FleetServerError' });
    expect(await client.poll(signal)).toBeDefined();
  });
});

describe('messages of DDI', () => {
  const readers = { readFeedback, readConfigData, readConfirmation, readBase, readDeployment, readCancel };

  test.each(Object.entries(readers))(
    '%s refuses any other JSON, and any bytes, with an error of its own',
    (_, read) => {
      const shaped = fc.object({
        key: fc.constantFrom(
          'status',
          'execution',
          'result',
          'finished',
          'details',
          'data',
          'mode',
          'id',
          'deployment',
          'chunks',
          'artifacts',
          '_links',
          'config',
          'polling',
          'sleep',
          'cancelAction',
          'stopId',
          '__proto__',
        ),
      });
      fc.assert(
        fc.property(
          fc.oneof(
            fc.json(),
            fc.string(),
            shaped.map((value) => JSON.stringify(value)),
          ),
          (text) => {
            try {
              read(text);
            } catch (error) {
              expect(error).toBeInstanceOf(DdiError);
            }
          },
        ),
        cases(300),
      );
    },
  );

  test('a mistake is named with its place, and what was expected', () => {
    const wrong = JSON.stringify({ status: { execution: 'done' } });
    expect(() => readFeedback(wrong)).toThrow(
      /^feedback: status: execution: expected one of closed, .*, found "done"$/,
    );
    expect(() => readConfigData('{"data":{"a":1}}')).toThrow('configData: data: a: expected a text, found 1');
    expect(new FleetServerError('x', 503).isPassing).toBe(true);
  });
});
