// Notifications to a real HTTP server that refuses, is away, or takes them; in virtual time.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { httpPost } from '../http-post.ts';
import type { FiringAlert } from '../monitoring/evaluate.ts';
import { Notifier } from '../monitoring/notify.ts';
import { SeriesTable } from '../series.ts';
import { VirtualTime } from '../testing/virtual-time.ts';
import { Delivery, type NotifyEvent } from './delivery.ts';
import { notifyFile, readNotifyState, writeNotifyState } from './state-file.ts';
import type { WebhookBody } from './webhook.ts';

const start = 1_800_000_000;
const warm = (cryostat: string): FiringAlert => ({ name: 'CryostatWarm', severity: 'page', labels: { cryostat } });
const silent = (device: string): FiringAlert => ({
  ...{ name: 'DeviceSilent', severity: 'ticket', labels: { cryostat: 'lab/north', device } },
});

let [folder, address] = ['', ''];
let server: Server;
/** What the server answers; 0: it ends the connection. */
let status: number;
let got: { body: WebhookBody; type?: string; login?: string }[];
/** Times of requests, in seconds of virtual time. */
let asked: number[];
let underWay = 0;
let time: VirtualTime;
let events: NotifyEvent[];
let life: AbortController;
let delivery: Delivery;
let notifier: Notifier;
let seconds: number;

beforeEach(async () => {
  [folder, status, got, asked, events, seconds] = [
    mkdtempSync(join(tmpdir(), 'coldrig-notify-')),
    200,
    [],
    [],
    [],
    start,
  ];
  time = new VirtualTime();
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      asked.push(Math.round(time.monotonicMs() / 1000));
      if (status === 0) return void request.socket.destroy();
      const { 'content-type': type, authorization: login } = request.headers;
      if (status === 200) got.push({ body: JSON.parse(`${Buffer.concat(parts)}`), type, login });
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('said');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://pager:secret@127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  begin();
});
afterEach(async () => {
  life.abort(new Error('ended'));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function begin(): void {
  const post = httpPost(address, { 'content-type': 'application/json' });
  life = new AbortController();
  notifier = new Notifier([]);
  const state = readNotifyState(folder);
  notifier.restore(state?.groups ?? []);
  delivery = new Delivery({
    ...{ time, state, address: 'http://gateway:9410/', keep: (kept) => writeNotifyState(folder, kept) },
    post: async (body, signal) => {
      underWay++;
      return post(body, signal).finally(() => underWay--);
    },
    onEvent: (event) => void events.push(event),
  });
  void delivery.run(life.signal);
}

/** Looks of the evaluator, 15 s each. */
function fires(looks: number, ...alerts: FiringAlert[]): void {
  for (let look = 0; look < looks; look++, seconds += 15)
    delivery.put(notifier.take(seconds, alerts, new SeriesTable()), notifier.told());
}

/** Lets virtual time pass, but not while the real server is asked. */
async function until(isThere: () => boolean): Promise<void> {
  for (const endMs = time.monotonicMs() + 3_600_000; !isThere(); ) {
    if (time.monotonicMs() > endMs) throw new Error(`not there after an hour; ${JSON.stringify(events)}`);
    if (underWay === 0) await time.pass(1_000);
    else await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a page comes as Alertmanager posts it, and that it has ended', async () => {
  fires(2, warm('lab/north'));
  await until(() => got.length === 1);
  fires(10);
  await until(() => got.length === 2);
  expect(got[0]).toMatchObject({ type: 'application/json', login: `Basic ${btoa('pager:secret')}` });
  expect(got[0].body).toEqual({
    ...{ version: '4', truncatedAlerts: 0, status: 'firing', receiver: 'page', externalURL: 'http://gateway:9410/' },
    groupKey: '{}/{severity="page"}:{alertname="CryostatWarm", cryostat="lab/north"}',
    groupLabels: { cryostat: 'lab/north', alertname: 'CryostatWarm' },
    commonLabels: got[0].body.alerts[0].labels,
    commonAnnotations: got[0].body.alerts[0].annotations,
    alerts: [
      {
        ...{ status: 'firing', startsAt: '2027-01-15T08:00:00.000Z', endsAt: '0001-01-01T00:00:00Z' },
        labels: {
          ...{ alertname: 'CryostatWarm', severity: 'page', scope: 'cryostat', kind: 'condition' },
          ...{ objective: 'stage_temperature', cryostat: 'lab/north' },
        },
        annotations: {
          summary: expect.stringContaining('Cryostat lab/north: a stage is too warm'),
          runbook_url: 'http://gateway:9410/runbooks/stage-warm',
        },
        generatorURL: 'http://gateway:9410/?board=on-call&cryostat=lab%2Fnorth',
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
    ],
  });
  const { groupKey, status: last, alerts } = got[1].body;
  expect([groupKey, last]).toEqual([got[0].body.groupKey, 'resolved']);
  expect(alerts).toMatchObject([
    { status: 'resolved', fingerprint: got[0].body.alerts[0].fingerprint, startsAt: got[0].body.alerts[0].startsAt },
  ]);
  expect(Date.parse(alerts[0].endsAt)).toBeGreaterThan(start * 1000);
});

test('of devices that fire together and end one by one, both are in one notification', async () => {
  fires(3, silent('a'), silent('b'));
  fires(25, silent('b'));
  await until(() => got.length === 2);
  const [, { body }] = got;
  expect([body.status, body.commonLabels.alertname, body.commonLabels.device]).toEqual([
    ...['firing', 'DeviceSilent', undefined],
  ]);
  expect(body.alerts.map((alert) => `${alert.labels.device} ${alert.status}`)).toEqual(['b firing', 'a resolved']);
});

test.each([500, 429, 0])(
  'a server that answers %d is asked again, seldom, and told in order when it is well',
  async (ill) => {
    status = ill;
    fires(2, warm('lab/north'));
    fires(2, warm('lab/north'), warm('lab/south'));
    await until(() => asked.length === 9);
    const waits = asked.slice(1).map((at, index) => at - asked[index]);
    expect(waits).toEqual([...waits].sort((one, other) => one - other));
    expect(waits.at(-1)).toBeGreaterThan(30);
    expect([delivery.waiting, events.length, events[0].state]).toEqual([2, 1, 'waiting']);
    expect(JSON.stringify(events)).not.toContain('secret');
    status = 200;
    await until(() => got.length === 2);
    expect(got.map(({ body }) => body.groupLabels.cryostat)).toEqual(['lab/north', 'lab/south']);
    expect(events.at(-1)).toEqual({ event: 'notify', state: 'connected' });
  },
);

test.each([400, 302])('what is refused with %d is given up and said, and holds up nothing', async (refusal) => {
  status = refusal;
  fires(2, warm('lab/north'));
  await until(() => events.length > 0);
  expect(events).toMatchObject([{ state: 'refused', reason: expect.stringContaining(`it answers ${refusal}: said`) }]);
  status = 200;
  fires(2, warm('lab/north'), warm('lab/south'));
  await until(() => got.length === 1);
  expect(got[0].body.groupLabels.cryostat).toBe('lab/south');
});

test('a gateway that is killed before anybody was told tells it afterwards, and what has ended meanwhile', async () => {
  status = 500;
  fires(2, warm('lab/north'));
  await until(() => asked.length > 1);
  life.abort(new Error('killed'));
  status = 200;
  begin();
  await until(() => delivery.waiting === 0);
  expect(got.map(({ body }) => body.status)).toEqual(['firing']);
  // Told once; then what fires still is no news.
  life.abort(new Error('killed'));
  begin();
  fires(5, warm('lab/north'));
  fires(5);
  await until(() => got.length === 2);
  expect(got[1].body).toMatchObject({ status: 'resolved', groupKey: got[0].body.groupKey });
});

test('of more than a thousand that wait, the oldest ticket goes first, and that is said', () => {
  status = 0;
  fires(2, warm('lab/north'));
  const many = new Notifier([]);
  const devices = Array.from({ length: 1_000 }, (_, device) => ({
    ...{ name: 'DeviceSilent', severity: 'ticket', labels: { cryostat: `c${device}`, device: 'a' } },
  }));
  for (const passed of [0, 15, 30]) delivery.put(many.take(start + passed, devices, new SeriesTable()), many.told());
  expect(delivery.waiting).toBe(1_000);
  expect(events).toMatchObject([
    { state: 'dropped', reason: expect.stringContaining('given up: {}/{severity="ticket"}:{cryostat="c0"}') },
  ]);
  expect(readNotifyState(folder)?.queue[0].receiver).toBe('page');
});

test('a file that is no state is named, with what to do', () => {
  writeFileSync(notifyFile(folder), '{"version": 9}');
  expect(() => readNotifyState(folder)).toThrow(/notify\.json is no list of notifications of version 1; move it away/);
});
