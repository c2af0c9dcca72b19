// Telemetry to a real NATS server: what a gateway forwards is in the stream once, in order, also when the server is killed on the way.

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Forwarder } from '../../../host/telemetry/forward/forwarder.ts';
import { JetStreamUpstream } from '../../../host/telemetry/forward/jetstream-upstream.ts';
import { DiskLog } from '../../../host/telemetry/log/disk-log.ts';
import { telemetryStream } from '../../../host/telemetry/log/jetstream-stream.ts';
import { entries, nameOf } from '../../../host/telemetry/testing/records.ts';
import { hostTime } from '../../../host/telemetry/time.ts';
import { decodeCbor } from '../../../host/tools/telemetry/envelope.ts';
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
    const connection = await connect({ servers: new URL(server.url).host });
    try {
      const manager = await jetstreamManager(connection);
      const { state } = await manager.streams.info(telemetryStream.name);
      const names: string[] = [];
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const message = await manager.streams.getMessage(telemetryStream.name, { seq });
        if (message) names.push(nameOf(decodeCbor(message.data)));
      }
      return names;
    } finally {
      await connection.close();
    }
  }

  test('each record is there once and in order, though the server is killed and the forwarder begins anew', async () => {
    const folder = join(mkdtempSync(join(server.folder, 'edge-')), 'log');
    const log = DiskLog.open(folder, { time: hostTime });
    await log.append(entries('d', 1, 0, count));
    const forward = async (until: number, then: () => Promise<void>) => {
      const stop = new AbortController();
      const forwarder = new Forwarder({
        ...{ log, name: 'up', upstream: new JetStreamUpstream({ url: server.url }), time: hostTime, most: 100 },
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
      ...{ log, name: 'anew', upstream: new JetStreamUpstream({ url: server.url }), time: hostTime, most: 100 },
    });
    const stop = new AbortController();
    const running = again.run(stop.signal);
    while (again.delivered < count) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await running;
    await log.close();
    expect(await streamed()).toEqual(entries('d', 1, 0, count).map(nameOf));
  });
});
