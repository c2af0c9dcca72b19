// Readers of a disk log. The position of each is a file of its own, NAME.position, with the number as text.
//
// What must stay true: a reader sees what is durable and nothing else; a position that was committed is found after a loss of power, or an older one. A
// follower has no file: it reads everything again after a restart.

import { join } from 'node:path';
import type { LogDisk } from './disk.ts';
import { LogError, type LogReader, type StoredEntry } from './record-log.ts';
import { decodeHead, entryAt, entryBehind, type ScannedEntry, scanEntries } from './segment.ts';
import type { Segment } from './segments.ts';

/** What a reader knows of its log. */
export interface LogView {
  segments(): readonly Segment[];
  durableEnd(): number;
  /** Calls when there is more that is durable, until the answer is called. */
  changed(call: () => void): () => void;
}

export class DiskReader implements LogReader {
  /** Entries before this position are done with. */
  committed: number;
  private readonly disk: LogDisk;
  private readonly path: string;
  private readonly isFollower: boolean;
  private readonly view: LogView;
  private next: number;
  /**
   * Bytes of the segment that begins at `first`, from the place `fileAt` of its file on; the next entry is at `at` of them. Entries from `durable` on may have
   * changed since they were read.
   */
  private cache: { first: number; fileAt: number; bytes: Buffer; at: number; durable: number } | undefined;

  constructor(disk: LogDisk, folder: string, name: string, view: LogView, committed: number, isFollower = false) {
    if (!/^[\w-]{1,64}$/.test(name))
      throw new LogError('LOG', `'${name}' is no name of a reader: letters, digits, - and _`);
    this.disk = disk;
    this.path = join(folder, `${name}.position`);
    this.isFollower = isFollower;
    this.view = view;
    this.committed = committed;
    this.next = committed;
  }

  rewind(): void {
    this.next = this.committed;
    this.cache = undefined;
  }

  async read(most: number, signal: AbortSignal): Promise<StoredEntry[]> {
    for (;;) {
      signal.throwIfAborted();
      const entries = this.readNow(most);
      if (entries.length > 0) return entries;
      await this.more(signal);
    }
  }

  async commit(position: number): Promise<void> {
    if (position < this.committed) return;
    this.committed = position + 1;
    if (this.isFollower) return;
    const file = this.disk.create(`${this.path}.new`);
    try {
      this.disk.write(file, 0, Buffer.from(`${this.committed}\n`));
      this.disk.sync(file);
    } finally {
      this.disk.close(file);
    }
    this.disk.rename(`${this.path}.new`, this.path);
  }

  private more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        forget();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const forget = this.view.changed(end);
      signal.addEventListener('abort', end, { once: true });
    });
  }

  private readNow(most: number): StoredEntry[] {
    const found: StoredEntry[] = [];
    while (found.length < most && this.next < this.view.durableEnd()) {
      const entry = this.entry();
      if (entry === undefined) continue;
      this.next = entry.position + 1;
      // A mark is for the log alone.
      if (entry.bytes.length > 0) found.push(entry);
    }
    return found;
  }

  /** The entry at `next`; undefined: it was not there, and `next` is where the following one is. */
  private entry(): ScannedEntry | undefined {
    const segments = this.view.segments();
    const index = segments.findLastIndex(({ first }) => first <= this.next);
    if (index < 0) {
      this.next = segments[0].first;
      return undefined;
    }
    const segment = segments[index];
    if (this.cache?.first !== segment.first) this.fill(segment);
    const cached = this.nextInCache();
    if (cached !== undefined) return cached;
    this.refill(segment);
    const entry = this.nextInCache();
    if (entry !== undefined) return entry;
    this.passDamage(segments[index + 1]?.first ?? this.view.durableEnd());
    return undefined;
  }

  private nextInCache(): ScannedEntry | undefined {
    const { cache } = this;
    if (cache === undefined || this.next >= cache.durable) return undefined;
    const entry = entryAt(cache.bytes, cache.at);
    if (entry?.position !== this.next) return undefined;
    cache.at = entry.end;
    return entry;
  }

  /** What the disk has lost cannot be read; consumers see that numbers are missing. */
  private passDamage(following: number): void {
    const { cache } = this;
    const behind = cache && entryBehind(cache.bytes, cache.at, this.next);
    if (cache === undefined || behind === undefined || behind.position >= following) {
      this.next = Math.max(this.next + 1, following);
      this.cache = undefined;
      return;
    }
    this.next = behind.position;
    cache.at = behind.at;
  }

  private refill({ path, first }: Segment): void {
    const fileAt = this.cache === undefined ? 0 : this.cache.fileAt + this.cache.at;
    this.cache = {
      first,
      fileAt,
      bytes: bufferOf(this.disk.read(path, fileAt)),
      at: 0,
      durable: this.view.durableEnd(),
    };
  }

  private fill(segment: Segment): void {
    const bytes = this.disk.read(segment.path, 0);
    let at = decodeHead(bytes)?.bytes ?? bytes.length;
    for (const entry of scanEntries(bytes, at, segment.first)) {
      if (entry.position >= this.next) break;
      at = entry.end;
    }
    const durable = this.view.durableEnd();
    this.cache = { first: segment.first, fileAt: 0, bytes: bufferOf(bytes), at, durable };
  }
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** The readers that a folder knows. */
export function readPositions(disk: LogDisk, folder: string, view: LogView): Map<string, DiskReader> {
  const readers = new Map<string, DiskReader>();
  for (const file of disk.list(folder)) {
    const name = /^([\w-]+)\.position$/.exec(file)?.[1];
    if (name === undefined) continue;
    const text = Buffer.from(disk.read(join(folder, file), 0)).toString();
    const position = /^\d+\n$/.test(text) ? Number(text) : 0;
    // Ahead of the log: it was moved without its last segment, or put together from two.
    readers.set(name, new DiskReader(disk, folder, name, view, Math.min(position, view.durableEnd())));
  }
  return readers;
}
