// A stream of records on a NATS server, and the positions of those who read it.
//
//   stream NAME            one message a record: subject ROOT.DEVICE, Nats-Msg-Id DEVICE/BOOT/SEQUENCE, header Coldrig-Class, the record as CBOR
//   stream NAME-positions  the last message of each subject: ROOT-positions.reader.READER is the place of that reader, `POSITION` or `POSITION TIME`
//
// Both are file-backed; a full stream refuses what is new (discard: new). What must stay true: a lab's own stream of these subjects is used as it is; a reader goes on
// where it had committed, also when the server was killed.

import {
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { connect, type NatsConnection, nanos } from '@nats-io/transport-node';
import { JetStreamReader, type OnAnew, type ReaderPlace } from './jetstream-reader.ts';

export const telemetryStream = { name: 'coldrig-telemetry', root: 'coldrig.telemetry' };
const duplicateWindowMs = 3_600_000;
const answerMs = 5_000;
const againMs = 500;

export interface StreamNames {
  /** Of the stream. */
  name: string;
  /** Of the subjects. */
  root: string;
}

/** Makes the stream of records, unless there is one of these subjects. */
export async function makeStream(
  manager: JetStreamManager,
  { name, root }: StreamNames,
  bytesMost?: number,
): Promise<void> {
  if ((await manager.streams.names(`${root}.>`).next()).length === 0)
    await manager.streams.add({
      ...{ name, subjects: [`${root}.>`], storage: StorageType.File, retention: RetentionPolicy.Limits },
      ...{ discard: DiscardPolicy.New, duplicate_window: nanos(duplicateWindowMs) },
      ...(bytesMost !== undefined && { max_bytes: bytesMost }),
    });
  else if (bytesMost !== undefined) await manager.streams.update(name, { max_bytes: bytesMost });
}

export class JetStreamStream {
  readonly names: StreamNames;
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;

  /** nats://host:port. Waits for a server that is away. */
  static async open(url: string, names: StreamNames = telemetryStream, bytesMost?: number): Promise<JetStreamStream> {
    const connection = await connect({
      ...{ servers: new URL(url).host, name: 'coldrig', timeout: answerMs, waitOnFirstConnect: true },
      ...{ maxReconnectAttempts: -1, reconnectTimeWait: againMs },
    });
    try {
      const manager = await jetstreamManager(connection, { timeout: answerMs });
      await makeStream(manager, names, bytesMost);
      const stream = new JetStreamStream(names, connection, manager);
      await stream.makePositions();
      return stream;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private constructor(names: StreamNames, connection: NatsConnection, manager: JetStreamManager) {
    this.names = names;
    this.connection = connection;
    this.manager = manager;
    this.client = manager.jetstream();
  }

  /** `onAnew` is told where the stream is not the one in which this reader has committed. */
  async reader(name: string, onAnew?: OnAnew): Promise<JetStreamReader> {
    return new JetStreamReader(this, name, await this.place(name), onAnew);
  }

  /** From a position on, with marks, without the records themselves. */
  heads(from: number): JetStreamReader {
    return new JetStreamReader(this, undefined, { next: from });
  }

  async messages(from: number, headersOnly: boolean) {
    const start = from <= 1 ? { deliver_policy: DeliverPolicy.All } : { opt_start_seq: from };
    const consumer = await this.client.consumers.get(this.names.name, { ...start, headers_only: headersOnly });
    return consumer.consume({ max_messages: 2_000, expires: answerMs });
  }

  async state(): Promise<{ first: number; last: number; bytes: number }> {
    const { state } = await this.manager.streams.info(this.names.name);
    return { first: state.first_seq, last: state.last_seq, bytes: state.bytes };
  }

  async isAnew({ next, lastMs }: ReaderPlace): Promise<string | undefined> {
    if (next <= 1) return undefined;
    const { first, last } = await this.state();
    const begun = `the stream has begun anew: a reader was at position ${next}`;
    if (next > last + 1)
      return `${begun}, and it has ${counted(last + 1 - first)} now, which are read from the first on`;
    if (lastMs === undefined || next - 1 < first) return undefined;
    const before = await this.manager.streams.getMessage(this.names.name, { seq: next - 1 });
    // The two ways in which the library tells a time differ in how they round it.
    if (before === null || Math.abs(before.time.getTime() - lastMs) <= 1) return undefined;
    return `${begun}, where another entry is now; it has ${counted(last + 1 - first)}, which are read from the first on`;
  }

  /** Entries before this position are done with: of the stream as it is now. */
  async position(reader: string): Promise<number> {
    const place = await this.place(reader);
    return (await this.isAnew(place)) === undefined ? place.next : 0;
  }

  /** Of all readers. */
  async positions(): Promise<Map<string, number>> {
    const filter = `${this.positionsRoot}.reader.>`;
    const { state } = await this.manager.streams.info(this.positionsName, { subjects_filter: filter });
    const names = Object.keys(state.subjects ?? {}).map((subject) => subject.slice(filter.length - 1));
    const found = new Map<string, number>();
    for (const name of names) found.set(name, await this.position(name));
    return found;
  }

  async keepPlace(reader: string, { next, lastMs }: ReaderPlace): Promise<void> {
    await this.keep(`reader.${reader}`, lastMs === undefined ? `${next}` : `${next} ${lastMs}`);
  }

  private async place(reader: string): Promise<ReaderPlace> {
    const [next, lastMs] = ((await this.kept(`reader.${reader}`))?.toString() ?? '0').split(' ').map(Number);
    return { next, ...(lastMs !== undefined && { lastMs }) };
  }

  /** The last that was kept under a name. */
  async kept(name: string): Promise<Buffer | undefined> {
    const message = await this.manager.streams.getMessage(this.positionsName, {
      last_by_subj: `${this.positionsRoot}.${name}`,
    });
    return message === null ? undefined : Buffer.from(message.data);
  }

  async keep(name: string, value: string | Uint8Array): Promise<void> {
    await this.client.publish(`${this.positionsRoot}.${name}`, value, { timeout: answerMs });
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  private get positionsName(): string {
    return `${this.names.name}-positions`;
  }

  private get positionsRoot(): string {
    return `${this.names.root}-positions`;
  }

  private async makePositions(): Promise<void> {
    const subjects = [`${this.positionsRoot}.>`];
    if ((await this.manager.streams.names(subjects[0]).next()).length > 0) return;
    await this.manager.streams.add({
      ...{ name: this.positionsName, subjects, storage: StorageType.File, max_msgs_per_subject: 1 },
    });
  }
}

const counted = (entries: number): string => (entries === 1 ? '1 entry' : `${entries} entries`);
