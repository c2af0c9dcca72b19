// A campaign's queue and records on a NATS server with JetStream. Two streams on disk for each campaign:
//
//   coldrig-NAME-units      work queue of coldrig.NAME.unit.<i>: at most one message a unit, gone when it is acknowledged
//   coldrig-NAME-records    last message of coldrig.NAME.<key>: the plan, results, failures, what workers say
//
// What must stay true: a server that does not answer is waited for, for ever, by whoever asked for patience; nothing else is retried.
// Each call may be sent twice and has the same effect as once.

import {
  AckPolicy,
  type Consumer,
  DiscardPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { answerMs, isRefused, type Patience } from './patience.ts';
import { CampaignError, type CampaignQueue, type Delivery, type RecordKey, type Stored } from './queue.ts';

const consumerName = 'workers';
/** What a pull for a unit waits at the server; the least that it takes. */
const pullMs = 1_000;
const refusal = {
  wrongLastSequence: 10071,
  tooManyOfASubject: 10077,
  noStream: 10059,
  noConsumer: 10014,
};

export class NatsQueue implements CampaignQueue {
  readonly name: string;
  private readonly connection: NatsConnection;
  private readonly client: JetStreamClient;
  private readonly manager: JetStreamManager;
  private readonly patience: Patience;
  private consumer: Consumer | undefined;

  constructor(name: string, connection: NatsConnection, manager: JetStreamManager, patience: Patience) {
    this.name = name;
    this.connection = connection;
    this.manager = manager;
    this.client = manager.jetstream();
    this.patience = patience;
  }

  /** Makes the streams, unless they are there. */
  async create(silenceMs: number): Promise<void> {
    const common = { storage: StorageType.File, max_msgs_per_subject: 1 };
    await this.patience.until(async () => {
      const { streams, consumers } = this.manager;
      await streams.add({
        ...{
          ...common,
          name: this.unitStream,
          subjects: [this.subject('unit.*')],
          retention: RetentionPolicy.Workqueue,
        },
        ...{ discard: DiscardPolicy.New, discard_new_per_subject: true },
      });
      await streams.add({
        ...common,
        name: this.recordStream,
        subjects: ['plan', 'result.*', 'failed.*', 'worker.*'].map((key) => this.subject(key)),
      });
      const settings = { ack_policy: AckPolicy.Explicit, ack_wait: nanos(silenceMs), max_ack_pending: -1 };
      await consumers.add(this.unitStream, { ...settings, durable_name: consumerName });
    });
  }

  async remove(): Promise<void> {
    for (const stream of [this.recordStream, this.unitStream])
      await this.patience
        .until(() => this.manager.streams.delete(stream))
        .catch((error) => {
          if (!isRefused(error, refusal.noStream)) throw error;
        });
  }

  async putOnce(key: RecordKey, value: Uint8Array): Promise<boolean> {
    return this.published(key, value, { lastSubjectSequence: 0 }, refusal.wrongLastSequence);
  }

  async put(key: RecordKey, value: Uint8Array): Promise<void> {
    await this.published(key, value);
  }

  async push(unit: number, value: Uint8Array): Promise<void> {
    await this.published(`unit.${unit}`, value, {}, refusal.tooManyOfASubject);
  }

  async get(key: RecordKey): Promise<Stored | undefined> {
    const query = { last_by_subj: this.subject(key) };
    const found = await this.answered(() => this.manager.streams.getMessage(this.recordStream, query));
    return found ? { value: found.data, timeMs: found.time.getTime() } : undefined;
  }

  async drop(key: RecordKey): Promise<void> {
    await this.answered(() => this.manager.streams.purge(this.recordStream, { filter: this.subject(key) }));
  }

  async keys(kind: 'result' | 'failed' | 'worker'): Promise<string[]> {
    return this.lastWords(this.recordStream, `${kind}.*`);
  }

  async empty(): Promise<void> {
    await this.answered(() => this.manager.streams.purge(this.unitStream));
  }

  async queued(): Promise<number[]> {
    const units = await this.lastWords(this.unitStream, 'unit.*');
    if (units.length === 0 || !(await this.dropAcknowledged())) return units.map(Number);
    return (await this.lastWords(this.unitStream, 'unit.*')).map(Number);
  }

  /**
   * A server that was killed may have kept that a unit is acknowledged, and not that it is gone: then it comes back with a message that it never hands out.
   * Whether there was one.
   */
  private async dropAcknowledged(): Promise<boolean> {
    const { ack_floor } = await this.answered(() => this.manager.consumers.info(this.unitStream, consumerName));
    const { state } = await this.answered(() => this.manager.streams.info(this.unitStream));
    if (state.messages === 0 || state.first_seq > ack_floor.stream_seq) return false;
    await this.answered(() => this.manager.streams.purge(this.unitStream, { seq: ack_floor.stream_seq + 1 }));
    return true;
  }

  async silenceMs(): Promise<number> {
    const { config } = await this.answered(() => this.manager.consumers.info(this.unitStream, consumerName));
    return (config.ack_wait ?? 0) / 1e6;
  }

  async next(): Promise<Delivery | undefined> {
    const message = await this.answered(async () => {
      this.consumer ??= await this.client.consumers.get(this.unitStream, consumerName);
      return this.consumer.next({ expires: pullMs });
    });
    return message ? this.deliveryOf(message) : undefined;
  }

  private deliveryOf(message: JsMsg): Delivery {
    return {
      unit: Number(lastWord(message.subject)),
      value: message.data,
      deliveries: message.info.deliveryCount,
      working: () => message.working(),
      // Unheard, the unit is handed out again, and then found to have its record.
      done: async () => void (await message.ackAck({ timeout: answerMs }).catch(() => {})),
      handBack: async () => {
        message.nak();
      },
    };
  }

  /** False where the server refuses with the given code. */
  private async published(key: string, value: Uint8Array, expect = {}, refusedWith?: number): Promise<boolean> {
    const most = this.connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    // The subject and headers count, too.
    if (value.length + 1024 > most)
      throw new CampaignError(
        'TOO_LARGE',
        `${key} of campaign '${this.name}' has ${value.length} bytes, and the server takes messages of ${most}: raise max_payload of the server, or submit with more --units`,
      );
    try {
      await this.answered(() => this.client.publish(this.subject(key), value, { expect, timeout: answerMs }));
      return true;
    } catch (error) {
      if (refusedWith !== undefined && isRefused(error, refusedWith)) return false;
      throw error;
    }
  }

  private async lastWords(stream: string, filter: string): Promise<string[]> {
    const query = { subjects_filter: this.subject(filter) };
    const { state } = await this.answered(() => this.manager.streams.info(stream, query));
    return Object.keys(state.subjects ?? {}).map(lastWord);
  }

  /** Waits for the server, as long as there is a campaign to wait for. */
  private async answered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    let isFirst = true;
    try {
      return await this.patience.until(async () => {
        // Nobody answers to a message for a stream that was removed.
        if (!isFirst) await this.manager.streams.info(this.recordStream);
        isFirst = false;
        return await ask();
      });
    } catch (error) {
      if (!isRefused(error, refusal.noStream) && !isRefused(error, refusal.noConsumer)) throw error;
      throw new CampaignError(
        'NO_CAMPAIGN',
        `there is no campaign '${this.name}' on this server: it was never submitted, or it was removed`,
        {
          cause: error,
        },
      );
    }
  }

  private subject(key: string): string {
    return `coldrig.${this.name}.${key}`;
  }

  private get unitStream(): string {
    return `coldrig-${this.name}-units`;
  }

  private get recordStream(): string {
    return `coldrig-${this.name}-records`;
  }
}

const lastWord = (subject: string): string => subject.slice(subject.lastIndexOf('.') + 1);
