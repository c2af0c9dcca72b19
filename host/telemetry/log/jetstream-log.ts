// A log on a NATS server (jetstream-stream.ts), for one writer: what a gateway keeps where a lab has JetStream at its edge.
//
// Each message says which one must be the last in the stream (Nats-Expected-Last-Sequence), so that a message that is lost takes those behind it with it, and
// order is kept. After a failure nobody knows what the server has: it is asked before the next append. What was there is known for ever, as in a log on disk: what was
// seen (seen.ts) is kept beside the stream before messages are removed. What must stay true: only entries that every reader has committed are removed.

import { JetStreamApiError } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { Encoder } from 'cbor-x';
import type { TelemetryClass } from '../../../protocol/telemetry/records.ts';
import type { NatsServer } from '../../links/nats-place.ts';
import { classHeader, messageIdOf, subjectOf } from './jetstream-message.ts';
import type { JetStreamReader } from './jetstream-reader.ts';
import { JetStreamStream, type StreamOptions } from './jetstream-stream.ts';
import { judge } from './judge.ts';
import {
  type Appended,
  classShares,
  type LogEntry,
  type LogReader,
  type LogStatus,
  type Outcome,
  type RecordLog,
  type RecordNumber,
} from './record-log.ts';
import { Seen, type SeenData } from './seen.ts';

const answerMs = 5_000;
const fullCode = 10_077;
/** What the server keeps with each message, with its headers: more than it does, never less. */
const overheadBytes = 220;
/** From this share of the room on, what was read is removed. */
const removeShare = 0.6;

const codec = new Encoder({ useRecords: false });
const patient = new AbortController().signal;

export interface JetStreamLogOptions extends StreamOptions {
  bytesMost: number;
}

export class JetStreamLog implements RecordLog {
  /** What the server has lost, in words; who puts it on record takes it out. */
  readonly losses: string[] = [];
  private readonly stream: JetStreamStream;
  private readonly bytesMost: number;
  private seen = new Seen();
  private readonly readers = new Map<string, JetStreamReader>();
  private readonly positions: Map<string, number>;
  private end = 1;
  private bytes = 0;
  private isInDoubt = true;
  private isRemoving = false;
  private removedBefore = 0;
  private last: Promise<unknown> = Promise.resolve();
  private counts = { stored: 0, repeats: 0, refused: 0 };

  /** As JetStreamStream.open. */
  static async open(server: NatsServer, options: JetStreamLogOptions): Promise<JetStreamLog> {
    const stream = await JetStreamStream.open(server, options);
    try {
      const log = new JetStreamLog(stream, options, await stream.positions());
      await log.load();
      return log;
    } catch (error) {
      await stream.close();
      throw error;
    }
  }

  private constructor(stream: JetStreamStream, options: JetStreamLogOptions, positions: Map<string, number>) {
    this.stream = stream;
    this.bytesMost = options.bytesMost;
    this.positions = positions;
  }

  append(entries: readonly LogEntry[]): Promise<Appended> {
    const work = this.last.then(() => this.appendNow(entries));
    this.last = work;
    return work;
  }

  admits(of: TelemetryClass, bytes: number): boolean {
    const fits = this.bytes + bytes + overheadBytes <= this.bytesMost * classShares[of];
    if (!fits) void this.removeRead();
    return fits;
  }

  knows(device: string, number: RecordNumber): boolean {
    return this.seen.look(device, number) !== 'new';
  }

  lastOf(device: string): RecordNumber | undefined {
    return this.seen.last(device);
  }

  async reader(name: string): Promise<LogReader> {
    this.readers.get(name)?.close();
    const told = (reason: string) => this.losses.push(reason);
    const reader = await this.stream.reader(name, { onAnew: told, onUnreadable: told });
    this.readers.set(name, reader);
    return reader;
  }

  status(): LogStatus {
    const lag: Record<string, number> = {};
    for (const [name, position] of this.positions) lag[name] = Math.max(0, this.end - Math.max(1, position));
    for (const [name, { committed }] of this.readers) lag[name] = Math.max(0, this.end - Math.max(1, committed));
    return { end: this.end, bytes: this.bytes, bytesMost: this.bytesMost, lag, ...this.counts };
  }

  async close(): Promise<void> {
    await this.last;
    for (const reader of this.readers.values()) reader.close();
    await this.stream.close();
  }

  private async appendNow(entries: readonly LogEntry[]): Promise<Appended> {
    const result = await this.written(entries).catch((error) => ({
      outcomes: entries.map((): Outcome => 'failed'),
      reason: `the NATS server does not take records: ${(error as Error).message}`,
    }));
    for (const outcome of result.outcomes) {
      if (outcome === 'stored') this.counts.stored++;
      else if (outcome === 'repeat' || outcome === 'beyond') this.counts.repeats++;
      else this.counts.refused++;
    }
    const refused = result.outcomes.findIndex((outcome) => outcome === 'full' || outcome === 'failed');
    return { ...result, taken: refused < 0 ? result.outcomes.length : refused };
  }

  private async written(entries: readonly LogEntry[]): Promise<Omit<Appended, 'taken'>> {
    if (this.isInDoubt) await this.load();
    if (this.bytes > this.bytesMost * removeShare) await this.removeRead();
    const sizeOf = ({ device, bytes }: LogEntry) => bytes.length + 2 * device.length + overheadBytes;
    const room = {
      sizeOf,
      admits: (entry: LogEntry, before: number) => this.admits(entry.class, before + entry.bytes.length),
    };
    const { outcomes, fresh, reason } = judge(
      entries,
      this.seen,
      room,
      (entry) =>
        `the stream has no room for ${entry.class} records: ${this.bytes} of ${this.bytesMost} bytes are in use`,
    );
    const first = this.end;
    const answers = await Promise.allSettled(fresh.map((entry, index) => this.publish(entry, first - 1 + index)));
    const failed = answers.findIndex(({ status }) => status === 'rejected');
    for (const entry of failed < 0 ? fresh : fresh.slice(0, failed)) {
      this.end++;
      this.bytes += sizeOf(entry);
    }
    for (const entry of failed < 0 ? [] : fresh.slice(failed)) this.seen.remove(entry.device, entry);
    if (failed < 0) return { outcomes, ...(reason !== undefined && { reason }) };
    this.isInDoubt = true;
    const { reason: error } = answers[failed] as PromiseRejectedResult;
    const isFull = error instanceof JetStreamApiError && error.code === fullCode;
    const place = outcomes.findIndex((outcome, index) => outcome === 'stored' && freshAt(outcomes, index) === failed);
    return {
      outcomes: outcomes.fill(isFull ? 'full' : 'failed', place),
      reason: isFull ? 'the stream is full' : `the NATS server does not take records: ${error.message}`,
    };
  }

  private async publish(entry: LogEntry, lastSequence: number): Promise<void> {
    const head = headers();
    head.set(classHeader, entry.class);
    const subject = subjectOf(this.stream.names.root, entry.device);
    const options = { msgID: messageIdOf(entry), headers: head, expect: { lastSequence }, timeout: answerMs };
    const { duplicate } = await this.stream.client.publish(subject, entry.bytes, options);
    if (duplicate) throw new Error(`${messageIdOf(entry)} was in the stream already`);
  }

  /** What the server has: all of it at first, later what came since. */
  private async load(): Promise<void> {
    const { first, last, bytes } = await this.stream.state();
    let from = this.end;
    if (last + 1 < from) this.losses.push(`the stream has lost its last ${from - 1 - last} entries`);
    if (from === 1) {
      const kept = await this.stream.kept('seen');
      if (kept !== undefined) {
        const { end, data } = codec.decode(kept) as { end: number; data: SeenData };
        this.seen = new Seen(data);
        from = end;
      }
    }
    const start = Math.max(from, first);
    const heads = this.stream.heads(start);
    heads.isAtEnd = start > last || !(await this.stream.hasMessage(start));
    while (!heads.isAtEnd)
      for (const entry of await heads.read(2_000, patient))
        if (this.seen.look(entry.device, entry) === 'new') this.seen.add(entry.device, entry);
    heads.close();
    this.end = last + 1;
    this.bytes = bytes;
    this.isInDoubt = false;
  }

  /** Removes what every reader has committed. */
  private async removeRead(): Promise<void> {
    if (this.isRemoving || this.isInDoubt) return;
    this.isRemoving = true;
    try {
      for (const [name, position] of await this.stream.positions()) this.positions.set(name, position);
      const wanted = Math.min(...this.positions.values());
      if (this.positions.size === 0 || wanted <= this.removedBefore) return;
      await this.stream.keep('seen', codec.encode({ end: this.end, data: this.seen.data() }));
      await this.stream.manager.streams.purge(this.stream.names.name, { seq: wanted });
      this.removedBefore = wanted;
      this.bytes = (await this.stream.state()).bytes;
    } catch {
      // It takes its room for longer; the next try may succeed.
    } finally {
      this.isRemoving = false;
    }
  }
}

/** How many entries before this one were to be stored. */
const freshAt = (outcomes: readonly Outcome[], index: number): number =>
  outcomes.slice(0, index).filter((outcome) => outcome === 'stored').length;
