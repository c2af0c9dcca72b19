// Reads a stream of records on a NATS server, in its order, from a position on.
//
// A server can lose its disk, or with its power the messages that it had not synced. New messages then have the positions of the old ones, and a reader that
// waited behind its position would never see them. So a place is a position and the time of the message before it, and it is compared with the stream
// before anything is read. What must stay true:
//   - when the connection was lost, it goes on behind the last entry that it gave
//   - where the stream is not the one that it was, it begins at the oldest entry; who reads it leaves out what it had
//   - a message that cannot be read is left out and told; one that a later version has written is not passed by
//   - what is in one message comes in one call, and has one position

import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { entriesOfMessage, LaterBatch, UnreadableMessage } from './jetstream-message.ts';
import type { LogReader, StoredEntry } from './record-log.ts';

/** Where a reader is in a stream. */
export interface ReaderPlace {
  /** Entries before this position are done with. */
  next: number;
  /** When the server took the message before it, ms since 1970; undefined where that is not known. */
  lastMs?: number;
}

/** What it needs of a stream. */
export interface ReadStream {
  readonly connection: NatsConnection;
  messages(from: number, headersOnly: boolean): Promise<ConsumerMessages>;
  /** Why the stream cannot be the one in which a reader came to this place; undefined: it is. */
  isAnew(place: ReaderPlace): Promise<string | undefined>;
  keepPlace(reader: string, place: ReaderPlace): Promise<void>;
}

/** Hears, in words, what a reader has met. */
export interface ReaderEvents {
  /** The stream is not the one in which this reader has committed. */
  onAnew?: (reason: string) => void;
  /** The message at this position is left out. */
  onUnreadable?: (reason: string, position: number) => void;
}

export class JetStreamReader implements LogReader {
  /** Entries before this position are done with. */
  committed: number;
  /** How many were in each message that was read last. */
  entriesOfMessage = 1;
  /** It reads heads alone, and has read the last that was there. */
  isAtEnd = false;
  private readonly stream: ReadStream;
  /** Undefined: it reads heads alone. */
  private readonly name: string | undefined;
  private place: ReaderPlace;
  private readonly events: ReaderEvents;
  /** When the server took the last entry of each call of `read` that is not committed, by its position. */
  private readonly takenMs = new Map<number, number>();
  private messages: ConsumerMessages | undefined;
  private iterator: AsyncIterator<JsMsg> | undefined;
  private coming: Promise<IteratorResult<JsMsg>> | undefined;

  constructor(stream: ReadStream, name: string | undefined, place: ReaderPlace, events: ReaderEvents = {}) {
    this.stream = stream;
    this.name = name;
    this.committed = place.next;
    this.place = place;
    this.events = events;
    void this.watchConnection();
  }

  async read(most: number, signal: AbortSignal): Promise<StoredEntry[]> {
    const abortion = abortionOf(signal);
    try {
      return await this.readUntil(most, abortion);
    } finally {
      abortion.forget();
    }
  }

  private async readUntil(most: number, abortion: Abortion): Promise<StoredEntry[]> {
    const found: StoredEntry[] = [];
    for (let messages = 1; ; messages++) {
      const message = await this.nextMessage(abortion);
      const entries = this.entries(message, found.length > 0);
      if (entries === undefined) return found;
      this.place = { next: message.seq + 1, lastMs: message.time.getTime() };
      for (const entry of entries) found.push(entry);
      this.isAtEnd = this.name === undefined && message.info.pending === 0;
      if (this.isAtEnd) return found;
      // What is there already comes at once; for the rest nobody waits.
      const isMore = found.length === 0 || message.info.pending > 0 || (await this.isThere());
      if (isMore && found.length < most) continue;
      if (entries.length > 0) this.takenMs.set(message.seq, message.time.getTime());
      this.entriesOfMessage = found.length / messages;
      return found;
    }
  }

  async commit(position: number): Promise<void> {
    if (position < this.committed || this.name === undefined) return;
    await this.stream.keepPlace(this.name, { next: position + 1, lastMs: this.takenMs.get(position) });
    this.committed = position + 1;
    for (const at of this.takenMs.keys()) if (at <= position) this.takenMs.delete(at);
  }

  close(): void {
    const { messages } = this;
    this.forget();
    messages?.stop();
  }

  /** Undefined: it cannot be read here, and is to be read again when what is in front of it was told. Throws a LaterBatch where nothing is. */
  private entries(message: JsMsg, isBehindOthers: boolean): StoredEntry[] | undefined {
    try {
      const entries = entriesOfMessage(message);
      // A mark is for the log alone.
      const told = this.name === undefined ? entries : entries.filter(({ bytes }) => bytes.length > 0);
      return told.map((entry) => ({ ...entry, position: message.seq }));
    } catch (error) {
      if (error instanceof UnreadableMessage) {
        const reason = `the message at position ${message.seq} of the stream is left out: ${error.message}`;
        if (this.name !== undefined) this.events.onUnreadable?.(reason, message.seq);
        return [];
      }
      if (!(error instanceof LaterBatch)) throw error;
      this.close();
      if (isBehindOthers) return undefined;
      throw error;
    }
  }

  /** Whether the next message has come to this process. */
  private async isThere(): Promise<boolean> {
    if (this.iterator === undefined) return false;
    this.coming ??= this.iterator.next();
    const isMessage = this.coming.then(
      ({ done }) => done !== true,
      () => false,
    );
    return await Promise.race([isMessage, new Promise<false>((resolve) => setImmediate(resolve, false))]);
  }

  private async nextMessage(abortion: Abortion): Promise<JsMsg> {
    for (;;) {
      const message = await this.message(abortion);
      // Where the stream is not the one that it was, the place is another now.
      if (message.seq >= this.place.next) return message;
    }
  }

  private async message({ signal, promise }: Abortion): Promise<JsMsg> {
    for (;;) {
      signal.throwIfAborted();
      if (this.coming === undefined) {
        this.messages ??= await this.opened();
        this.iterator ??= this.messages[Symbol.asyncIterator]();
        this.coming = this.iterator.next();
      }
      const { coming } = this;
      const result = await Promise.race([coming, promise]);
      if (this.coming !== coming) continue;
      this.coming = undefined;
      if (!result.done) return result.value;
      this.forget();
    }
  }

  private async opened(): Promise<ConsumerMessages> {
    const reason = await this.stream.isAnew(this.place);
    if (reason !== undefined) {
      this.place = { next: 0 };
      this.committed = 0;
      this.takenMs.clear();
      this.events.onAnew?.(reason);
    }
    const messages = await this.stream.messages(this.place.next, this.name === undefined);
    void this.watchConsumer(messages);
    return messages;
  }

  /** A stream that was deleted and made again, while the connection stayed: the library would wait in it behind the old position. */
  private async watchConsumer(messages: ConsumerMessages): Promise<void> {
    for await (const { type } of messages.status())
      if (type === 'ordered_consumer_recreated' && messages === this.messages) this.close();
  }

  /**
   * A server that comes back has forgotten who was reading. With the connection the reading ends: behind messages that nobody takes any more the library would not hear
   * of that, and its timer would keep the process.
   */
  private async watchConnection(): Promise<void> {
    for await (const { type } of this.stream.connection.status()) if (type === 'reconnect') this.close();
    this.close();
  }

  private forget(): void {
    this.messages = undefined;
    this.iterator = undefined;
    this.coming = undefined;
  }
}

/** One listener for all messages of a call: to add and remove one for each takes longer than to read it. */
interface Abortion {
  signal: AbortSignal;
  /** Rejects when the signal is aborted. */
  promise: Promise<never>;
  forget: () => void;
}

function abortionOf(signal: AbortSignal): Abortion {
  let abort = () => {};
  const promise = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
  });
  promise.catch(() => {});
  signal.addEventListener('abort', abort, { once: true });
  return { signal, promise, forget: () => signal.removeEventListener('abort', abort) };
}
