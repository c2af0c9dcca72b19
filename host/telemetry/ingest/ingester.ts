// Takes records from a stream into a store, in order.
//
//   LogReader ──read──> StoreSeries ──samples──> RemoteWrite ──the store has them──> latency is measured
//                                                      └──each 5 s──> state noted ──the store has what waited then──> state on disk ──> position committed
//
// What changed and is not due waits up to five seconds (store-series.ts). To tell all of it at each checkpoint would be a heap of samples that everything behind it
// waits for, so the state of a moment is kept a little later, when the store has it by the usual way; where the stream is silent, at once.
//
// While one batch is on its way to the store, the next is read and made into samples. What must stay true: a position is committed when the store has everything
// up to it and the state is on disk. A store that is away holds everything up, and nothing is kept in memory but two batches; a sample that it refuses holds up
// nothing. After a kill, what is read again gives the samples that the store has already (store-series.ts). What was had is known by its numbers, never by its
// position: a stream may begin anew (jetstream-reader.ts).

import { gatewayKinds } from '../../../protocol/telemetry/gateway-kinds.ts';
import { decodeCbor, deviceOf, TelemetryError, type TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import { compareNumbers, type LogReader, type StoredEntry } from '../log/record-log.ts';
import { Seen } from '../log/seen.ts';
import type { Sample } from '../sample.ts';
import { SeriesTable } from '../series.ts';
import { rest, type Time, within } from '../time.ts';
import type { IngestState } from './ingest-state.ts';
import { Received } from './received.ts';
import type { RemoteWrite } from './remote-write.ts';
import { StoreSeries } from './store-series.ts';
import { encodedLabels, type StoreSample } from './write-request.ts';

export interface IngesterOptions {
  /** A label of its own series. */
  name: string;
  reader: LogReader;
  store: RemoteWrite;
  time: Time;
  /** As it was kept last. */
  state?: IngestState;
  /** Puts the state on disk. */
  keep: (state: IngestState) => void;
  /** Records that are not in the store. */
  lag: () => Promise<number>;
  resolutionSeconds?: number;
  /** Takes every n-th device, from the i-th on: for several ingesters of one stream. */
  part?: { number: number; of: number };
  onEvent?: (event: IngestEvent) => void;
}

export type IngestEvent =
  | { event: 'store' | 'stream'; state: 'connected' | 'waiting'; reason?: string }
  | { event: 'stream-anew'; reason: string }
  | { event: 'refused'; samples: number; reason: string }
  | Unreadable;

/** A record of a device, or the message at a position of the stream. */
export type Unreadable = { event: 'unreadable'; reason: string } & ({ device: string } | { position: number });

const readMost = 2_000;
/** From one read to the next where there is little: to make a request, and for the store to take it, costs as much as some hundred samples in it. */
const readEveryMs = 100;
const againMs = { least: 200, most: 5_000 };
const checkpointMs = 5_000;
const ownMs = 15_000;
/** Checkpoints that a state waits for what it has not told, at most: the clock of records that came before may be ahead. */
const waitMost = 4;

interface Batch {
  samples: StoreSample[];
  /** Of its last entry. */
  position: number;
  received: Received;
}

export class Ingester {
  /** Since it was started. */
  records = 0;
  repeats = 0;
  samples = 0;
  refused = 0;
  readonly own = new SeriesTable();
  private readonly options: IngesterOptions;
  private readonly series: StoreSeries;
  private readonly seen: Seen;
  private readonly ownLabels = new Map<object, Uint8Array>();
  private position: number;
  private committed: number;
  /** Up to here the store has everything that was due. */
  private written: number;
  private readonly away = new Set<'store' | 'stream'>();
  /** As it was at an earlier checkpoint, and what was told up to then. */
  private noted: { state: IngestState; turn: number; checkpoints: number } | undefined;
  /** Position at the last checkpoint. */
  private checkpointed = -1;
  private checkpointAtMs: number;
  private ownAtMs: number;

  constructor(options: IngesterOptions) {
    this.options = options;
    const { state, part, resolutionSeconds, time } = options;
    const extra: Record<string, string> = part === undefined ? {} : { part: `${part.number}/${part.of}` };
    this.series = new StoreSeries({ resolutionSeconds, extra });
    this.seen = new Seen(state?.seen);
    if (state !== undefined) this.series.restore(state.series);
    this.position = state?.position ?? -1;
    this.committed = this.position;
    this.written = this.position;
    this.checkpointAtMs = time.monotonicMs() + checkpointMs;
    this.ownAtMs = time.monotonicMs() + ownMs;
  }

  /** Records that the store has, and that wait for a checkpoint: after a kill they would be read again. */
  get uncommitted(): number {
    return Math.max(0, this.written - this.committed);
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { time } = this.options;
    let writing: Promise<void> = Promise.resolve();
    while (!signal.aborted) {
      const begunMs = time.monotonicMs();
      const entries = await this.read(signal, () => writing);
      if (entries === undefined) break;
      // Without a state, what is before the first entry is nobody's to commit.
      if (this.position < 0 && entries.length > 0) this.committed = entries[0].position - 1;
      const batch = this.batchOf(entries);
      await writing;
      if (signal.aborted) return;
      writing = this.write(batch, signal);
      this.position = batch.position;
      if (time.monotonicMs() >= this.checkpointAtMs) await this.checkpoint(signal, writing);
      const sinceMs = time.monotonicMs() - begunMs;
      if (entries.length < readMost && sinceMs < readEveryMs) await rest(time, readEveryMs - sinceMs, signal);
    }
    await writing;
  }

  /** The next entries; undefined: it is to end. What the store has is put on record while there are none. */
  private async read(signal: AbortSignal, writing: () => Promise<void>): Promise<StoredEntry[] | undefined> {
    const { reader, time } = this.options;
    // A stream that does not answer is asked again.
    const coming = this.insistently(signal, 'stream', () => reader.read(readMost, signal));
    for (;;) {
      const entries = await within(time, Math.max(0, this.checkpointAtMs - time.monotonicMs()), coming);
      if (entries !== undefined || signal.aborted) return entries;
      await this.checkpoint(signal, writing());
    }
  }

  private batchOf(entries: readonly StoredEntry[]): Batch {
    const position = entries[entries.length - 1]?.position ?? this.position;
    const batch: Batch = { samples: [], position, received: new Received() };
    for (const entry of entries) {
      if (!this.isOurs(entry.device)) continue;
      if (this.seen.look(entry.device, entry) !== 'new') {
        this.repeats++;
        continue;
      }
      const last = this.seen.last(entry.device);
      this.seen.add(entry.device, entry);
      const record = this.decoded(entry);
      if (record === undefined) continue;
      this.records++;
      if (!Object.hasOwn(gatewayKinds, record.kind)) batch.received.take(record);
      this.series.take(record, last !== undefined && compareNumbers(entry, last) < 0, batch.samples);
    }
    return batch;
  }

  private decoded({ device, bytes }: StoredEntry): TelemetryRecord | undefined {
    try {
      return decodeCbor(bytes);
    } catch (error) {
      if (!(error instanceof TelemetryError)) throw error;
      this.leaveOut({ event: 'unreadable', device, reason: error.message });
      return undefined;
    }
  }

  /** Counts and tells what cannot be read. */
  leaveOut(unreadable: Unreadable): void {
    this.count('coldrig_ingest_unreadable_total', 1, { what: 'device' in unreadable ? 'record' : 'message' });
    this.options.onEvent?.(unreadable);
  }

  private isOurs(numbered: string): boolean {
    const { part } = this.options;
    if (part === undefined) return true;
    const device = deviceOf(numbered);
    let hash = 0;
    for (let at = 0; at < device.length; at++) hash = (Math.imul(hash, 31) + device.charCodeAt(at)) >>> 0;
    return hash % part.of === part.number - 1;
  }

  private async write({ samples, position, received }: Batch, signal: AbortSignal): Promise<void> {
    const { store, time } = this.options;
    const result = await this.insistently(signal, 'store', () => store.write(samples, signal));
    if (result === undefined) return;
    this.written = position;
    const { stored, refused, reason } = result;
    this.samples += stored;
    this.refused += refused;
    this.count('coldrig_ingest_samples_total', stored, { result: 'stored' });
    this.count('coldrig_ingest_samples_total', refused, { result: 'refused' });
    if (refused > 0) this.options.onEvent?.({ event: 'refused', samples: refused, reason: reason ?? '' });
    for (const samples of received.stored(time.wallNs())) this.own.apply(samples);
  }

  /** Keeps the state of now or of an earlier checkpoint, whichever the store has all of. */
  private async checkpoint(signal: AbortSignal, writing: Promise<void>): Promise<void> {
    const { time } = this.options;
    await writing;
    const samples: StoreSample[] = [];
    const isSilent = this.position === this.checkpointed;
    const isFlushed = isSilent || (this.noted?.checkpoints ?? 0) >= waitMost;
    if (isFlushed) this.series.flush(samples);
    if (time.monotonicMs() >= this.ownAtMs) await this.tellOwn(samples);
    if (samples.length > 0) await this.write({ samples, position: this.position, received: new Received() }, signal);
    if (signal.aborted) return;
    if (isFlushed) this.note();
    if (this.noted !== undefined) {
      this.noted.checkpoints++;
      if (this.series.hasTold(this.noted.turn)) await this.keep(signal);
    }
    if (this.noted === undefined) this.note();
    this.checkpointed = this.position;
    this.checkpointAtMs = time.monotonicMs() + checkpointMs;
  }

  private note(): void {
    if (this.position === this.committed) return;
    const state = { position: this.position, seen: this.seen.data(), series: this.series.state() };
    this.noted = { state, turn: this.series.turn, checkpoints: 0 };
  }

  /** The state that was noted is on disk, and its position is committed. */
  private async keep(signal: AbortSignal): Promise<void> {
    const { keep, reader } = this.options;
    const { state } = this.noted as { state: IngestState };
    await this.insistently(signal, 'stream', async () => {
      keep(state);
      await reader.commit(state.position);
    });
    this.committed = state.position;
    this.noted = undefined;
  }

  /** Its own figures, as samples of now. */
  private async tellOwn(samples: StoreSample[]): Promise<void> {
    const { time, lag, name } = this.options;
    this.ownAtMs = time.monotonicMs() + ownMs;
    // A stream that is away cannot say.
    const records = await lag().catch(() => undefined);
    if (records !== undefined)
      this.own.apply([{ name: 'coldrig_ingest_lag_records', labels: {}, value: records, how: 'set' }]);
    const timestampMs = Number(time.wallNs() / 1_000_000n);
    for (const series of this.own.everything()) {
      let labels = this.ownLabels.get(series);
      if (labels === undefined) {
        labels = encodedLabels(series.name, { ...series.labels, ingester: name });
        this.ownLabels.set(series, labels);
      }
      samples.push({ labels, timestampMs, value: series.value });
    }
  }

  private count(name: Sample['name'], value: number, labels: Record<string, string> = {}): void {
    this.own.apply([{ name, labels, value, how: 'add' }]);
  }

  /** Tries until it succeeds; undefined: the signal was aborted. */
  private async insistently<Result>(
    signal: AbortSignal,
    whom: 'store' | 'stream',
    work: () => Promise<Result>,
  ): Promise<Result | undefined> {
    for (let wait = againMs.least; !signal.aborted; wait = Math.min(againMs.most, wait * 2)) {
      try {
        const result = await work();
        this.tell(whom, true);
        return result;
      } catch (error) {
        if (signal.aborted) return undefined;
        if (whom === 'store') this.count('coldrig_ingest_writes_retried_total', 1);
        this.tell(whom, false, (error as Error).message);
        await rest(this.options.time, wait, signal);
      }
    }
    return undefined;
  }

  private tell(whom: 'store' | 'stream', isThere: boolean, reason?: string): void {
    if (isThere !== this.away.has(whom)) return;
    if (isThere) this.away.delete(whom);
    else this.away.add(whom);
    this.options.onEvent?.({
      ...{ event: whom, state: isThere ? 'connected' : 'waiting' },
      ...(reason !== undefined && { reason }),
    });
  }
}
