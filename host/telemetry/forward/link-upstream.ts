// The end below of a link to another gateway (link-wire.ts): delivers batches over one connection after the other.

import type { StoredEntry } from '../log/record-log.ts';
import type { Time } from '../time.ts';
import type { Upstream } from './forwarder.ts';
import {
  type ByteStream,
  encodeBatch,
  encodeMessage,
  FrameReader,
  LinkError,
  type LinkMessage,
  linkVersion,
} from './link-wire.ts';

export interface LinkUpstreamOptions {
  /** For messages. */
  name: string;
  /** Name of this gateway. */
  from: string;
  /** Resolves when bytes can be sent. */
  connect: (signal: AbortSignal) => Promise<ByteStream>;
  time: Time;
  /** A connection that does not answer for so long is given up. */
  answerMs?: number;
}

const batchBytesMost = 4 << 20;

interface Waiting {
  until: (message: LinkMessage) => boolean;
  resolve: () => void;
  reject: (error: Error) => void;
}

export class LinkUpstream implements Upstream {
  readonly name: string;
  private readonly options: Required<LinkUpstreamOptions>;
  private stream: ByteStream | undefined;
  private waiting: Waiting | undefined;
  private number = 0;

  constructor(options: LinkUpstreamOptions) {
    this.options = { answerMs: 10_000, ...options };
    this.name = options.name;
  }

  async deliver(entries: readonly StoredEntry[], signal: AbortSignal): Promise<void> {
    for (const batch of batchesOf(entries)) await this.deliverBatch(batch, signal);
  }

  private async deliverBatch(entries: readonly StoredEntry[], signal: AbortSignal): Promise<void> {
    const stream = this.stream ?? (await this.connect(signal));
    const number = ++this.number;
    const answered = this.answer(stream, (message) => {
      if ('refused' in message && message.refused === number)
        throw new LinkError(`${this.name} refuses: ${message.reason}`);
      return 'ack' in message && message.ack >= number;
    });
    stream.send(encodeBatch(number, entries));
    await answered;
  }

  async close(): Promise<void> {
    this.stream?.close();
    this.stream = undefined;
  }

  private async connect(signal: AbortSignal): Promise<ByteStream> {
    const stream = await this.options.connect(signal);
    const frames = new FrameReader();
    this.stream = stream;
    stream.onBytes = (bytes) => {
      if (this.stream !== stream) return;
      try {
        for (const message of frames.read(bytes)) this.hear(message);
      } catch (error) {
        this.end(stream, (error as Error).message);
      }
    };
    stream.onClose = (reason) => this.end(stream, reason);
    const ready = this.answer(stream, (message) => {
      if ('ready' in message && message.ready !== linkVersion)
        throw new LinkError(`${this.name} speaks version ${message.ready} of the link, this is version ${linkVersion}`);
      return 'ready' in message;
    });
    stream.send(encodeMessage({ hello: linkVersion, from: this.options.from }));
    await ready;
    return stream;
  }

  /** Waits for a message. A stream that stays silent for too long is closed. */
  private answer(stream: ByteStream, until: Waiting['until']): Promise<void> {
    return new Promise((resolve, reject) => {
      const { time, answerMs } = this.options;
      const cancel = time.after(answerMs, () => this.end(stream, `no answer within ${answerMs / 1000} s`));
      this.waiting = {
        until,
        resolve: () => {
          cancel();
          resolve();
        },
        reject: (error) => {
          cancel();
          reject(error);
        },
      };
    });
  }

  private hear(message: LinkMessage): void {
    const { waiting } = this;
    if (waiting === undefined) return;
    try {
      if (!waiting.until(message)) return;
      this.waiting = undefined;
      waiting.resolve();
    } catch (error) {
      this.waiting = undefined;
      waiting.reject(error as Error);
    }
  }

  private end(stream: ByteStream, reason: string): void {
    if (this.stream !== stream) return;
    this.stream = undefined;
    stream.close();
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.reject(new LinkError(`${this.name}: ${reason}`));
  }
}

/** Each fits a frame. */
function batchesOf(entries: readonly StoredEntry[]): StoredEntry[][] {
  const batches: StoredEntry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    bytes += entry.bytes.length;
    if (bytes > batchBytesMost) {
      batches.push([]);
      bytes = entry.bytes.length;
    }
    batches[batches.length - 1].push(entry);
  }
  return batches;
}
