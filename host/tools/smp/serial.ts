// A byte stream over a serial device or pseudo-terminal, without native packages: `stty` sets the line to raw mode, and two non-blocking file
// streams carry the bytes.
// What must stay true: the line is in raw mode before the first byte is sent. In canonical mode it would echo our frames, and take 0x04 (the first
// byte of a continued line) for the end of the file.

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { ReadStream } from 'node:tty';
import { promisify } from 'node:util';
import { SmpError } from './error.ts';
import { realNowMs } from './link-clock.ts';
import { Mailbox } from './mailbox.ts';
import type { SerialTarget } from './target.ts';
import type { ByteStream } from './transport.ts';
import { closedError, linkError } from './udp.ts';

const run = promisify(execFile);

export async function openSerialStream(target: SerialTarget, signal?: AbortSignal): Promise<ByteStream> {
  signal?.throwIfAborted();
  const handle = await open(target.path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK).catch(
    (error) => {
      throw linkError(target.name, error);
    },
  );
  try {
    await setRaw(target);
  } catch (error) {
    await handle.close();
    throw error;
  }
  // tty.ReadStream opens the terminal once more for itself and polls it, so that no read blocks a worker thread.
  const line = new ReadStream(handle.fd);
  const inbox = new Mailbox<Uint8Array>();
  line.on('data', (bytes: Buffer) => inbox.put(new Uint8Array(bytes)));
  line.on('error', (error) => inbox.fail(linkError(target.name, error), true));
  line.on('close', () => inbox.fail(closedError(target.name), true));
  return {
    name: target.name,
    nowMs: realNowMs,
    async write(bytes, writeSignal) {
      writeSignal?.throwIfAborted();
      if (line.destroyed) throw closedError(target.name);
      await new Promise<void>((resolve) => void line.write(bytes, () => resolve()));
    },
    read: (timeoutMs, readSignal) => inbox.take(timeoutMs, readSignal),
    async close() {
      if (line.destroyed) return;
      const closed = new Promise<void>((resolve) => void line.once('close', () => resolve()));
      line.destroy();
      await closed;
      await handle.close().catch(() => {}); // the stream may have closed the descriptor already
    },
  };
}

async function setRaw(target: SerialTarget): Promise<void> {
  const fileFlag = process.platform === 'linux' ? '-F' : '-f';
  try {
    await run('stty', [fileFlag, target.path, String(target.baud), 'raw', '-echo', 'clocal']);
  } catch (error) {
    const said = error instanceof Error ? error.message.trim() : String(error);
    // The command that was run is no news; what it said stands in the last line.
    const cause = said.split('\n').at(-1);
    throw new SmpError('link', `${target.name}: stty could not set the line raw (${cause}); is it a serial device?`);
  }
}
