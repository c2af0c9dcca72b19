import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { askHttp, readAnswer } from './http-client.ts';

const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

describe('a question to a server', () => {
  let server: Server | undefined;
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server?.close();
  });

  /** Answers the first question of each connection, and closes it at the second; how many connections there were. */
  async function serve(answersFirst: boolean): Promise<{ url: URL; connections: () => number }> {
    server = createServer((socket) => {
      sockets.push(socket);
      let asked = 0;
      socket.on('data', () => {
        if (answersFirst && asked++ === 0) socket.write(answer);
        else socket.destroy();
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { url: new URL(`http://127.0.0.1:${port}/`), connections: () => sockets.length };
  }
  const ask = async (url: URL) =>
    readAnswer(
      await askHttp({ method: 'POST', url, body: {}, headers: {}, tls: {}, signal: new AbortController().signal }),
    );

  test('is asked again when the connection had rested, and was closed in the moment of its use', async () => {
    const { url, connections } = await serve(true);
    expect([await ask(url), await ask(url), await ask(url)]).toEqual(['{}', '{}', '{}']);
    expect(connections()).toBe(3);
  });

  test('is not asked again when a new connection is closed without an answer', async () => {
    const { url, connections } = await serve(false);
    await expect(ask(url)).rejects.toThrow(/does not answer: socket hang up/);
    expect(connections()).toBe(1);
  });
});
