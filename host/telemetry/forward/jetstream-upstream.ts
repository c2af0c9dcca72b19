// NATS JetStream above a gateway: each record is a message of its own, with its identity as Nats-Msg-Id.
//
// What must stay true: entries count as delivered when the server has acknowledged every one. The server drops repeats for an hour, which is
// longer than any retry here; a repeat that is older is left out by the log of whoever reads the stream.

import { jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { type NatsServer, natsPlace } from '../../links/nats-place.ts';
import { classHeader, messageIdOf, subjectOf } from '../log/jetstream-message.ts';
import { hostOf, makeStream, telemetryStream } from '../log/jetstream-stream.ts';
import type { StoredEntry } from '../log/record-log.ts';
import type { Upstream } from './forwarder.ts';
import { JetStreamPublisher, type StreamMessage } from './jetstream-publisher.ts';

const answerMs = 5_000;

export class JetStreamUpstream implements Upstream {
  readonly name: string;
  private readonly server: NatsServer;
  private connection: NatsConnection | undefined;
  private publisher: JetStreamPublisher | undefined;

  constructor(server: NatsServer) {
    this.name = `nats://${hostOf(server)}`;
    this.server = server;
  }

  async deliver(entries: readonly StoredEntry[]): Promise<void> {
    const publisher = this.publisher ?? (await this.opened());
    // In their order over one connection. It is not opened again by itself: the server would get what comes behind a gap before the gap is sent again.
    try {
      await publisher.publish(entries.map(messageOf));
    } catch (error) {
      await this.close().catch(() => {});
      throw error;
    }
  }

  async close(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    this.publisher = undefined;
    await connection?.close();
  }

  private async opened(): Promise<JetStreamPublisher> {
    try {
      return await this.open();
    } catch (error) {
      await this.close().catch(() => {});
      throw error;
    }
  }

  private async open(): Promise<JetStreamPublisher> {
    this.connection ??= await connect({
      ...{ servers: hostOf(this.server), name: 'coldrig gateway', timeout: answerMs, reconnect: false },
      ...natsPlace(this.server)?.options,
    });
    const manager = await jetstreamManager(this.connection, { timeout: answerMs });
    await makeStream(manager, telemetryStream);
    this.publisher = new JetStreamPublisher(this.connection, answerMs);
    return this.publisher;
  }
}

function messageOf(entry: StoredEntry): StreamMessage {
  const head = headers();
  head.set('Nats-Msg-Id', messageIdOf(entry));
  head.set(classHeader, entry.class);
  return { subject: subjectOf(telemetryStream.root, entry.device), head, bytes: entry.bytes };
}
