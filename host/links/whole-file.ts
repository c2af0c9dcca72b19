// Writes a whole file so that nobody ever sees half of it, and so that it survives a loss of power.
//
// It is written under another name in the same folder, put on the disk, and renamed: after a crash there is the old file or the new one. What a process
// that was killed has left under such a name is removed by the next one that writes into the folder.

import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { nodeDisk, openLike } from './device-file/disk.ts';

/** Without `mode`, a file that is there keeps its mode and its owner, and a new one gets 0o644. Throws the system's errors. */
export function writeDurably(path: string, bytes: Uint8Array | string, mode?: number): void {
  const temporary = temporaryBeside(path);
  try {
    const there = mode === undefined ? statSync(path, { throwIfNoEntry: false }) : undefined;
    const file = there === undefined ? openSync(temporary, 'wx', mode ?? 0o644) : openLike(temporary, 'wx', there);
    try {
      writeFileSync(file, bytes);
      fsyncSync(file);
      sweep(dirname(temporary), fstatSync(file).mtimeMs);
    } finally {
      closeSync(file);
    }
    const place = placeOf(path);
    renameSync(temporary, place);
    nodeDisk.syncFolder(place);
  } catch (error) {
    rmSync(temporary, { force: true });
    // A write says not to which file, and the name that was asked for is the one that a person knows.
    throw Object.assign(error as Error, { path });
  }
}

/** The real place of the file: a symbolic link stays a link, also where it leads to a file that is not there yet. */
export function placeOf(path: string, linksMost = 40): string {
  if (existsSync(path)) return realpathSync(path);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return resolve(path);
  if (linksMost === 0) throw Object.assign(new Error(`too many links: ${path}`), { code: 'ELOOP', path });
  return placeOf(resolve(realpathSync(dirname(path)), readlinkSync(path)), linksMost - 1);
}

/** No other program has such names: what has one, and is old, may be removed. */
const temporaryName = /^\.coldrig-[0-9a-f-]{36}\.tmp$/;
/** A file is written in one piece, which takes no hour. */
const leftBehindMs = 3_600_000;
const swept = new Set<string>();

export function temporaryBeside(path: string): string {
  return join(dirname(placeOf(path)), `.coldrig-${randomUUID()}.tmp`);
}

/** `nowMs`: by the clock of the disk. Once for each folder and process. */
function sweep(folder: string, nowMs: number): void {
  if (swept.has(folder)) return;
  swept.add(folder);
  try {
    for (const name of readdirSync(folder)) {
      if (!temporaryName.test(name)) continue;
      const path = join(folder, name);
      const writtenMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs;
      if (nowMs - writtenMs > leftBehindMs) rmSync(path, { force: true });
    }
  } catch {
    // A folder that may not be listed, or where others' files may not be removed, keeps them.
  }
}
