// The end of a disk log, which is written to: the files, what they hold, and how much of it is durable.
//
//   write ──> numbered, known, its bytes in memory ──┐
//   write ──> numbered, known, its bytes in memory ──┼── one write of the disk, one sync ──> durable
//   write ──> numbered, known, its bytes in memory ──┘
//
// Ten thousand devices write one record each: a call of the system for each would be most of the work.
//
// What must stay true: where a sync has failed, nobody knows what the disk has; the tail is cut to what was synced before, and read anew when the disk
// works again. What was seen is always what the files hold.

import { reasonOf } from '../../links/device-file/error.ts';
import type { Time } from '../time.ts';
import type { FolderClaim, LogDisk } from './disk.ts';
import type { LogEntry } from './record-log.ts';
import type { Seen } from './seen.ts';
import { EntryBytes, scanEntries } from './segment.ts';
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
  /** Entries from this position on are not there. */
  from: number;
}

/** What one call has written. It is there whole or not at all. */
interface Piece {
  /** Position of its first entry. */
  first: number;
  /** Where it begins in the bytes of all. */
  at: number;
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
  private readonly claim: FolderClaim;
  private readonly folder: string;
  private readonly options: TailOptions;
  /** Open for writing; undefined after a failure, until the disk works again. */
  private file: number | undefined;
  private durableBytes = 0;
  /** In memory, and not durable yet. */
  private pieces: Piece[] = [];
  private readonly waiting = new EntryBytes();
  /** Bytes of all segments but the last. */
  private summed: { segments: number; first: Segment; bytes: number } | undefined;
  /** Log time when the monotonic clock was at zero; unknown before it was loaded. */
  private logTimeBase = Number.NEGATIVE_INFINITY;

  constructor(disk: LogDisk, claim: FolderClaim, folder: string, options: TailOptions) {
    this.disk = disk;
    this.claim = claim;
    this.folder = folder;
    this.options = options;
    this.load();
  }

  get bytes(): number {
    const { segments } = this;
    if (this.summed?.segments !== segments.length || this.summed.first !== segments[0])
      this.summed = {
        segments: segments.length,
        first: segments[0],
        bytes: segments.slice(0, -1).reduce((sum, { bytes }) => sum + bytes, 0),
      };
    return this.summed.bytes + this.last.bytes;
  }

  logTimeMs(): number {
    return this.logTimeBase + this.options.time.monotonicMs();
  }

  /** After a failure: the log as the disk has it. The answer: why not, as long as the disk fails. */
  reopened(): string | undefined {
    if (this.file !== undefined) return undefined;
    try {
      this.claim.check();
      this.load();
      return undefined;
    } catch (error) {
      this.giveUp();
      return this.reasonOf(error);
    }
  }

  /** Appends entries that are new, and that are in `seen` already. */
  write(entries: readonly LogEntry[]): void {
    const [first, at] = [this.end, this.waiting.length];
    this.last.bytes += this.waiting.add(entries, first, this.logTimeMs());
    this.pieces.push({ first, at });
    this.end += entries.length;
  }

  /** Makes durable what was written, as far as there is room; the answer: why not all of it. */
  trySync(): WriteFailure | undefined {
    if (this.pieces.length === 0) return undefined;
    try {
      const failure = this.flush();
      this.disk.sync(this.file as number);
      // A file that nobody can open again is durable for nobody.
      this.claim.check();
      this.pieces = [];
      this.waiting.cut(0);
      this.durableEnd = this.end;
      this.durableBytes = this.last.bytes;
      return failure;
    } catch (error) {
      const failure = this.failureOf(error);
      this.giveUp();
      return { ...failure, from: this.durableEnd };
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

  private failureOf(error: unknown): Omit<WriteFailure, 'from'> {
    const isFull = fullCodes.includes((error as NodeJS.ErrnoException).code ?? '');
    return { outcome: isFull ? 'full' : 'failed', reason: this.reasonOf(error) };
  }

  /** Writes what is in memory. Where there is no room for all of it: what comes first, and the rest is taken back. */
  private flush(): WriteFailure | undefined {
    try {
      this.disk.write(this.file as number, this.durableBytes, this.waiting.bytes(0));
      return undefined;
    } catch (error) {
      if (this.failureOf(error).outcome !== 'full') throw error;
      return this.flushInPieces();
    }
  }

  private flushInPieces(): WriteFailure | undefined {
    for (const [index, { first, at }] of this.pieces.entries())
      try {
        this.disk.write(
          this.file as number,
          this.durableBytes + at,
          this.waiting.bytes(at, this.pieces[index + 1]?.at),
        );
      } catch (error) {
        const failure = { ...this.failureOf(error), from: first };
        if (failure.outcome !== 'full') throw error;
        // The part of an entry that was written is cut.
        this.disk.truncate(this.file as number, this.durableBytes + at);
        this.last.bytes = this.durableBytes + at;
        this.takeBack(index);
        return failure;
      }
    return undefined;
  }

  /** Takes back the pieces from that one on. */
  private takeBack(index: number): void {
    const piece = this.pieces[index];
    if (piece === undefined) return;
    for (const { device, boot, sequence } of scanEntries(this.waiting.bytes(piece.at), 0, piece.first))
      this.seen.remove(device, { boot, sequence });
    this.pieces.length = index;
    this.waiting.cut(piece.at);
    this.end = piece.first;
  }

  /** To be called before something is written: a new segment when the last one is long or old enough. What was written before is durable then, or lost. */
  makeReady(): WriteFailure | undefined {
    const { segmentBytes, segmentMs } = this.options;
    const age = this.logTimeMs() - this.last.logTimeMs;
    if (this.end === this.last.first || (this.last.bytes < segmentBytes && age < segmentMs)) return undefined;
    const failure = this.trySync();
    if (failure !== undefined) return failure;
    try {
      const head = { first: this.end, logTimeMs: this.logTimeMs(), known: this.seen.data() };
      const next = beginSegment(this.disk, this.folder, head);
      this.segments.push(next);
      this.durableBytes = next.bytes;
      this.close();
      this.file = this.disk.open(next.path);
      return undefined;
    } catch (error) {
      this.giveUp();
      return { ...this.failureOf(error), from: this.end };
    }
  }

  private giveUp(): void {
    try {
      this.close();
    } catch {
      // Nothing more can be done with it.
    }
    this.file = undefined;
    this.takeBack(0);
  }

  private load(): void {
    if (this.segments.length > 0) cut(this.disk, this.last.path, this.durableBytes);
    const { segments, seen, end, logTimeMs, damaged } = openTail(this.disk, this.folder, this.options.rangesMost);
    this.segments = segments;
    this.seen = seen;
    this.damaged ??= damaged;
    this.end = end;
    this.durableEnd = end;
    // A disk that failed for a while has stopped no clock.
    this.logTimeBase = Math.max(this.logTimeBase, logTimeMs - this.options.time.monotonicMs());
    this.durableBytes = this.last.bytes;
    this.file = this.disk.open(this.last.path);
    // A process that was killed may have written what it never synced.
    this.disk.sync(this.file);
  }
}
