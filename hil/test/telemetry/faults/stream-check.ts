// Reads the stream on the NATS server as anybody would, and keeps what it has seen of each device.

import type { JetStreamReader } from '../../../../host/telemetry/log/jetstream-reader.ts';
import { JetStreamStream } from '../../../../host/telemetry/log/jetstream-stream.ts';
import { compareNumbers, type StoredEntry } from '../../../../host/telemetry/log/record-log.ts';
import { decodeCbor } from '../../../../host/tools/telemetry/envelope.ts';
import { SCHEMA_VERSION } from '../../../../protocol/telemetry/records.ts';

export class StreamCheck {
  /** Of every record that it has seen. */
  readonly there = new Set<string>();
  /** Numbers that a gateway says it has put aside. */
  readonly poisoned = new Set<string>();
  /** By kind, and those of a schema that is newer than ours as `newer`. */
  readonly counts = new Map<string, number>();
  /** What is wrong: twice there, or behind a later one of its device. */
  readonly twice: string[] = [];
  readonly disordered: string[] = [];
  private readonly last = new Map<string, StoredEntry>();
  private readonly stream: JetStreamStream;
  private readonly reading: Promise<void>;
  private readonly life = new AbortController();

  static async open(url: string): Promise<StreamCheck> {
    const stream = await JetStreamStream.open({ url });
    return new StreamCheck(stream, await stream.reader('check'));
  }

  private constructor(stream: JetStreamStream, reader: JetStreamReader) {
    this.stream = stream;
    this.reading = this.read(reader);
  }

  async close(): Promise<void> {
    this.life.abort(new Error('ended'));
    await this.reading;
    await this.stream.close();
  }

  private async read(reader: JetStreamReader): Promise<void> {
    const { signal } = this.life;
    while (!signal.aborted)
      try {
        for (const entry of await reader.read(1_000, signal)) this.take(entry);
      } catch {
        // The server is away; it is asked again.
        if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 100));
      }
  }

  private take(entry: StoredEntry): void {
    const { schema, kind, body } = decodeCbor(entry.bytes);
    const name = `${entry.device}/${entry.boot}/${entry.sequence}`;
    for (const what of schema > SCHEMA_VERSION ? [kind, 'newer'] : [kind])
      this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
    if (kind === 'poisoned') this.poisoned.add(`${body.of}/${body.poisonedBoot}/${body.poisonedSequence}`);
    if (this.there.has(name)) this.twice.push(name);
    this.there.add(name);
    const last = this.last.get(entry.device);
    if (last !== undefined && compareNumbers(entry, last) < 0) this.disordered.push(name);
    else this.last.set(entry.device, entry);
  }
}
