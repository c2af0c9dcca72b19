// A byte stream over TCP: what a serial line looks like when QEMU, ser2net or our own bench serve it on a socket.

import { createConnection } from 'node:net';
import { realNowMs } from './link-clock.ts';
import { Mailbox } from './mailbox.ts';
import type { TcpTarget } from './target.ts';
import type { ByteStream } from './transport.ts';
import { closedError, linkError } from './udp.ts';

export async function openTcpStream(target: TcpTarget, signal?: AbortSignal): Promise<ByteStream> {
  signal?.throwIfAborted();
  const socket = createConnection({ host: target.host, port: target.port, noDelay: true });
  const inbox = new Mailbox<Uint8Array>();
  socket.on('data', (bytes: Buffer) => inbox.put(new Uint8Array(bytes)));
  const abort = () => socket.destroy(new Error('aborted'));
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw linkError(target.name, error);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  socket.removeAllListeners('error');
  socket.on('error', (error) => inbox.fail(linkError(target.name, error), true));
  socket.on('close', () => inbox.fail(closedError(target.name), true));
  return {
    name: target.name,
    nowMs: realNowMs,
    async write(bytes, writeSignal) {
      writeSignal?.throwIfAborted();
      if (socket.destroyed) throw closedError(target.name);
      await new Promise<void>((resolve) => void socket.write(bytes, () => resolve()));
    },
    read: (timeoutMs, readSignal) => inbox.take(timeoutMs, readSignal),
    async close() {
      if (socket.destroyed) return;
      const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
      socket.destroy();
      await closed;
    },
  };
}
