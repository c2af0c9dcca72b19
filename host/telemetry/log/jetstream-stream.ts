// A stream of records on a NATS server, and the positions of those who read it.
//
//   stream NAME            records (jetstream-message.ts): those of a log on subject ROOT.DEVICE, those that a gateway passes on, many in a message, on ROOT.GATEWAY
//   stream NAME-positions  the last message of each subject: ROOT-positions.reader.READER is the place of that reader, `POSITION` or `POSITION TIME`
//
// Both are file-backed; a full stream refuses what is new (discard: new). What must stay true: a lab's own stream of these subjects is used as it is; a reader goes on
// where it had committed, also when the server was killed.

import {
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from '@nats-io/jetstream';
import { connect, errors, type NatsConnection, nanos } from '@nats-io/transport-node';
import { closeNats } from '../../links/nats-close.ts';
import { type NatsServer, natsPlace } from '../../links/nats-place.ts';
import { hostTime, rest } from '../time.ts';
import { JetStreamReader, type ReaderEvents, type ReaderPlace } from './jetstream-reader.ts';
import { LogError } from './record-log.ts';

export const telemetryStream = { name: 'coldrig-telemetry', root: 'coldrig.telemetry' };
const duplicateWindowMs = 3_600_000;
const answerMs = 5_000;
const againMs = 500;
/** Messages that a reader asks for ahead: a few MiB where they are batches. */
const aheadMost = { heads: 2_000, all: 200 };

export interface StreamNames {
  /** Of the stream. */
  name: string;
  /** Of the subjects. */
  root: string;
}

/** Makes the stream of records, unless there is one of these subjects: as it is now. */
export async function makeStream(
  manager: JetStreamManager,
  { name, root }: StreamNames,
  bytesMost?: number,
): Promise<StreamInfo> {
  const [found] = await manager.streams.names(`${root}.>`).next();
  if (found === undefined)
    return await manager.streams.add({
      ...{ name, subjects: [`${root}.>`], storage: StorageType.File, retention: RetentionPolicy.Limits },
      ...{ discard: DiscardPolicy.New, duplicate_window: nanos(duplicateWindowMs) },
      ...(bytesMost !== undefined && { max_bytes: bytesMost }),
    });
  if (bytesMost !== undefined) return await manager.streams.update(name, { max_bytes: bytesMost });
  return await manager.streams.info(found);
}

export interface StreamOptions {
  names?: StreamNames;
  /** What the stream may hold. */
  bytesMost?: number;
  /** Ends the wait for a server that is away. */
  signal?: AbortSignal;
  /** Is told once, in words, that it waits. */
  onWaiting?: (reason: string) => void;
}

const never = new AbortController().signal;

export class JetStreamStream {
  readonly names: StreamNames;
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;

  /**
   * Waits for a server that is away. Throws a LogError where it is not one that can be used, and the signal's reason when that is aborted.
   */
  static async open(server: NatsServer, options: StreamOptions = {}): Promise<JetStreamStream> {
    const { signal = never, onWaiting } = options;
    for (let isTold = false; ; isTold = true) {
      try {
        return await JetStreamStream.openNow(server, options);
      } catch (error) {
        const reason = (error as Error).message;
        if (error instanceof LogError) throw error;
        if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError)
          throw new LogError(
            'LOG',
            `the NATS server at ${hostOf(server)} lets nobody in like this (${reason}): write a user and password in front of the host, as in nats://user:password@host:port`,
            { cause: error },
          );
        // 503: its JetStream is starting. Whatever else it refuses, it refuses again.
        if (error instanceof JetStreamApiError && error.status !== 503)
          throw new LogError(
            'LOG',
            `the NATS server at ${hostOf(server)} refuses the streams of the records (${reason}): look at its limits, and at streams there of the same subjects`,
            { cause: error },
          );
        if (!isTold) onWaiting?.(`the NATS server at ${hostOf(server)} does not answer (${reason})`);
        await rest(hostTime, againMs, signal);
        signal.throwIfAborted();
      }
    }
  }

  private static async openNow(server: NatsServer, options: StreamOptions): Promise<JetStreamStream> {
    const { names = telemetryStream, bytesMost } = options;
    const connection = await connect({
      ...{ servers: hostOf(server), name: 'coldrig', timeout: answerMs, ...natsPlace(server)?.options },
      ...{ maxReconnectAttempts: -1, reconnectTimeWait: againMs },
    });
    try {
      const manager = await jetstreamManager(connection, { timeout: answerMs });
      await makeStream(manager, names, bytesMost);
      const stream = new JetStreamStream(names, connection, manager);
      await stream.makePositions();
      return stream;
    } catch (error) {
      await closeNats(connection);
      // The library does not export the class.
      if ((error as Error).name !== 'JetStreamNotEnabled') throw error;
      throw new LogError(
        'LOG',
        `the NATS server at ${hostOf(server)} does not keep messages: start it with JetStream and a folder, as in nats-server -js -sd FOLDER`,
        { cause: error },
      );
    }
  }

  private constructor(names: StreamNames, connection: NatsConnection, manager: JetStreamManager) {
    this.names = names;
    this.connection = connection;
    this.manager = manager;
    this.client = manager.jetstream();
  }

  async reader(name: string, events?: ReaderEvents): Promise<JetStreamReader> {
    return new JetStreamReader(this, name, await this.place(name), events);
  }

  /** From a position on, with marks, without the records themselves. */
  heads(from: number): JetStreamReader {
    return new JetStreamReader(this, undefined, { next: from });
  }

  /** Whether one is there, at a position or behind it: somebody may have removed the last ones. */
  async hasMessage(from: number): Promise<boolean> {
    const query = { seq: from, next_by_subj: `${this.names.root}.>` };
    return (await this.manager.streams.getMessage(this.names.name, query)) !== null;
  }

  async messages(from: number, headersOnly: boolean) {
    const start = from <= 1 ? { deliver_policy: DeliverPolicy.All } : { opt_start_seq: from };
    const consumer = await this.client.consumers.get(this.names.name, { ...start, headers_only: headersOnly });
    return consumer.consume({ max_messages: headersOnly ? aheadMost.heads : aheadMost.all, expires: answerMs });
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
    await closeNats(this.connection);
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

/** Throws a LogError where it is no address. */
export function hostOf(server: NatsServer): string {
  const place = natsPlace(server);
  if (place !== undefined) return place.host;
  throw new LogError('LOG', `'${server.url}' is no address of a NATS server: expected nats://host:port`);
}
