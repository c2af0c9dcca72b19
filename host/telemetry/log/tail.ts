// The end of a disk log, which is written to: the files, what they hold, and how much of it is durable.
//
// What must stay true: where a sync has failed, nobody knows what the disk has; the tail is cut to what was synced before, and read anew when the disk
// works again. What was seen is always what the files hold.

import { reasonOf } from '../../links/device-file/error.ts';
import type { Time } from '../time.ts';
import type { LogDisk } from './disk.ts';
import type { LogEntry } from './record-log.ts';
import type { Seen } from './seen.ts';
import { encodeEntries } from './segment.ts';
import { beginSegment, cut, openTail, type Segment } from './segments.ts';

export interface TailOptions {
  time: Time;
  segmentBytes: number;
  /** A segment is not written to for longer. */
  segmentMs: number;
  rangesMost: number;
}

export interface WriteFailure {
  outcome: 'full' | 'failed';
  reason: string;
}

const fullCodes = ['ENOSPC', 'EDQUOT', 'EFBIG'];

export class LogTail {
  segments: Segment[] = [];
  seen!: Seen;
  /** Position of the next entry, and behind the last one that is durable. */
  end = 0;
  durableEnd = 0;
  /** File with bytes that were put aside, where the disk had lost something. */
  damaged: string | undefined;
  private readonly disk: LogDisk;
  private readonly folder: string;
  private readonly options: TailOptions;
  /** Open for writing; undefined after a failure, until the disk works again. */
  private file: number | undefined;
  private durableBytes = 0;
  /** Written, and not durable yet. */
  private unsynced: LogEntry[] = [];
  private logTimeBase = 0;

  constructor(disk: LogDisk, folder: string, options: TailOptions) {
    this.disk = disk;
    this.folder = folder;
    this.options = options;
    this.load();
  }

  get bytes(): number {
    return this.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  logTimeMs(): number {
    return this.logTimeBase + this.options.time.monotonicMs();
  }

  /** After a failure: the log as the disk has it. The answer: why not, as long as the disk fails. */
  reopened(): string | undefined {
    if (this.file !== undefined) return undefined;
    try {
      this.load();
      return undefined;
    } catch (error) {
      this.giveUp();
      return this.reasonOf(error);
    }
  }

  /** Appends entries that are new; undefined when they are written. */
  write(entries: readonly LogEntry[]): WriteFailure | undefined {
    let isRolled = false;
    try {
      this.rollIfDue();
      isRolled = true;
      const bytes = encodeEntries(entries, this.end, this.logTimeMs());
      this.disk.write(this.file as number, this.last.bytes, bytes);
      this.last.bytes += bytes.length;
      this.end += entries.length;
      for (const entry of entries) this.seen.add(entry.device, entry);
      this.unsynced.push(...entries);
      return undefined;
    } catch (error) {
      const isFull = fullCodes.includes((error as NodeJS.ErrnoException).code ?? '');
      // The part of an entry that was written is cut. Where that fails too, everything since the last sync is given up.
      if (!isFull || !isRolled || !this.cutToEnd()) this.giveUp();
      return { outcome: isFull ? 'full' : 'failed', reason: this.reasonOf(error) };
    }
  }

  /** Makes durable what was written; the answer: why not, and then it is not there any more. */
  trySync(): string | undefined {
    try {
      if (this.durableEnd < this.end) this.sync();
      return undefined;
    } catch (error) {
      this.giveUp();
      return this.reasonOf(error);
    }
  }

  close(): void {
    if (this.file !== undefined) this.disk.close(this.file);
    this.file = undefined;
  }

  private get last(): Segment {
    return this.segments[this.segments.length - 1];
  }

  private reasonOf(error: unknown): string {
    return `the log ${this.folder} cannot be written: ${reasonOf(error)}`;
  }

  private sync(): void {
    this.disk.sync(this.file as number);
    this.unsynced = [];
    this.durableEnd = this.end;
    this.durableBytes = this.last.bytes;
  }

  /** A new segment when the last one is long or old enough. What is in it is durable first. */
  private rollIfDue(): void {
    const { segmentBytes, segmentMs } = this.options;
    const age = this.logTimeMs() - this.last.logTimeMs;
    if (this.end === this.last.first || (this.last.bytes < segmentBytes && age < segmentMs)) return;
    if (this.durableEnd < this.end) this.sync();
    const head = { first: this.end, logTimeMs: this.logTimeMs(), known: this.seen.data() };
    const next = beginSegment(this.disk, this.folder, head);
    this.segments.push(next);
    this.durableBytes = next.bytes;
    this.close();
    this.file = this.disk.open(next.path);
  }

  private cutToEnd(): boolean {
    try {
      this.disk.truncate(this.file as number, this.last.bytes);
      return true;
    } catch {
      return false;
    }
  }

  private giveUp(): void {
    try {
      this.close();
    } catch {
      // Nothing more can be done with it.
    }
    this.file = undefined;
    this.end = this.durableEnd;
    for (const entry of this.unsynced) this.seen.remove(entry.device, entry);
    this.unsynced = [];
  }

  private load(): void {
    if (this.segments.length > 0) cut(this.disk, this.last.path, this.durableBytes);
    const { segments, seen, end, logTimeMs, damaged } = openTail(this.disk, this.folder, this.options.rangesMost);
    this.segments = segments;
    this.seen = seen;
    this.damaged ??= damaged;
    this.end = end;
    this.durableEnd = end;
    this.logTimeBase = logTimeMs - this.options.time.monotonicMs();
    this.durableBytes = this.last.bytes;
    this.file = this.disk.open(this.last.path);
    // A process that was killed may have written what it never synced.
    this.disk.sync(this.file);
  }
}
