// The events of a fleet on disk: the log of host/telemetry/log, which nobody but the fleet writes, and a snapshot of the state (snapshot.ts).
//
//   load:  snapshot ──> state, and the events behind it        no snapshot that fits ──> all events from the beginning
//
// What must stay true: `append` resolves when its events are durable; events are read again in their order, and each once; nothing is ever removed, so the
// history is whole.

import { join } from 'node:path';
import { type LogDisk, nodeLogDisk } from '../../telemetry/log/disk.ts';
import { DiskLog } from '../../telemetry/log/disk-log.ts';
import { type LogEntry, LogError, type StoredEntry } from '../../telemetry/log/record-log.ts';
import type { Time } from '../../telemetry/time.ts';
import { apply } from '../rollout/apply.ts';
import type { Recorded } from '../rollout/events.ts';
import { emptyFleet, type FleetState } from '../rollout/state.ts';
import { encodeSnapshot, hashOf, readSnapshot, type Snapshot, writeSnapshot } from './snapshot.ts';

const author = 'fleet';
const readerName = 'state';
const readAtOnce = 4096;
/** The last segment is read whole at a start. */
const segmentBytes = 512 << 10;
const never = new AbortController().signal;

/** Events cannot be kept: the disk is full or has failed. */
export class FleetStoreError extends Error {
  override readonly name = 'FleetStoreError';
}

export class FleetStore {
  private readonly folder: string;
  private readonly disk: LogDisk;
  private readonly log: DiskLog;
  private readonly onTrouble: (reason: string) => void;
  private sequence = 0;
  private waiting: Uint8Array[] = [];
  /** What has to be durable before them. */
  private before: Promise<unknown>[] = [];
  private current: Promise<void> = Promise.resolve();
  /** The write behind the current one. */
  private next: Promise<void> | undefined;
  private failure: FleetStoreError | undefined;
  /** The newest event that was given to be written. */
  private last: Uint8Array = new Uint8Array();
  /** How often it was loaded. */
  private loads = 0;
  /** What a start would read now: bytes of the snapshot, and of events behind it. */
  private snapshotBytes = 0;
  private eventBytes = 0;

  /** Throws a LogError when another process has it, when its files are none of a log, or when the disk has lost events of it. */
  constructor(folder: string, time: Time, disk: LogDisk = nodeLogDisk, onTrouble: (reason: string) => void = () => {}) {
    [this.folder, this.disk, this.onTrouble] = [folder, disk, onTrouble];
    try {
      this.log = DiskLog.open(folder, { time, disk, bytesMost: Number.MAX_SAFE_INTEGER, segmentBytes });
    } catch (error) {
      if (!(error instanceof LogError) || error.code !== 'LOG_BUSY') throw error;
      throw new LogError('LOG_BUSY', `the fleet ${folder} is served by another process; end that one, or name another`);
    }
    // With what is before it, a rollout that was stopped would go on.
    const damaged = disk.list(folder).find((name) => name.endsWith('.damaged'));
    if (damaged === undefined) return;
    const { end } = this;
    void this.log.close();
    throw new LogError(
      'LOG',
      `the disk has lost a part of the log of the fleet: the first ${end} events are whole, and what was behind them is in ${join(folder, damaged)}. Put a copy of ${folder} in its place; or, to go on from those ${end} events, move that file away, stop the rollouts that were stopped since, and remove the folders of the agents`,
    );
  }

  /** The state of everything that is durable. Appends go on behind it. */
  async load(): Promise<FleetState> {
    const found = readSnapshot(this.disk, this.folder);
    const snapshot = typeof found === 'string' ? undefined : found;
    const isOfThisLog = snapshot !== undefined && (await this.has(snapshot));
    if (typeof found === 'string') this.onTrouble(`${found}; the log is read from its beginning`);
    if (snapshot !== undefined && !isOfThisLog)
      this.onTrouble(`the snapshot in ${this.folder} is none of its log, which is read from its beginning`);
    const { state, position } = isOfThisLog ? snapshot : { state: emptyFleet(), position: 0 };
    [this.sequence, this.eventBytes] = [position, 0];
    this.loads++;
    for await (const entry of this.entries(position)) {
      apply(state, eventOf(entry));
      this.sequence++;
      this.last = entry.bytes;
      this.eventBytes += entry.bytes.length;
    }
    this.failure = undefined;
    return state;
  }

  /** How many events are durable. */
  get end(): number {
    return this.log.status().end;
  }

  /** Durable events from a position on, at most so many. */
  async read(from: number, most: number): Promise<Recorded[]> {
    const events: Recorded[] = [];
    if (most > 0) for await (const entry of this.entries(from)) if (events.push(eventOf(entry)) >= most) break;
    return events;
  }

  /**
   * `before`: is durable before these events are; where it rejects, they are refused. Rejects with a FleetStoreError; then some of the events may be durable, in their order from the first on, and nothing is taken before `load` has said
   * what is there.
   */
  append(events: readonly Recorded[], before?: Promise<unknown>): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.waiting.push(...events.map(bytesOf));
    this.last = this.waiting.at(-1) ?? this.last;
    if (before !== undefined) this.before.push(before);
    // One after the other: what is written while another write is under way goes in one piece behind it, and never without it.
    this.next ??= this.current.then(() => this.write());
    return this.next;
  }

  /** Keeps the state, of which every event was appended, when a start would otherwise read more than twice what it needs. */
  async snapshotIfDue(state: FleetState): Promise<void> {
    if (this.eventBytes >= Math.max(segmentBytes / 4, this.snapshotBytes)) await this.snapshot(state);
  }

  /** With the state the next start is quick. */
  async close(state?: FleetState): Promise<void> {
    if (state !== undefined && this.eventBytes > 0) await this.snapshot(state);
    await (this.next ?? this.current).catch(() => {});
    return this.log.close();
  }

  /** Now. The disk's refusal is told and changes nothing. */
  async snapshot(state: FleetState): Promise<void> {
    const { loads, failure } = this;
    if (failure !== undefined || state.events === 0) return;
    const bytes = encodeSnapshot({ position: state.events, last: hashOf(this.last), state });
    [this.snapshotBytes, this.eventBytes] = [bytes.length, 0];
    // What it is made of is durable first.
    await (this.next ?? this.current).catch(() => {});
    if (this.failure !== undefined || this.loads !== loads) return;
    try {
      writeSnapshot(this.disk, this.folder, bytes);
    } catch (error) {
      this.onTrouble(`the snapshot of the fleet is not written: ${(error as Error).message}; its log has everything`);
    }
  }

  private async has({ position, last }: Snapshot): Promise<boolean> {
    if (position === 0 || position > this.end) return false;
    for await (const { bytes } of this.entries(position - 1)) {
      this.last = bytes;
      return hashOf(bytes) === last;
    }
    return false;
  }

  private async *entries(from: number): AsyncGenerator<StoredEntry> {
    const end = this.end;
    const reader = this.log.follower(readerName, from);
    for (let next = from; next < end; )
      for (const entry of await reader.read(readAtOnce, never)) {
        if (entry.position !== next)
          throw new FleetStoreError(`the log of the fleet has lost events ${next} to ${entry.position - 1}`);
        next++;
        yield entry;
      }
  }

  private write(): Promise<void> {
    const { waiting, before } = this;
    [this.waiting, this.before, this.next] = [[], [], undefined];
    const written = this.writeBehind(waiting, before);
    this.current = written.catch(() => {});
    return written;
  }

  private async writeBehind(events: readonly Uint8Array[], before: readonly Promise<unknown>[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    await Promise.all(before).catch((error: Error) => this.fail(error.message, error));
    const entries = events.map(
      (bytes): LogEntry => ({
        ...{ device: author, boot: 0, sequence: this.sequence++, class: 'critical' },
        bytes,
      }),
    );
    const { taken, reason } = await this.log.append(entries);
    if (taken < entries.length) this.fail(reason ?? 'the log of the fleet takes no more');
    for (const { bytes } of entries) this.eventBytes += bytes.length;
  }

  private fail(reason: string, cause?: Error): never {
    this.failure = new FleetStoreError(reason, { cause });
    throw this.failure;
  }
}

const bytesOf = (event: Recorded): Uint8Array => Buffer.from(JSON.stringify(event));
const eventOf = ({ bytes }: StoredEntry): Recorded => JSON.parse(Buffer.from(bytes).toString());
