// A live device's lines without a client: any bytes out, whole SMP messages back, each with the wall time it took.

import { createSocket } from 'node:dgram';
import { ConsoleDecoder, encodeConsole } from '../../../host/tools/smp/index.ts';
import { openSerialStream } from '../../../host/tools/smp/serial.ts';
import { parseTarget } from '../../../host/tools/smp/target.ts';
import { Smp } from '../../../protocol/smp/smp.ts';
import type { LiveDevice } from './live-device.ts';

export interface RawLine {
  /** Bytes as they are: a datagram, or what goes down the serial line. */
  send(bytes: Uint8Array): Promise<void>;
  /** A message in the line's framing. */
  frame(message: Uint8Array): Uint8Array;
  /** Next message from the device; undefined when none came. */
  receive(timeoutMs: number): Promise<Uint8Array | undefined>;
  /** Hangs up; doing it twice does it once. */
  close(): Promise<void>;
}

export type LineName = 'UDP' | 'serial';

export const answerTimeoutMs = 5000;
/** How long nothing must come to be called silence. The board answers in less than a millisecond. */
export const silenceMs = 300;

export function openRawLine(device: LiveDevice, line: LineName): Promise<RawLine> {
  return line === 'UDP' ? openUdp(device) : openTerminal(device);
}

/** Sends bytes and hands back the first answer, with the milliseconds it took. */
export async function exchange(line: RawLine, bytes: Uint8Array): Promise<{ answer: Uint8Array; tookMs: number }> {
  const start = performance.now();
  await line.send(bytes);
  const answer = await line.receive(answerTimeoutMs);
  if (answer === undefined)
    throw new Error(`no answer within ${answerTimeoutMs} ms to ${Buffer.from(bytes).toString('hex')}`);
  return { answer, tookMs: performance.now() - start };
}

async function openUdp(device: LiveDevice): Promise<RawLine> {
  const socket = createSocket('udp4');
  const inbox = new Inbox();
  let isOpen = true;
  socket.on('message', (datagram) => inbox.put(datagram));
  await new Promise<void>((resolve) => socket.connect(Smp.UDP_PORT, device.host, resolve));
  return {
    send: (bytes) =>
      new Promise((resolve, reject) => socket.send(bytes, (error) => (error ? reject(error) : resolve()))),
    frame: (message) => message,
    receive: (timeoutMs) => inbox.take(timeoutMs),
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

async function openTerminal(device: LiveDevice): Promise<RawLine> {
  const target = parseTarget(`serial://${device.terminal}`);
  if (target.kind !== 'serial') throw new Error(`${device.terminal} is no serial device`);
  const stream = await openSerialStream(target);
  const decoder = new ConsoleDecoder();
  const inbox = new Inbox();
  let isOpen = true;
  const pump = async () => {
    while (isOpen) {
      const bytes = await stream.read(100);
      for (const message of bytes === undefined ? [] : decoder.push(bytes)) inbox.put(message);
    }
  };
  const pumping = pump();
  return {
    send: (bytes) => stream.write(bytes),
    frame: encodeConsole,
    receive: (timeoutMs) => inbox.take(timeoutMs),
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await pumping;
      await stream.close();
    },
  };
}

class Inbox {
  private readonly waiting: Uint8Array[] = [];
  private wake = () => {};

  put(message: Uint8Array): void {
    this.waiting.push(message);
    this.wake();
  }

  async take(timeoutMs: number): Promise<Uint8Array | undefined> {
    if (this.waiting.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.waiting.shift();
  }
}
