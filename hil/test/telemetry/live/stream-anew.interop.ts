// The stream of a NATS server is not the one that it was: its disk was lost, or its last messages with its power. Its readers read what they have not had.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { JetStreamLog } from '../../../../host/telemetry/log/jetstream-log.ts';
import { JetStreamStream, telemetryStream } from '../../../../host/telemetry/log/jetstream-stream.ts';
import type { LogReader } from '../../../../host/telemetry/log/record-log.ts';
import { entries, entry, nameOf } from '../../../../host/telemetry/testing/records.ts';
import { LiveServer } from '../../campaign/live-server.ts';
import { builtTool } from '../../interop/install.ts';
import { LiveProcess } from './live-process.ts';

const program = await builtTool('nats-server');
if (program.missing !== undefined) console.log(`no stream that begins anew: ${program.missing}`);

const patient = new AbortController().signal;

describe.skipIf(program.missing !== undefined)('a reader of a stream', () => {
  let server: LiveServer;
  const opened = new Set<{ close(): Promise<void> }>();
  beforeEach(async () => {
    server = await LiveServer.start(program.path as string);
  });
  afterEach(async () => {
    for (const one of opened) await one.close().catch(() => {});
    opened.clear();
    await server.end();
  });

  const openLog = async (bytesMost = 1 << 24) => kept(await JetStreamLog.open({ url: server.url }, { bytesMost }));
  const openStream = async () => kept(await JetStreamStream.open({ url: server.url }));
  function kept<One extends { close(): Promise<void> }>(one: One): One {
    opened.add(one);
    return one;
  }

  async function readAll(reader: LogReader, until: string): Promise<string[]> {
    const names: string[] = [];
    while (names.at(-1) !== until) names.push(...(await reader.read(100, patient)).map(nameOf));
    return names;
  }

  test('that was there when the server lost its disk has what the new stream has, and says so', async () => {
    await (await openLog()).append(entries('a', 1, 0, 20));
    const told: string[] = [];
    const reader = await (await openStream()).reader('store', { onAnew: (reason) => told.push(reason) });
    const read = await reader.read(100, patient);
    await reader.commit(read[read.length - 1].position);
    const coming = readAll(reader, 'b/1/4');
    await server.kill();
    server.loseDisk();
    await server.start();
    await (await openLog()).append(entries('b', 1, 0, 5));
    expect(await coming).toEqual(entries('b', 1, 0, 5).map(nameOf));
    expect(told).toEqual([
      expect.stringMatching(/^the stream has begun anew: a reader was at position 21, and it has \d+ entr/),
    ]);
  });

  test('that was there when somebody deleted the stream has what the new one has', async () => {
    const stream = await openStream();
    const log = await openLog();
    await log.append(entries('a', 1, 0, 20));
    const reader = await stream.reader('store');
    expect(await readAll(reader, 'a/1/19')).toHaveLength(20);
    const coming = readAll(reader, 'b/1/4');
    await stream.manager.streams.delete(telemetryStream.name);
    await (await openLog()).append(entries('b', 1, 0, 5));
    expect(await coming).toEqual(entries('b', 1, 0, 5).map(nameOf));
  });

  test('in a process that is told to end, while messages wait and the store does not answer, lets the process end', async () => {
    const log = await openLog();
    await log.append(entries('a', 1, 0, 10_000));
    const store = createServer(() => {}).listen(0, '127.0.0.1');
    await once(store, 'listening');
    const folder = mkdtempSync(join(tmpdir(), 'coldrig-ingest-'));
    const { port } = store.address() as AddressInfo;
    const words = ['--store', `http://127.0.0.1:${port}`, '--nats', server.url, '--log', folder, '--name', 'one'];
    const ingester = await LiveProcess.start(['ingest', ...words]);
    // Asked to write by now, it has read what is next, and messages behind that wait in its memory.
    await once(store, 'connection');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await ingester.end('SIGTERM');
    store.closeAllConnections();
    store.close();
    rmSync(folder, { recursive: true });
  });

  test.each([3, 40])('that comes when the last messages were lost and %i others are there has those', async (count) => {
    const log = await openLog();
    await log.append(entries('a', 1, 0, 10));
    await log.close();
    await server.kill('SIGTERM');
    const comeBack = server.keepMessages(telemetryStream.name);
    await server.start();
    const more = await openLog();
    await more.append(entries('a', 1, 10, 10));
    const reader = await more.reader('store');
    const read = await reader.read(100, patient);
    await reader.commit(read[read.length - 1].position);
    await more.close();
    await server.kill('SIGTERM');
    comeBack();
    await server.start();
    await (await openLog()).append(entries('b', 1, 0, count));
    const again = await (await openStream()).reader('store');
    expect(await readAll(again, `b/1/${count - 1}`)).toEqual(
      [...entries('a', 1, 0, 10), ...entries('b', 1, 0, count)].map(nameOf),
    );
    await again.commit(10 + count);
    const third = await (await openStream()).reader('store');
    await (await openLog()).append([entry('c', 1, 0)]);
    expect(await readAll(third, 'c/1/0')).toEqual(['c/1/0']);
  });

  test('has what nobody has read, though its old position is beyond: nothing of it is removed for room', async () => {
    const log = await openLog();
    await log.append(entries('a', 1, 0, 200));
    const reader = await log.reader('store');
    const read = await reader.read(1_000, patient);
    await reader.commit(read[read.length - 1].position);
    await log.close();
    await server.kill('SIGTERM');
    server.loseMessages(telemetryStream.name);
    await server.start();
    const small = await openLog(20_000);
    const taken = (await small.append(entries('b', 1, 0, 100))).taken;
    expect(taken).toBeGreaterThan(10);
    expect((await small.append(entries('b', 1, taken, 10))).taken).toBe(0);
    expect(await readAll(await small.reader('store'), `b/1/${taken - 1}`)).toHaveLength(taken);
  });
});
