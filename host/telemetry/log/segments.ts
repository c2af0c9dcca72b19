// The files of a disk log: segments by the positions that they begin with, one after the other, and the tail that is written to.
//
// What must stay true: a segment has its name only when its head is on the disk; a segment that is not the last one is on the disk whole.

import { join } from 'node:path';
import type { LogDisk } from './disk.ts';
import { LogError } from './record-log.ts';
import { Seen, type SeenData } from './seen.ts';
import {
  decodeHead,
  encodeHead,
  entryBehind,
  firstOfName,
  headStartBytes,
  logTimeOfHead,
  type ScannedEntry,
  scanEntries,
  segmentName,
} from './segment.ts';

export interface Segment {
  first: number;
  path: string;
  bytes: number;
  /** Log time when it was begun. */
  logTimeMs: number;
}

export interface Tail {
  segments: Segment[];
  seen: Seen;
  /** Position that the next entry gets. */
  end: number;
  logTimeMs: number;
  /** Put aside because whole entries were behind bytes that are none: the disk has lost something. */
  damaged: string | undefined;
}

/** Reads what a folder has, and cuts what was not written to its end. An empty folder gets its first segment. */
export function openTail(disk: LogDisk, folder: string, rangesMost?: number): Tail {
  const names = disk.list(folder);
  for (const name of names) if (name.endsWith('.new')) disk.remove(join(folder, name));
  const firsts = names.flatMap((name) => firstOfName(name) ?? []).sort((a, b) => a - b);
  const segments = firsts.map((first) => segmentOf(disk, folder, first));
  const last = segments.at(-1);
  if (last === undefined) {
    const segment = beginSegment(disk, folder, { first: 0, logTimeMs: 0, known: [] });
    return { segments: [segment], seen: new Seen([], rangesMost), end: 0, logTimeMs: 0, damaged: undefined };
  }
  const bytes = disk.read(last.path, 0);
  const head = decodeHead(bytes);
  if (head === undefined)
    throw new LogError(
      'LOG',
      `the log ${folder} cannot be opened: its last segment ${last.path} does not begin as one; move it away to go on without its records`,
    );
  const seen = new Seen(head.known, rangesMost);
  let [at, end, logTimeMs] = [head.bytes, head.first, head.logTimeMs];
  for (const entry of scanEntries(bytes, head.bytes, head.first)) {
    if (seen.look(entry.device, entry) === 'new') seen.add(entry.device, entry);
    [at, end, logTimeMs] = [entry.end, entry.position + 1, entry.logTimeMs];
  }
  let damaged: string | undefined;
  if (at < bytes.length) {
    if (entryBehind(bytes, at, end)) damaged = putAside(disk, `${last.path}.${end}.damaged`, bytes.subarray(at));
    cut(disk, last.path, at);
    last.bytes = at;
  }
  return { segments, seen, end, logTimeMs, damaged };
}

export function beginSegment(
  disk: LogDisk,
  folder: string,
  head: { first: number; logTimeMs: number; known: SeenData },
): Segment {
  const path = join(folder, segmentName(head.first));
  const bytes = encodeHead(head);
  const file = disk.create(`${path}.new`);
  try {
    disk.write(file, 0, bytes);
    disk.sync(file);
  } finally {
    disk.close(file);
  }
  disk.rename(`${path}.new`, path);
  disk.syncFolder(path);
  return { first: head.first, path, bytes: bytes.length, logTimeMs: head.logTimeMs };
}

/** Ends a file there, on the disk. */
export function cut(disk: LogDisk, path: string, bytes: number): void {
  const file = disk.open(path);
  try {
    disk.truncate(file, bytes);
    disk.sync(file);
  } finally {
    disk.close(file);
  }
}

/** All entries of a segment. */
export function* entriesOf(disk: LogDisk, { path, first }: Segment): Generator<ScannedEntry> {
  const bytes = disk.read(path, 0);
  const head = decodeHead(bytes);
  if (head !== undefined) yield* scanEntries(bytes, head.bytes, first);
}

function segmentOf(disk: LogDisk, folder: string, first: number): Segment {
  const path = join(folder, segmentName(first));
  const [bytes, start] = [disk.size(path), disk.read(path, 0, headStartBytes)];
  return { first, path, bytes, logTimeMs: start.length < headStartBytes ? 0 : logTimeOfHead(start) };
}

function putAside(disk: LogDisk, path: string, bytes: Uint8Array): string {
  const file = disk.create(path);
  try {
    disk.write(file, 0, bytes);
    disk.sync(file);
  } finally {
    disk.close(file);
  }
  return path;
}
