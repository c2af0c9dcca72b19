// NATS JetStream above a gateway: each record is a message of its own, with its identity as Nats-Msg-Id.
//
// What must stay true: entries count as delivered when the server has acknowledged every one. The server drops repeats for an hour, which is
// longer than any retry here; a repeat that is older is left out by the log of whoever reads the stream.

import { type JetStreamClient, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { type NatsServer, natsPlace } from '../../links/nats-place.ts';
import { classHeader, messageIdOf, subjectOf } from '../log/jetstream-message.ts';
import { hostOf, makeStream, telemetryStream } from '../log/jetstream-stream.ts';
import type { StoredEntry } from '../log/record-log.ts';
import type { Upstream } from './forwarder.ts';

const answerMs = 5_000;

export class JetStreamUpstream implements Upstream {
  readonly name: string;
  private readonly server: NatsServer;
  private connection: NatsConnection | undefined;
  private client: JetStreamClient | undefined;

  constructor(server: NatsServer) {
    this.name = `nats://${hostOf(server)}`;
    this.server = server;
  }

  async deliver(entries: readonly StoredEntry[]): Promise<void> {
    const client = this.client ?? (await this.opened());
    // In their order over one connection. It is not opened again by itself: the server would get what comes behind a gap before the gap is sent again.
    const answers = entries.map((entry) =>
      client.publish(subjectOf(telemetryStream.root, entry.device), entry.bytes, {
        ...{ msgID: messageIdOf(entry), timeout: answerMs, headers: headOf(entry) },
      }),
    );
    const refused = (await Promise.allSettled(answers)).find((answer) => answer.status === 'rejected');
    if (refused === undefined) return;
    await this.close().catch(() => {});
    throw refused.reason;
  }

  async close(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    this.client = undefined;
    await connection?.close();
  }

  private async opened(): Promise<JetStreamClient> {
    try {
      return await this.open();
    } catch (error) {
      await this.close().catch(() => {});
      throw error;
    }
  }

  private async open(): Promise<JetStreamClient> {
    this.connection ??= await connect({
      ...{ servers: hostOf(this.server), name: 'coldrig gateway', timeout: answerMs, reconnect: false },
      ...natsPlace(this.server)?.options,
    });
    const manager = await jetstreamManager(this.connection, { timeout: answerMs });
    await makeStream(manager, telemetryStream);
    this.client = manager.jetstream();
    return this.client;
  }
}

function headOf({ class: of }: StoredEntry): MsgHdrs {
  const head = headers();
  head.set(classHeader, of);
  return head;
}
