// The transports that reach outside, against a server on real loopback sockets and a real pseudo-terminal.

import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Random } from '../../board/random.ts';
import { seeds } from '../../board/testing/cases.ts';
import { goldenPayload } from '../image/golden-cases.ts';
import { ConsoleDecoder, encodeConsole } from './console-framing.ts';
import { FakeServer, fairWeather, fate, type Weather } from './fake-server.ts';
import { openTarget, SmpClient } from './index.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
const bytes = goldenPayload(60_000);

async function udpServer(device: FakeServer, weather: Weather = { ...fairWeather, latencyMs: 0 }, seed = 1) {
  const server: Socket = createSocket('udp4');
  const random = new Random(seed);
  const timers = new Set<NodeJS.Timeout>();
  const later = (work: () => void) => {
    for (const delayMs of fate(weather, random)) {
      if (delayMs === 0) work();
      else timers.add(setTimeout(work, delayMs));
    }
  };
  server.on('message', (message, from) => {
    later(() => {
      for (const answer of device.answer(new Uint8Array(message))) {
        later(() => server.send(answer, from.port, from.address));
      }
    });
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const timer of timers) clearTimeout(timer);
    server.close();
  });
  return { server, target: `udp://127.0.0.1:${server.address().port}` };
}

async function open(target: string) {
  const client = await SmpClient.open(target);
  cleanups.push(() => client.close());
  return client;
}

describe('over UDP', () => {
  it('an upload arrives', async () => {
    const device = new FakeServer();
    const { target } = await udpServer(device);
    const client = await open(target);
    expect(await client.echo('hello')).toBe('hello');
    await client.upload(bytes);
    expect(Buffer.compare(device.uploaded as Uint8Array, bytes)).toBe(0);
  });

  it('an upload arrives through a network that loses, doubles and reorders', async () => {
    for (const seed of seeds(3)) {
      const device = new FakeServer();
      const weather = { loss: 0.1, duplication: 0.1, jitterMs: 8, latencyMs: 0 };
      const { target } = await udpServer(device, weather, seed);
      const client = await open(target);
      await client.upload(bytes);
      expect(Buffer.compare(device.uploaded as Uint8Array, bytes), `seed ${seed}`).toBe(0);
    }
  });

  it('a port where nobody listens is told at once', async () => {
    const { server, target } = await udpServer(new FakeServer());
    server.close();
    await once(server, 'close');
    cleanups.length = 0;
    const client = await open(target);
    const start = performance.now();
    await expect(client.echo('hi')).rejects.toThrow(/nobody listens there; start the board .*ECONNREFUSED/);
    expect(performance.now() - start).toBeLessThan(5000);
    await expect(client.waitUntilBack({ afterMs: 0, timeoutMs: 150 })).rejects.toThrow(
      /did not come back in 150 ms: .*nobody listens there/,
    );
  });

  it('and when the board is back there, the same client reaches it', async () => {
    const { server, target } = await udpServer(new FakeServer());
    const client = await open(target);
    const { port } = server.address();
    cleanups.splice(0, 1);
    server.close();
    await once(server, 'close');
    await expect(client.echo('hi')).rejects.toMatchObject({ kind: 'link' });
    const device = new FakeServer();
    const again = createSocket('udp4');
    cleanups.push(() => again.close());
    again.on('message', (message, from) => {
      for (const answer of device.answer(new Uint8Array(message))) again.send(answer, from.port, from.address);
    });
    setTimeout(() => again.bind(port, '127.0.0.1'), 300);
    await client.waitUntilBack({ afterMs: 0, timeoutMs: 30_000 });
    expect(await client.echo('back')).toBe('back');
  });

  it('answers of strangers are not heard', async () => {
    const { target } = await udpServer(new FakeServer(), { ...fairWeather, latencyMs: 60 });
    const client = await open(target);
    const stranger = createSocket('udp4');
    cleanups.push(() => stranger.close());
    const asked = client.echo('hello');
    stranger.send(Buffer.from('0b00000600000000bf62726308ff', 'hex'), 1, '127.0.0.1');
    expect(await asked).toBe('hello');
  });

  it('an address that may not be reached is told by its reason, not by a call that failed later', async () => {
    // The address of everybody: a socket that did not ask for that is refused when it connects.
    await expect(openTarget('udp://255.255.255.255:1337')).rejects.toMatchObject({
      kind: 'link',
      message: 'udp://255.255.255.255:1337: not allowed; check who may open it (EACCES)',
    });
  });

  it('a host that does not exist is named', async () => {
    await expect(openTarget('udp://no-such-host.invalid:1')).rejects.toThrow(/^udp:\/\/no-such-host\.invalid:1: /);
  });

  it('an abort ends a wait at once, and closing ends all of them', async () => {
    const { target } = await udpServer(new FakeServer(), { ...fairWeather, loss: 1 });
    const client = await open(target);
    const start = performance.now();
    await expect(client.echo('hi', { signal: AbortSignal.timeout(30) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    const pending = client.echo('hi');
    setTimeout(() => client.close(), 30);
    await expect(pending).rejects.toThrow(/the connection is closed/);
    expect(performance.now() - start).toBeLessThan(5000);
    await expect(client.echo('hi')).rejects.toThrow(/the connection is closed/);
  });
});

async function tcpServer(device: FakeServer, chatter = '') {
  const server = createServer((socket) => {
    const decoder = new ConsoleDecoder();
    if (chatter) socket.write(chatter);
    socket.on('data', (data: Buffer) => {
      for (const request of decoder.push(data)) {
        for (const answer of device.answer(request)) {
          socket.write(chatter);
          socket.write(encodeConsole(answer));
        }
      }
    });
    socket.on('error', () => {});
    cleanups.push(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return `serial://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe('over a serial line served on TCP', () => {
  it('an upload arrives, between whatever else the line says', async () => {
    const device = new FakeServer();
    const client = await open(await tcpServer(device, 'boot: 3 tasks up\r\nhalf a line'));
    await client.upload(bytes);
    expect(Buffer.compare(device.uploaded as Uint8Array, bytes)).toBe(0);
  });

  it('messages leave room for the frame in the buffer of the device', async () => {
    const device = new FakeServer({ bufferSize: 256 });
    const client = await open(await tcpServer(device));
    await client.upload(bytes.subarray(0, 3000));
    const largest = Math.max(...device.requests.map(({ body }) => (body.data as Uint8Array | undefined)?.length ?? 0));
    expect(largest).toBeLessThanOrEqual(256 - 4 - 8 - 12);
  });

  it('a connection refused, broken off or aborted is told', async () => {
    const target = await tcpServer(new FakeServer());
    const client = await open(target);
    expect(await client.echo('x')).toBe('x');
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    await expect(client.echo('x')).rejects.toThrow(/the connection is closed/);
    await expect(openTarget(target)).rejects.toThrow(/nobody listens there/);
    await expect(openTarget(target, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
  });
});

// A pseudo-terminal: Python has one in its standard library, Node has none. Bytes at its master side pass through stdio.
const ptyProgram = `
import os, pty, select, sys
master, slave = pty.openpty()
print(os.ttyname(slave), flush=True)
while True:
    ready, _, _ = select.select([master, 0], [], [])
    if 0 in ready:
        data = os.read(0, 4096)
        if not data: break
        os.write(master, data)
    if master in ready:
        os.write(1, os.read(master, 4096))
`;

async function ptyServer(device: FakeServer): Promise<string | undefined> {
  const child = spawn('python3', ['-c', ptyProgram], { stdio: ['pipe', 'pipe', 'ignore'] });
  cleanups.push(() => child.kill());
  const decoder = new ConsoleDecoder();
  return new Promise((resolve) => {
    child.once('error', () => resolve(undefined));
    child.stdout.once('data', (line: Buffer) => {
      child.stdout.on('data', (data: Buffer) => {
        for (const request of decoder.push(data)) {
          for (const answer of device.answer(request)) child.stdin.write(encodeConsole(answer));
        }
      });
      resolve(`serial://${line.toString().trim()}`);
    });
  });
}

describe('over a serial device', () => {
  it('an upload arrives, and the line can be opened again', async ({ skip }) => {
    const device = new FakeServer();
    const target = await ptyServer(device);
    if (target === undefined) return skip('no python3 here to make a pseudo-terminal with');
    const client = await SmpClient.open(target);
    expect(await client.echo('\u0004 raw')).toBe('\u0004 raw');
    await client.upload(bytes.subarray(0, 20_000));
    expect(device.uploaded).toEqual(bytes.subarray(0, 20_000));
    await client.close();
    await expect(client.echo('x')).rejects.toThrow(/the connection is closed/);
    expect(await (await open(target)).echo('again')).toBe('again');
  });

  it('a path that is not there, or no terminal, is told', async () => {
    await expect(openTarget('serial:///no/such/tty')).rejects.toThrow(/no such file; check the path/);
    await expect(openTarget('serial:///dev/null')).rejects.toThrow(/is it a serial device\?/);
  });
});
