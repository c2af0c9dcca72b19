// A log in a folder: segments (segment.ts), and a file for the position of each reader.
//
//   append: written ──┐ at once where one is critical, else within `syncWithinMs`
//   append: written ──┼──> one sync ──> all of them are durable: their callers are answered, readers see them
//   append: written ──┘
//
// Log time counts milliseconds of the monotonic clock while a log is open, and goes on from what its files say. So neither a step of the host's clock nor
// an hour without power makes anything old. What must stay true:
//   - nothing is answered as taken, or read, before the sync that is behind its write
//   - a full disk and an error of the disk are answers; the log goes on when the disk does
//   - only segments that every reader has committed are removed for room; what is removed for its age, though unread, is returned by `expired` before

import type { TelemetryClass } from '../../../protocol/telemetry/records.ts';
import { reasonOf } from '../../links/device-file/error.ts';
import type { Time } from '../time.ts';
import { type FolderClaim, type LogDisk, nodeLogDisk } from './disk.ts';
import { DiskReader, readPositions } from './disk-reader.ts';
import { type Judged, judge } from './judge.ts';
import {
  type Appended,
  classShares,
  type LogEntry,
  LogError,
  type LogReader,
  type LogStatus,
  type Outcome,
  type RecordLog,
  type RecordNumber,
} from './record-log.ts';
import { usualRangesMost } from './seen.ts';
import { sizeOfEntry } from './segment.ts';
import { entriesOf } from './segments.ts';
import { SyncGroup } from './sync-group.ts';
import { LogTail, type WriteFailure } from './tail.ts';

export interface DiskLogOptions {
  time: Time;
  disk?: LogDisk;
  bytesMost?: number;
  /** Of log time; older segments are given up. */
  hoursMost?: number;
  segmentBytes?: number;
  /** How long heartbeats and bulk may wait for a sync. */
  syncWithinMs?: number;
  rangesMost?: number;
}

/** Records of a device that were removed unread. */
export interface Loss {
  device: string;
  count: number;
  first: RecordNumber;
  last: RecordNumber;
}

export const usualLog = { bytesMost: 1 << 30, hoursMost: 48, segmentBytes: 8 << 20, syncWithinMs: 100 };
const hourMs = 3_600_000;
/** A log of H hours has this many segments at least, so that old records go in small portions. */
const segmentsOfHours = 24;

export class DiskLog implements RecordLog {
  readonly folder: string;
  private readonly disk: LogDisk;
  private readonly bytesMost: number;
  private readonly hoursMost: number;
  private readonly claim: FolderClaim;
  private readonly tail: LogTail;
  private readonly syncs: SyncGroup;
  private readonly readers: Map<string, DiskReader>;
  private readonly onDurable: Set<() => void> = new Set();
  private readonly room = {
    sizeOf: sizeOfEntry,
    admits: (entry: LogEntry, before: number) => this.admits(entry.class, before + sizeOfEntry(entry)),
  };
  private counts = { stored: 0, repeats: 0, refused: 0 };

  /** Throws a LogError when another process has it, when its files are none of a log, or when the disk refuses. */
  static open(folder: string, options: DiskLogOptions): DiskLog {
    return new DiskLog(folder, options);
  }

  private constructor(folder: string, options: DiskLogOptions) {
    this.folder = folder;
    this.disk = options.disk ?? nodeLogDisk;
    this.bytesMost = options.bytesMost ?? usualLog.bytesMost;
    this.hoursMost = options.hoursMost ?? usualLog.hoursMost;
    this.claim = this.disk.claim(folder);
    try {
      this.tail = new LogTail(this.disk, this.claim, folder, {
        time: options.time,
        segmentBytes: options.segmentBytes ?? usualLog.segmentBytes,
        segmentMs: (this.hoursMost * hourMs) / segmentsOfHours,
        rangesMost: options.rangesMost ?? usualRangesMost,
      });
      this.readers = readPositions(this.disk, folder, this.view());
    } catch (error) {
      this.claim.release();
      if (error instanceof LogError || (error as NodeJS.ErrnoException).code === undefined) throw error;
      throw new LogError('LOG', `the log ${folder} cannot be opened: ${reasonOf(error)}`, { cause: error });
    }
    this.syncs = new SyncGroup(options.time, options.syncWithinMs ?? usualLog.syncWithinMs, () => this.sync());
  }

  /** File with bytes that were put aside, where the disk had lost something. */
  get damaged(): string | undefined {
    return this.tail.damaged;
  }

  async append(entries: readonly LogEntry[], when: 'now' | 'soon' = 'soon'): Promise<Appended> {
    const { outcomes, reason, isUrgent } = this.write(entries);
    const { end } = this.tail;
    // A repeat, too, is answered when the record is durable that it repeats.
    if (this.tail.durableEnd < end) {
      const failure = await this.syncs.wait(isUrgent || when === 'now');
      if (failure !== undefined && failure.from < end) return this.refused(entries, failure);
    }
    this.count(outcomes);
    const firstRefused = outcomes.findIndex((outcome) => outcome === 'full' || outcome === 'failed');
    const taken = firstRefused < 0 ? outcomes.length : firstRefused;
    return reason === undefined ? { outcomes, taken } : { outcomes, taken, reason };
  }

  admits(of: TelemetryClass, bytes: number): boolean {
    const most = this.bytesMost * classShares[of];
    while (this.tail.bytes + bytes > most) if (!this.removeRead()) return false;
    return true;
  }

  knows(device: string, number: RecordNumber): boolean {
    return this.tail.seen.look(device, number) !== 'new';
  }

  lastOf(device: string): RecordNumber | undefined {
    return this.tail.seen.last(device);
  }

  async reader(name: string): Promise<LogReader> {
    let reader = this.readers.get(name);
    if (reader === undefined) {
      reader = new DiskReader(this.disk, this.folder, name, this.view(), this.tail.segments[0].first);
      this.readers.set(name, reader);
    }
    reader.rewind();
    return reader;
  }

  /** A reader that begins there each time, at the oldest entry when left out, and whose position is forgotten when the log is closed. */
  follower(name: string, from = this.tail.segments[0].first): LogReader {
    const follower = new DiskReader(this.disk, this.folder, name, this.view(), from, true);
    this.readers.set(name, follower);
    return follower;
  }

  status(): LogStatus {
    const { durableEnd, segments, bytes } = this.tail;
    const lag: Record<string, number> = {};
    for (const [name, { committed }] of this.readers) lag[name] = durableEnd - Math.max(committed, segments[0].first);
    return { end: durableEnd, bytes, bytesMost: this.bytesMost, lag, ...this.counts };
  }

  /**
   * Segments that are too old: what readers have not committed of them, by device. They go when `remove` is called, so that the losses can be put on
   * record before. Undefined: there is none.
   */
  expired(): { losses: Loss[]; remove: () => void } | undefined {
    const { segments } = this.tail;
    const oldest = this.tail.logTimeMs() - this.hoursMost * hourMs;
    // A segment is as old as the begin of the next one.
    const old = segments.filter((_, index) => (segments[index + 1]?.logTimeMs ?? Number.POSITIVE_INFINITY) < oldest);
    if (old.length === 0) return undefined;
    const wanted = this.wantedFrom();
    const losses = new Map<string, Loss>();
    for (const segment of old)
      for (const { position, device, boot, sequence, bytes } of entriesOf(this.disk, segment)) {
        if (position < wanted || bytes.length === 0) continue;
        const number = { boot, sequence };
        const loss = losses.get(device) ?? { device, count: 0, first: number, last: number };
        losses.set(device, { ...loss, count: loss.count + 1, last: number });
      }
    const remove = () => {
      // By path: they were read anew, where what was put on record has opened the log again after a failure.
      for (const { path } of old) if (this.tail.segments[0].path === path) this.removeFirst();
    };
    return { losses: [...losses.values()], remove };
  }

  async close(): Promise<void> {
    if (this.tail.durableEnd < this.tail.end) await this.syncs.wait(true);
    this.tail.close();
    this.claim.release();
  }

  private view() {
    return {
      segments: () => this.tail.segments,
      durableEnd: () => this.tail.durableEnd,
      changed: (call: () => void) => {
        this.onDurable.add(call);
        return () => this.onDurable.delete(call);
      },
    };
  }

  /** Writes the new ones among entries, as far as there is room. */
  private write(entries: readonly LogEntry[]): { outcomes: Outcome[]; reason?: string; isUrgent: boolean } {
    const closed = this.tail.reopened();
    if (closed !== undefined) return { outcomes: entries.map(() => 'failed'), reason: closed, isUrgent: false };
    const failure = this.tail.makeReady();
    if (failure !== undefined) {
      // Others wait for the sync of what they wrote before.
      this.syncs.lose(failure);
      return { outcomes: entries.map(() => failure.outcome), reason: failure.reason, isUrgent: false };
    }
    const { outcomes, fresh, reason } = this.judge(entries);
    if (fresh.length > 0) this.tail.write(fresh);
    const isUrgent = fresh.some((entry) => entry.class === 'critical');
    return { outcomes, isUrgent, ...(reason !== undefined && { reason }) };
  }

  /** None of them is sure to be there. */
  private refused(entries: readonly LogEntry[], { outcome, reason }: WriteFailure): Appended {
    const outcomes = entries.map(() => outcome);
    this.count(outcomes);
    return { outcomes, taken: 0, reason };
  }

  private judge(entries: readonly LogEntry[]): Judged {
    return judge(
      entries,
      this.tail.seen,
      this.room,
      (entry) =>
        `the log ${this.folder} has no room for ${entry.class} records: ${this.tail.bytes} of ${this.bytesMost} bytes are in use`,
    );
  }

  private count(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      if (outcome === 'stored') this.counts.stored++;
      else if (outcome === 'repeat' || outcome === 'beyond') this.counts.repeats++;
      else this.counts.refused++;
    }
  }

  private sync(): WriteFailure | undefined {
    const { durableEnd } = this.tail;
    const failure = this.tail.trySync();
    if (this.tail.durableEnd > durableEnd) for (const call of [...this.onDurable]) call();
    return failure;
  }

  /** Position from which on somebody has not read. Without a reader, all is unread. */
  private wantedFrom(): number {
    return Math.min(...(this.readers.size === 0 ? [0] : [...this.readers.values()].map(({ committed }) => committed)));
  }

  private removeRead(): boolean {
    const next = this.tail.segments[1];
    if (next === undefined || next.first > this.wantedFrom()) return false;
    return this.removeFirst();
  }

  private removeFirst(): boolean {
    try {
      this.disk.remove(this.tail.segments[0].path);
      this.tail.segments.shift();
      return true;
    } catch {
      // It takes its room for longer; the next try may succeed.
      return false;
    }
  }
}
