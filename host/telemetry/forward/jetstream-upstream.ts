// NATS JetStream above a gateway: records in batches, a message each (log/jetstream-message.ts).
//
//   entries  d/1/7  d/1/8  e/3/0  e/3/1 ...                                                    the server has a message of this id: "duplicate", and where it is
//            └── message 'edge d/1/7' ──┘ └── message 'edge ...       ──> acknowledged, the next       └──> what is in it is not sent again; the next message begins behind it
//
// What must stay true: entries count as delivered when the server has acknowledged each message. One message is on its way at a time, so that none is in the stream in
// front of one that the server refused. A message that was sent by a process that was killed is in the stream once, however the entries are cut the next time: deliveries begin
// where a message began, so the first one sent again has the id of the one that is there, and so has the next. The server knows ids for an hour, which is
// longer than any retry here; a repeat that is older, and one of another gateway, is left out by whoever reads the stream.

import { type JetStreamClient, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { closeNats } from '../../links/nats-close.ts';
import { type NatsServer, natsPlace } from '../../links/nats-place.ts';
import { encodeEntries, wireBytes } from '../log/entries-cbor.ts';
import {
  batchHeader,
  batchIdOf,
  batchVersion,
  entriesOfMessage,
  messageIdOf,
  type RecordMessage,
  subjectOf,
  UnreadableMessage,
} from '../log/jetstream-message.ts';
import { hostOf, makeStream, telemetryStream } from '../log/jetstream-stream.ts';
import type { StoredEntry } from '../log/record-log.ts';
import type { Upstream } from './forwarder.ts';

const answerMs = 5_000;
/** Some hundred records: more in a message saves nothing, and who reads it would begin later. */
const usualBytesMost = 128 << 10;
/** What is around the entries, headers among it. */
const aroundBytes = 2_048;

/** While it is connected. */
interface Opened {
  connection: NatsConnection;
  manager: JetStreamManager;
  client: JetStreamClient;
  /** In a message. */
  bytesMost: number;
}

export class JetStreamUpstream implements Upstream {
  readonly name: string;
  private readonly server: NatsServer;
  private readonly gateway: string;
  private opened: Opened | undefined;
  /** Ids of records that come next, and that the stream has: the rest of a message that an earlier process has sent. */
  private known: readonly string[] = [];

  /** `gateway`: its name. */
  constructor(server: NatsServer, gateway: string) {
    this.name = `nats://${hostOf(server)}`;
    this.server = server;
    this.gateway = gateway;
  }

  /** Not inside of a message that an earlier process has sent. */
  get isAtSeam(): boolean {
    return this.known.length === 0;
  }

  async deliver(entries: readonly StoredEntry[]): Promise<void> {
    const knownBefore = this.known;
    try {
      const opened = this.opened ?? (await this.open());
      for (let at = 0; at < entries.length; ) {
        at += this.passedBy(entries, at);
        if (at < entries.length) at += await this.deliverNext(entries, at, opened);
      }
    } catch (error) {
      // All of it is delivered again.
      this.known = knownBefore;
      await this.close().catch(() => {});
      throw error;
    }
  }

  async close(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    if (opened !== undefined) await closeNats(opened.connection);
  }

  /** Entries that the stream has, from one on. */
  private passedBy(entries: readonly StoredEntry[], from: number): number {
    const count = alike(this.known, entries, from);
    this.known = from + count === entries.length ? this.known.slice(count) : [];
    return count;
  }

  /** How many are in the stream now, from one on; 0: as `known` says. */
  private async deliverNext(entries: readonly StoredEntry[], from: number, opened: Opened): Promise<number> {
    const batch = entries.slice(from, from + countWithin(opened.bytesMost, entries, from));
    const { duplicate, stream, seq } = await this.publish(batch, batchIdOf(this.gateway, batch[0]), opened);
    if (!duplicate) return batch.length;
    const message = await opened.manager.streams.getMessage(stream, { seq });
    const known = message === null ? [] : idsIn({ headers: message.header, data: message.data });
    const count = alike(known, entries, from);
    if (count > 0 && (count === known.length || from + count === entries.length)) {
      this.known = known;
      return 0;
    }
    // Another gateway of this name has sent another message that begins like this one, or somebody has removed it.
    await this.publish(batch, undefined, opened);
    return batch.length;
  }

  private publish(batch: readonly StoredEntry[], msgID: string | undefined, { client }: Opened) {
    const head = headers();
    head.set(batchHeader, `${batchVersion}`);
    const subject = subjectOf(telemetryStream.root, this.gateway);
    return client.publish(subject, encodeEntries(batch), { headers: head, timeout: answerMs, ...(msgID && { msgID }) });
  }

  private async open(): Promise<Opened> {
    const connection = await connect({
      ...{ servers: hostOf(this.server), name: 'coldrig gateway', timeout: answerMs, reconnect: false },
      ...natsPlace(this.server)?.options,
    });
    try {
      const manager = await jetstreamManager(connection, { timeout: answerMs });
      const { max_msg_size } = (await makeStream(manager, telemetryStream)).config;
      const sizes = [connection.info?.max_payload, max_msg_size].filter((size) => size !== undefined && size > 0);
      const bytesMost = Math.min(usualBytesMost, ...(sizes as number[])) - aroundBytes;
      this.opened = { connection, manager, client: manager.jetstream(), bytesMost };
      return this.opened;
    } catch (error) {
      await closeNats(connection);
      throw error;
    }
  }
}

/** Of the records in a message; none where it cannot be read. */
function idsIn(message: RecordMessage): string[] {
  try {
    return entriesOfMessage(message).map(messageIdOf);
  } catch (error) {
    if (error instanceof UnreadableMessage) return [];
    throw error;
  }
}

/** How many entries from one on have these ids, in this order. */
function alike(ids: readonly string[], entries: readonly StoredEntry[], from: number): number {
  let count = 0;
  while (count < ids.length && from + count < entries.length && messageIdOf(entries[from + count]) === ids[count])
    count++;
  return count;
}

/** How many entries from one on are together so long at most; one at least. */
function countWithin(bytesMost: number, entries: readonly StoredEntry[], from: number): number {
  let bytes = 0;
  let count = 0;
  for (; from + count < entries.length; count++) {
    bytes += wireBytes(entries[from + count]);
    if (bytes > bytesMost && count > 0) break;
  }
  return count;
}
