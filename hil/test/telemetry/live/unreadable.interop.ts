// Messages in the stream of a NATS server that cannot be read: a batch is damaged, or another program has published there. What is around them is read.

import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { headers } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { JetStreamUpstream } from '../../../../host/telemetry/forward/jetstream-upstream.ts';
import { encodeEntries } from '../../../../host/telemetry/log/entries-cbor.ts';
import { JetStreamLog } from '../../../../host/telemetry/log/jetstream-log.ts';
import { batchHeader, subjectOf } from '../../../../host/telemetry/log/jetstream-message.ts';
import { JetStreamStream, telemetryStream } from '../../../../host/telemetry/log/jetstream-stream.ts';
import type { LogEntry } from '../../../../host/telemetry/log/record-log.ts';
import { entries, nameOf } from '../../../../host/telemetry/testing/records.ts';
import { LiveServer } from '../../campaign/live-server.ts';
import { builtTool } from '../../interop/install.ts';
import { LiveProcess } from './live-process.ts';

const program = await builtTool('nats-server');
if (program.missing !== undefined) console.log(`no stream with what cannot be read: ${program.missing}`);

const foreign =
  /^the message at position 3 of the stream is left out: it has neither the header Coldrig-Batch nor a Nats-Msg-Id/;
const damaged = /^the message at position 2 of the stream is left out: a batch of \d+ bytes is damaged/;

describe.skipIf(program.missing !== undefined)('a stream with messages that cannot be read', () => {
  let server: LiveServer;
  beforeEach(async () => {
    server = await LiveServer.start(program.path as string);
  });
  afterEach(() => server.end());

  const subject = subjectOf(telemetryStream.root, 'edge');
  const positioned = (given: readonly LogEntry[]) => given.map((one, position) => ({ ...one, position }));

  async function publish(data: string | Uint8Array, heads: Record<string, string> = {}): Promise<void> {
    const stream = await JetStreamStream.open({ url: server.url });
    const head = headers();
    for (const [name, value] of Object.entries(heads)) head.set(name, value);
    await stream.client.publish(subject, data, { headers: head });
    await stream.close();
  }
  const publishBoth = async () => {
    await publish(encodeEntries(entries('a', 1, 2, 2)).subarray(0, -1), { [batchHeader]: '1' });
    await publish('hello');
  };

  test('is read by an ingester, which says and counts what it leaves out', async () => {
    const bodies: Buffer[] = [];
    const store = createServer((request, response) => {
      request.on('data', (bytes) => bodies.push(bytes));
      request.on('end', () => response.writeHead(204).end());
    });
    await once(store.listen(0, '127.0.0.1'), 'listening');
    const upstream = new JetStreamUpstream({ url: server.url }, 'edge');
    await upstream.deliver(positioned(entries('a', 1, 0, 2)));
    await publishBoth();
    await upstream.deliver(positioned(entries('a', 1, 4, 2)));
    await upstream.close();
    const { port } = store.address() as AddressInfo;
    const folder = mkdtempSync(join(server.folder, 'ingest-'));
    const ingester = await LiveProcess.start([
      ...['ingest', '--store', `http://127.0.0.1:${port}`, '--nats', server.url, '--log', folder, '--name', 'one'],
    ]);
    await ingester.until(({ records }) => records === 4, 60_000);
    const told = ingester.said.map((line) => JSON.parse(line)).filter(({ event }) => event === 'unreadable');
    expect(told).toEqual([
      { event: 'unreadable', position: 2, reason: expect.stringMatching(damaged) },
      { event: 'unreadable', position: 3, reason: expect.stringMatching(foreign) },
    ]);
    await ingester.end('SIGTERM');
    store.close();
  });

  test('is the log of a gateway, which puts on record what it leaves out', async () => {
    const log = await JetStreamLog.open({ url: server.url }, { bytesMost: 1 << 24 });
    await log.append(entries('a', 1, 0, 1));
    await publishBoth();
    // Its end is not where it was: the first answer says so, and the gateway asks again.
    expect(await log.append(entries('a', 1, 1, 1))).toMatchObject({ outcomes: ['failed'] });
    expect(await log.append(entries('a', 1, 1, 1))).toMatchObject({ outcomes: ['stored'] });
    const reader = await log.reader('up');
    const read: string[] = [];
    while (read.length < 2) read.push(...(await reader.read(100, new AbortController().signal)).map(nameOf));
    expect(read).toEqual(['a/1/0', 'a/1/1']);
    expect(log.losses).toEqual([expect.stringMatching(damaged), expect.stringMatching(foreign)]);
    await log.close();
  });

  test.each([0, 1, 2])(
    'is opened as a log when its last messages are such, and %i of them were removed',
    async (count) => {
      const first = await JetStreamLog.open({ url: server.url }, { bytesMost: 1 << 24 });
      await first.append(entries('a', 1, 0, 1));
      await first.close();
      await publishBoth();
      const stream = await JetStreamStream.open({ url: server.url });
      for (let seq = 3; seq > 3 - count; seq--) await stream.manager.streams.deleteMessage(telemetryStream.name, seq);
      await stream.close();
      const log = await JetStreamLog.open({ url: server.url }, { bytesMost: 1 << 24 });
      expect(log.lastOf('a')).toEqual({ boot: 1, sequence: 0 });
      expect(await log.append(entries('a', 1, 0, 2))).toMatchObject({ outcomes: ['repeat', 'stored'] });
      await log.close();
    },
  );
});
