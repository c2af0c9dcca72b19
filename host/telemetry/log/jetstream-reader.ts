// Reads a stream of records on a NATS server, in its order, from a position on.
//
// What must stay true: when the connection was lost, it goes on behind the last entry that it gave; a message that is none of a record is left out.

import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { classHeader, entryOfMessage } from './jetstream-message.ts';
import type { LogReader, StoredEntry } from './record-log.ts';

/** What it needs of a stream. */
export interface ReadStream {
  readonly connection: NatsConnection;
  messages(from: number, headersOnly: boolean): Promise<ConsumerMessages>;
  keep(name: string, value: string): Promise<void>;
}

export class JetStreamReader implements LogReader {
  /** Entries before this position are done with. */
  committed: number;
  private readonly stream: ReadStream;
  /** Undefined: it reads heads alone. */
  private readonly name: string | undefined;
  private next: number;
  private messages: ConsumerMessages | undefined;
  private iterator: AsyncIterator<JsMsg> | undefined;
  private coming: Promise<IteratorResult<JsMsg>> | undefined;

  constructor(stream: ReadStream, name: string | undefined, committed: number) {
    this.stream = stream;
    this.name = name;
    this.committed = committed;
    this.next = committed;
    void this.watchConnection();
  }

  async read(most: number, signal: AbortSignal): Promise<StoredEntry[]> {
    const found: StoredEntry[] = [];
    for (;;) {
      const message = await this.message(signal);
      if (message.seq < this.next) continue;
      this.next = message.seq + 1;
      const entry = this.entry(message);
      if (entry !== undefined) found.push(entry);
      // What is there already comes at once; for the rest nobody waits.
      if (found.length >= most || (found.length > 0 && message.info.pending === 0)) return found;
    }
  }

  async commit(position: number): Promise<void> {
    if (position < this.committed || this.name === undefined) return;
    await this.stream.keep(`reader.${this.name}`, `${position + 1}`);
    this.committed = position + 1;
  }

  close(): void {
    const { messages } = this;
    this.forget();
    messages?.stop();
  }

  private entry({ seq, headers, data }: JsMsg): StoredEntry | undefined {
    try {
      const entry = entryOfMessage(headers?.get('Nats-Msg-Id'), headers?.get(classHeader), data);
      // A mark is for the log alone.
      return data.length === 0 && this.name !== undefined ? undefined : { ...entry, position: seq };
    } catch {
      return undefined;
    }
  }

  private async message(signal: AbortSignal): Promise<JsMsg> {
    for (;;) {
      signal.throwIfAborted();
      if (this.coming === undefined) {
        this.messages ??= await this.stream.messages(this.next, this.name === undefined);
        this.iterator ??= this.messages[Symbol.asyncIterator]();
        this.coming = this.iterator.next();
      }
      const { coming } = this;
      const result = await untilAborted(coming, signal);
      if (this.coming !== coming) continue;
      this.coming = undefined;
      if (!result.done) return result.value;
      this.forget();
    }
  }

  /** A server that comes back has forgotten who was reading. */
  private async watchConnection(): Promise<void> {
    for await (const { type } of this.stream.connection.status()) if (type === 'reconnect') this.close();
  }

  private forget(): void {
    this.messages = undefined;
    this.iterator = undefined;
    this.coming = undefined;
  }
}

function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
