// The embedded gateway: a log in memory, watched, and asked over HTTP on this machine.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { telemetryKinds } from '../../../protocol/telemetry/records.ts';
import { encodeCbor, type TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import { recordOfWire } from '../../tools/telemetry/wire.ts';
import { OwnRecords } from '../gateway/own-records.ts';
import { DiskLog } from '../log/disk-log.ts';
import { FakeLogDisk } from '../log/testing/fake-log-disk.ts';
import { record } from '../testing/records.ts';
import { VirtualTime } from '../testing/virtual-time.ts';
import { answer } from './api.ts';
import { Embedded } from './embedded.ts';
import { folderPage, serveHttp } from './serve.ts';
import { Watch } from './watch.ts';

const place = { host: '127.0.0.1', port: 0 };
const beatWords = telemetryKinds.heartbeat.fields.reduce(
  (sum, field) => sum + (('count' in field && field.count) || 1),
  0,
);

let time: VirtualTime;
let disk: FakeLogDisk;
let log: DiskLog;
let life: AbortController;
let embedded: Embedded;

async function begin(): Promise<void> {
  log = DiskLog.open('/log', { time, disk });
  life = new AbortController();
  embedded = await Embedded.open({
    name: 'north',
    version: '0',
    log,
    time,
    place,
    cryostats: ['north'],
    retries: () => 0,
  });
  void embedded.run(life.signal);
}

async function end(): Promise<void> {
  life.abort(new Error('ended'));
  await embedded.close();
  await time.until(log.close());
}

beforeEach(async () => {
  time = new VirtualTime();
  disk = new FakeLogDisk();
  await begin();
});
afterEach(end);

const put = (...records: TelemetryRecord[]) =>
  time.until(
    log.append(records.map((one) => ({ ...one, bytes: encodeCbor({ ...one, receiveTimeNs: time.wallNs() }) }))),
  );

/** A heartbeat that says how long its device has been up, and that all is well. */
function beat(device: string, sequence: number): TelemetryRecord {
  const words = Array.from({ length: beatWords }, (_, index) => (index < 2 ? sequence : 0));
  const wire = [telemetryKinds.heartbeat.number, 1, 1, sequence, 0, 0, ...words];
  return recordOfWire(wire, 1, { device, cryostat: 'north', receiveTimeNs: 0n });
}

const ask = async (target: string) => {
  const { status, body } = await answer(
    { name: 'north', version: '0', watch: embedded.watch, buffer: () => log.status() },
    target,
  );
  return { status, body: JSON.parse(`${body}`) };
};
const presentOf = (name: string, labels: Record<string, string> = {}) =>
  [...embedded.watch.table.all(name)].find((series) =>
    Object.entries(labels).every(([label, value]) => series.labels[label] === value),
  )?.value;

describe('the embedded gateway', () => {
  test('tells devices, series and what went wrong on the way', async () => {
    for (let sequence = 0; sequence < 60; sequence++) {
      await put(beat('a', sequence));
      await time.pass(950);
    }
    const own = new OwnRecords('north', log, time);
    await time.until(
      log.append(
        own.entries(
          [{ kind: 'gap', body: { of: 'a', gapBoot: 1, firstSequence: 60, lastSequence: 61 } }],
          time.wallNs(),
        ),
      ),
    );
    await time.pass(1_000);
    const { body: state } = await ask('/api/state');
    expect(state.devices).toMatchObject([{ device: 'a', cryostat: 'north', boot: 1, sequence: 59 }]);
    expect(state.gaps).toMatchObject([{ device: 'north', kind: 'gap', body: { of: 'a', firstSequence: 60 } }]);
    expect(state.buffer).toMatchObject({ end: 61, lag: { series: 0 } });
    const { body: points } = await ask('/api/series?name=coldrig_uptime_seconds&from=-60&step=15&match.device=a');
    const [{ mean }] = points.series;
    const seen = mean.filter((value: number | null) => value !== null);
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    expect(presentOf('coldrig_gateway_records_total', { class: 'heartbeat' })).toBe(60);
    expect(presentOf('coldrig_ingest_latency_seconds_count')).toBe(60);
    expect(presentOf('coldrig_checks_total', { objective: 'heartbeat_uptime' })).toBeGreaterThan(50);
  });

  test('goes on with what its log has after a restart, and takes nothing of it for a measurement of latency', async () => {
    for (let sequence = 0; sequence < 40; sequence++) {
      await put(beat('a', sequence));
      await time.pass(950);
    }
    await end();
    await begin();
    await time.pass(2_000);
    expect(presentOf('coldrig_gateway_records_total', { class: 'heartbeat' })).toBe(40);
    expect(presentOf('coldrig_ingest_latency_seconds_count')).toBeUndefined();
    const { body } = await ask('/api/series?name=coldrig_uptime_seconds&from=-60&step=15');
    expect(body.series[0].mean.filter((value: number | null) => value !== null).length).toBeGreaterThanOrEqual(2);
    await put(beat('a', 40));
    await time.pass(1_000);
    expect(presentOf('coldrig_ingest_latency_seconds_count')).toBe(1);
  });

  test('puts no gauge back for a record that comes late, and counts it', async () => {
    await put(beat('a', 5));
    await put(beat('a', 3), {
      ...record('a', 1, 2, 'critical'),
      body: { event: EventKind.BOOT_START, argument0: 1, argument1: 0 },
    });
    await time.pass(1_000);
    expect(presentOf('coldrig_uptime_seconds')).toBe(5);
    expect(presentOf('coldrig_boots_total')).toBe(1);
  });

  test('says that a device is lost, forgets it after a day, and keeps what it said', async () => {
    for (const device of ['a', 'b', 'c']) await put(beat(device, 1));
    await time.pass(300_000);
    expect(embedded.watch.alerts.map(({ name }) => name)).toContain('HeartbeatsLost');
    // The clock of the host is put ahead, so that a day passes without its seconds.
    time.wallAheadMs += 25 * 3_600_000;
    await time.pass(30_000);
    expect([...embedded.watch.devices.keys()]).toEqual([]);
    expect(embedded.watch.alerts.map(({ name }) => name)).not.toContain('HeartbeatsLost');
    const { body } = await ask('/api/series?name=coldrig_uptime_seconds&from=-100000&step=1000&match.device=a');
    expect(body.series).toHaveLength(1);
  });

  test('keeps no record in the log that it has watched, when room is needed', async () => {
    await end();
    log = DiskLog.open('/log', { time, disk, bytesMost: 30_000, segmentBytes: 3_000 });
    life = new AbortController();
    embedded = await Embedded.open({ name: 'north', version: '0', log, time, place, cryostats: [], retries: () => 0 });
    void embedded.run(life.signal);
    for (let sequence = 0; sequence < 300; sequence++) {
      await put(beat('a', sequence));
      await time.pass(100);
    }
    expect(log.status()).toMatchObject({ refused: 0, stored: 300, lag: { series: 0 } });
  });

  test.each([
    ['/api/series?name=nothing', 400, /'nothing' is no series/],
    [
      '/api/series?name=coldrig_power_watts&match.channel=1',
      400,
      /match\.channel: expected name, from, .* or match\.LABEL of/,
    ],
    ['/api/series?name=coldrig_power_watts&step=x', 400, /step: 'x' is no number of seconds/],
    ['/api/series?name=coldrig_power_watts&as=sum', 400, /'sum' is neither value nor rate/],
    ['/nothing', 404, /there are \/metrics, /],
  ])('refuses %s', async (target, status, message) => {
    const refused = await ask(target);
    expect({ status: refused.status, said: message.test(refused.body.error) }, refused.body.error).toEqual({
      status,
      said: true,
    });
  });
});

describe('over HTTP', () => {
  const get = (address: string, options: object): Promise<{ status?: number; type?: string; body: string }> =>
    new Promise((resolve, reject) => {
      const asked = request(address, options, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text) => {
          body += text;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode, type: response.headers['content-type'], body }),
        );
      });
      asked.on('error', reject).end();
    });

  test('it answers this machine by its own names, and only what asks', async () => {
    const port = new URL(embedded.address).port;
    const answers = [
      await get(`${embedded.address}metrics`, {}),
      await get(`${embedded.address}metrics`, {
        headers: { host: `localhost:${port}`, accept: 'application/openmetrics-text' },
      }),
      await get(`${embedded.address}metrics`, { headers: { host: 'lab.example' } }),
      await get(`${embedded.address}metrics`, { method: 'POST' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 403, 405]);
    expect(answers[0].type).toContain('version=0.0.4');
    expect(answers[1].body).toContain('# EOF');
  });

  test('the files of a page are served, and none beside its folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'coldrig-page-'));
    writeFileSync(join(folder, 'index.html'), '<title>page</title>');
    const page = folderPage(folder);
    const parts = { name: '', version: '', watch: new Watch(time), buffer: () => log.status(), page };
    const served = await serveHttp(place, parts);
    try {
      const asked = ['', 'index.html', 'none.js', '%2e%2e/%2e%2e/etc/passwd', '..%2fpackage.json', '%'];
      const statuses: (number | undefined)[] = [];
      for (const path of asked) statuses.push((await get(`${served.address}${path}`, {})).status);
      expect(statuses).toEqual([200, 200, 404, 404, 404, 400]);
    } finally {
      await served.close();
      rmSync(folder, { recursive: true });
    }
  });
});
