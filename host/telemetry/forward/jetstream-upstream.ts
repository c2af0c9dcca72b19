// NATS JetStream above a gateway: each record is a message of its own, with its identity as Nats-Msg-Id.
//
// What must stay true: entries count as delivered when the server has acknowledged every one. The server drops repeats for `duplicateWindowMs`, which is
// longer than any retry here; a repeat that is older is left out by the log of whoever reads the stream.

import { DiscardPolicy, type JetStreamClient, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, type NatsConnection, nanos } from '@nats-io/transport-node';
import type { StoredEntry } from '../log/record-log.ts';
import type { Upstream } from './forwarder.ts';

export const telemetryStream = 'coldrig-telemetry';
const subjectRoot = 'coldrig.telemetry';
const duplicateWindowMs = 3_600_000;
const answerMs = 5_000;

export class JetStreamUpstream implements Upstream {
  readonly name: string;
  private readonly servers: string;
  private connection: NatsConnection | undefined;
  private client: JetStreamClient | undefined;

  /** nats://host:port */
  constructor(url: string) {
    this.name = url;
    this.servers = new URL(url).host;
  }

  async deliver(entries: readonly StoredEntry[]): Promise<void> {
    const client = this.client ?? (await this.opened());
    // In their order over one connection. It is not opened again by itself: the server would get what comes behind a gap before the gap is sent again.
    const answers = entries.map((entry) =>
      client.publish(subjectOf(entry.device), entry.bytes, {
        msgID: `${entry.device}/${entry.boot}/${entry.sequence}`,
        timeout: answerMs,
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
      ...{ servers: this.servers, name: 'coldrig gateway', timeout: answerMs, reconnect: false },
    });
    const manager = await jetstreamManager(this.connection, { timeout: answerMs });
    const names = await manager.streams.names(`${subjectRoot}.>`).next();
    // A lab's own stream of these subjects is left as it is.
    if (names.length === 0)
      await manager.streams.add({
        ...{ name: telemetryStream, subjects: [`${subjectRoot}.>`], storage: StorageType.File },
        ...{ discard: DiscardPolicy.New, duplicate_window: nanos(duplicateWindowMs) },
      });
    this.client = manager.jetstream();
    return this.client;
  }
}

const subjectOf = (device: string): string => `${subjectRoot}.${device.replace(/[^\w-]/g, '_')}`;
