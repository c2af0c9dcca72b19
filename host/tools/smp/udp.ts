// SMP over UDP: one message per datagram, answers from the same address, no session.
// What must stay true: the socket is connected, so datagrams of other hosts never arrive; "nobody listens there" (ICMP) ends the waiting request at
// once, and the socket stays usable, because a device comes back after a reset.

import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { SmpError } from './error.ts';
import { realNowMs } from './link-clock.ts';
import { Mailbox } from './mailbox.ts';
import type { UdpTarget } from './target.ts';
import type { SmpTransport } from './transport.ts';

// 1500-byte Ethernet less IP and UDP headers; a fragmented datagram is lost when any fragment is.
const ethernetPayload = { 4: 1472, 6: 1452 } as const;
const loopbackPayload = 0xffff - 28 - 1000;

export interface UdpOptions {
  signal?: AbortSignal;
  /** Largest datagram to send; by default what fits an Ethernet frame, and more on the loopback interface. */
  maximumMessage?: number;
}

export async function openUdp(target: UdpTarget, options: UdpOptions = {}): Promise<SmpTransport> {
  const { address, family } = await resolve(target);
  options.signal?.throwIfAborted();
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  const inbox = new Mailbox<Uint8Array>();
  socket.on('message', (message) => inbox.put(new Uint8Array(message)));
  const isLoopback = address.startsWith('127.') || address === '::1';
  try {
    await new Promise<void>((resolveConnect, reject) => {
      // Without a function of its own: connect calls that one when it fails as well, and then says nothing here.
      socket.once('error', reject);
      socket.once('connect', resolveConnect);
      socket.connect(target.port, address);
    });
  } catch (error) {
    socket.close();
    throw linkError(target.name, error);
  }
  socket.removeAllListeners('error');
  socket.on('error', (error) => inbox.fail(linkError(target.name, error), false));
  let open = true;
  return {
    name: target.name,
    maximumMessage: options.maximumMessage ?? (isLoopback ? loopbackPayload : ethernetPayload[family]),
    overhead: 0,
    resendAfterMs: 500,
    nowMs: realNowMs,
    async send(message, signal) {
      signal?.throwIfAborted();
      if (!open) throw closedError(target.name);
      inbox.forgive();
      const error = (await sendDatagram(socket, message)) && (await sendDatagram(socket, message));
      if (error) inbox.fail(linkError(target.name, error), false);
    },
    receive: (timeoutMs, signal) => inbox.take(timeoutMs, signal),
    async close() {
      if (!open) return;
      open = false;
      inbox.fail(closedError(target.name), true);
      await new Promise<void>((resolveClose) => socket.close(() => resolveClose()));
    },
  };
}

/** The kernel reports the error of an earlier datagram at the next send, which then sends nothing: so it is sent again above. */
function sendDatagram(socket: Socket, message: Uint8Array): Promise<Error | null> {
  return new Promise((resolveSend) => socket.send(message, (error) => resolveSend(error)));
}

async function resolve(target: UdpTarget): Promise<{ address: string; family: 4 | 6 }> {
  try {
    const { address, family } = await lookup(target.host);
    return { address, family: family === 6 ? 6 : 4 };
  } catch (error) {
    throw linkError(target.name, error);
  }
}

/** What the operating system said, in words a person can act on. */
export function linkError(name: string, error: unknown): SmpError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const words: Record<string, string> = {
    ECONNREFUSED: 'nobody listens there; start the board (coldrig run) or check the port',
    ENOTFOUND: 'no such host; check the name',
    EAI_AGAIN: 'the name could not be looked up; check the name and the network',
    ENOENT: 'no such file; check the path',
    EACCES: 'not allowed; check who may open it',
    EHOSTUNREACH: 'no way to that host; check the address',
    ENETUNREACH: 'no way to that network; check the address',
    ETIMEDOUT: 'no connection in time; check address and port',
    EMSGSIZE: 'the message is too large for this path; set a smaller maximum message',
  };
  const cause = error instanceof Error ? error.message : String(error);
  return new SmpError('link', `${name}: ${words[code] ?? cause}${words[code] ? ` (${code})` : ''}`);
}

export function closedError(name: string): SmpError {
  return new SmpError('link', `${name}: the connection is closed; open it again`);
}
