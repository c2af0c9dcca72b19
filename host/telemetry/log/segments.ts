// The files of a disk log: segments by the positions that they begin with, one after the other, and the tail that is written to.
//
// What must stay true: a segment has its name only when its head is on the disk; a segment that is not the last one is on the disk whole.

import { join } from 'node:path';
import type { LogDisk } from './disk.ts';
import { Seen, type SeenData } from './seen.ts';
import {
  decodeHead,
  encodeHead,
  entryBehind,
  firstOfName,
  headStartBytes,
  logTimeOfHead,
  type ScannedEntry,
  type SegmentHead,
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
  /** File with what was put aside, where the disk has lost something: the head of the segment, or bytes with whole entries behind them. */
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
  let bytes = disk.read(last.path, 0);
  let damaged: string | undefined;
  if (decodeHead(bytes) === undefined) {
    damaged = putAside(disk, `${last.path}.damaged`, bytes);
    bytes = mended(disk, segments, bytes, rangesMost);
    last.bytes = bytes.length;
  }
  const head = decodeHead(bytes) as SegmentHead;
  const seen = new Seen(head.known, rangesMost);
  let [at, end, logTimeMs] = [head.bytes, head.first, head.logTimeMs];
  for (const entry of scanEntries(bytes, head.bytes, head.first)) {
    if (seen.look(entry.device, entry) === 'new') seen.add(entry.device, entry);
    [at, end, logTimeMs] = [entry.end, entry.position + 1, entry.logTimeMs];
  }
  if (at < bytes.length) {
    if (entryBehind(bytes, at, end)) damaged ??= putAside(disk, `${last.path}.${end}.damaged`, bytes.subarray(at));
    cut(disk, last.path, at);
    last.bytes = at;
  }
  return { segments, seen, end, logTimeMs, damaged };
}

/**
 * The last segment with a head again, on the disk: its name says where it begins, and the segments before it what was known then. Without one before it, numbers
 * from before it are not known any more. Its entries stay, unless the first of them is damaged, too.
 */
function mended(disk: LogDisk, segments: readonly Segment[], bytes: Uint8Array, rangesMost?: number): Uint8Array {
  const last = segments[segments.length - 1];
  const before = segments.at(-2);
  const seen = new Seen(before === undefined ? [] : decodeHead(disk.read(before.path, 0))?.known, rangesMost);
  let logTimeMs = 0;
  for (const entry of before === undefined ? [] : entriesOf(disk, before)) {
    if (seen.look(entry.device, entry) === 'new') seen.add(entry.device, entry);
    logTimeMs = entry.logTimeMs;
  }
  // An entry keeps its position, which readers have committed: where the first is missing, none can stay.
  const start = entryBehind(bytes, -1, last.first);
  const whole = start?.position === last.first ? bytes.subarray(start.at) : new Uint8Array(0);
  const head = encodeHead({ first: last.first, logTimeMs, known: seen.data() });
  const all = Buffer.concat([head, whole]);
  writeWhole(disk, last.path, all);
  return all;
}

export function beginSegment(
  disk: LogDisk,
  folder: string,
  head: { first: number; logTimeMs: number; known: SeenData },
): Segment {
  const path = join(folder, segmentName(head.first));
  const bytes = encodeHead(head);
  writeWhole(disk, path, bytes);
  return { first: head.first, path, bytes: bytes.length, logTimeMs: head.logTimeMs };
}

/** The file has these bytes, on the disk, or is as it was. */
export function writeWhole(disk: LogDisk, path: string, bytes: Uint8Array): void {
  const file = disk.create(`${path}.new`);
  try {
    disk.write(file, 0, bytes);
    disk.sync(file);
  } finally {
    disk.close(file);
  }
  disk.rename(`${path}.new`, path);
  disk.syncFolder(path);
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
