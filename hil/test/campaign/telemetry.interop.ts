// Telemetry to a real NATS server: what a gateway forwards is in the stream once, in order, also when the server is killed on the way.

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chooser } from '../../../host/board/random.ts';
import { Forwarder } from '../../../host/telemetry/forward/forwarder.ts';
import { JetStreamUpstream } from '../../../host/telemetry/forward/jetstream-upstream.ts';
import { DiskLog } from '../../../host/telemetry/log/disk-log.ts';
import { batchHeader, entriesOfMessage } from '../../../host/telemetry/log/jetstream-message.ts';
import { JetStreamStream, telemetryStream } from '../../../host/telemetry/log/jetstream-stream.ts';
import type { LogEntry } from '../../../host/telemetry/log/record-log.ts';
import { entries, nameOf } from '../../../host/telemetry/testing/records.ts';
import { hostTime } from '../../../host/telemetry/time.ts';
import { builtTool } from '../interop/install.ts';
import { LiveServer } from './live-server.ts';

const program = await builtTool('nats-server');
if (program.path === undefined) console.log(`no telemetry on a NATS server: ${program.missing}`);

const count = 3_000;

describe.skipIf(program.path === undefined)('telemetry on a NATS server', () => {
  let server: LiveServer;
  beforeAll(async () => {
    server = await LiveServer.start(program.path as string);
  });
  afterAll(() => server?.end());

  /** The names of the records in the stream, in its order. */
  async function streamed(): Promise<string[]> {
    const names: string[] = [];
    await withManager(async (manager) => {
      const { state } = await manager.streams.info(telemetryStream.name);
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const message = await manager.streams.getMessage(telemetryStream.name, { seq });
        if (message === null) continue;
        const found = entriesOfMessage({ headers: message.header, data: message.data });
        names.push(...found.map(nameOf));
      }
    });
    return names;
  }

  async function withManager(work: (manager: JetStreamManager) => Promise<unknown>): Promise<void> {
    const connection = await connect({ servers: new URL(server.url).host });
    try {
      await work(await jetstreamManager(connection));
    } finally {
      await connection.close();
    }
  }

  const upstreamOf = (gateway = 'edge') => new JetStreamUpstream({ url: server.url }, gateway);
  const positioned = (given: readonly LogEntry[]) => given.map((one, position) => ({ ...one, position }));

  test('each record is there once and in order, though the server is killed and the forwarder begins anew', async () => {
    const folder = join(mkdtempSync(join(server.folder, 'edge-')), 'log');
    const log = DiskLog.open(folder, { time: hostTime });
    await log.append(entries('d', 1, 0, count));
    const forward = async (until: number, then: () => Promise<void>) => {
      const stop = new AbortController();
      const forwarder = new Forwarder({
        ...{ log, name: 'up', upstream: upstreamOf(), time: hostTime, most: 100 },
      });
      const running = forwarder.run(stop.signal);
      while (forwarder.delivered < until) await new Promise((resolve) => setTimeout(resolve, 5));
      await then();
      stop.abort();
      await running;
    };
    await forward(1_000, async () => {
      await server.kill();
      await server.start();
    });
    // A gateway that lost its position delivers everything again.
    const again = new Forwarder({
      ...{ log, name: 'anew', upstream: upstreamOf(), time: hostTime, most: 100 },
    });
    const stop = new AbortController();
    const running = again.run(stop.signal);
    while (again.delivered < count) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await running;
    await log.close();
    expect(await streamed()).toEqual(entries('d', 1, 0, count).map(nameOf));
  });

  test.each([1, 2, 3, 4, 5, 6])(
    'each record is there once, however a gateway that is killed cuts what it delivers (%i)',
    async (seed) => {
      await withManager((manager) => manager.streams.delete(telemetryStream.name));
      const [luck, all] = [chooser(seed), positioned(entries('d', seed, 0, count))];
      for (let committed = 0; committed < count; ) {
        const upstream = upstreamOf();
        for (let at = committed, left = 1 + luck(4); left > 0 && at < count; left--) {
          const next = at + 1 + luck(luck(3) === 0 ? count : 300);
          await upstream.deliver(all.slice(at, next));
          at = Math.min(next, count);
          if (luck(3) === 0 && upstream.isAtSeam) committed = at;
        }
        await upstream.close();
      }
      expect(await streamed()).toEqual(all.map(nameOf));
    },
  );

  test('a gateway of a name that another has, too, loses nothing', async () => {
    await withManager((manager) => manager.streams.delete(telemetryStream.name));
    const [one, other] = [upstreamOf('twin'), upstreamOf('twin')];
    const first = positioned(entries('a', 1, 0, 10));
    await one.deliver(first);
    const second = positioned([...entries('a', 1, 0, 3), ...entries('b', 1, 0, 3)]);
    await other.deliver(second);
    await one.close();
    await other.close();
    expect(await streamed()).toEqual([...first, ...second].map(nameOf));
  });

  test('a batch of a later version is not passed by, and what is in front of it is read', async () => {
    await withManager((manager) => manager.streams.delete(telemetryStream.name));
    const upstream = upstreamOf();
    await upstream.deliver(positioned(entries('a', 1, 0, 10)));
    await upstream.close();
    const head = headers();
    head.set(batchHeader, '2');
    await withManager((manager) =>
      manager.jetstream().publish(`${telemetryStream.root}.edge`, new Uint8Array(5), { headers: head }),
    );
    const stream = await JetStreamStream.open({ url: server.url });
    const reader = await stream.reader('check');
    const patient = new AbortController().signal;
    expect(await reader.read(100, patient)).toHaveLength(10);
    for (let again = 0; again < 2; again++) await expect(reader.read(100, patient)).rejects.toThrow(/version '2'/);
    reader.close();
    await stream.close();
  });
});
