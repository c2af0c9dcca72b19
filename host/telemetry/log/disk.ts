// The file operations of a disk log. Tests replace them by a disk that fails, is full, or loses power.
//
// What must stay true: data counts as kept only after `sync` has returned, and a name only after `syncFolder`.

import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Disk, nodeDisk } from '../../links/device-file/disk.ts';
import { reasonOf } from '../../links/device-file/error.ts';
import { isAt, openLocked } from '../../tools/kernel-lock.ts';
import { LogError } from './record-log.ts';

/** A folder that this process has for itself. */
export interface FolderClaim {
  /** Throws while the folder's name does not lead to it: it was deleted, moved or replaced, and what is written to its files is lost or goes to another folder. */
  check(): void;
  release(): void;
}

export interface LogDisk
  extends Pick<Disk, 'write' | 'truncate' | 'sync' | 'close' | 'rename' | 'remove' | 'syncFolder'> {
  /** Makes the folder, if it is not there, and takes it for this process. Throws a LogError while another has it. */
  claim(folder: string): FolderClaim;
  /** Names of the files in it. */
  list(folder: string): string[];
  size(path: string): number;
  /** The bytes of a file from a place to its end, at most so many. */
  read(path: string, from: number, most?: number): Uint8Array;
  /** Makes a file, or empties it, and opens it for writing. */
  create(path: string): number;
  /** Opens a file for writing. */
  open(path: string): number;
}

const { write, truncate, sync, close, rename, remove, syncFolder } = nodeDisk;

export const nodeLogDisk: LogDisk = {
  ...{ write, truncate, sync, close, rename, remove, syncFolder },
  claim(folder) {
    const path = join(folder, 'lock');
    let lock: number | undefined;
    try {
      mkdirSync(folder, { recursive: true });
      lock = openLocked(path, 0o644);
    } catch (error) {
      throw new LogError(
        'LOG',
        `the log ${folder} cannot be opened: ${reasonOf(error)}; name a folder that can be written`,
        { cause: error },
      );
    }
    if (lock === undefined)
      throw new LogError(
        'LOG_BUSY',
        `the log ${folder} is in use by another gateway; end that one, or name another folder`,
      );
    const held = lock;
    return {
      check() {
        if (!isAt(path, held))
          throw new Error(
            'the folder was deleted, moved or replaced while it was in use; put it back, or end this process and begin again',
          );
      },
      release: () => closeSync(held),
    };
  },
  list: (folder) => readdirSync(folder),
  size: (path) => statSync(path).size,
  read(path, from, most = Number.POSITIVE_INFINITY) {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.allocUnsafe(Math.min(most, Math.max(0, fstatSync(file).size - from)));
      let done = 0;
      while (done < bytes.length) {
        const count = readSync(file, bytes, done, bytes.length - done, from + done);
        if (count === 0) break;
        done += count;
      }
      return bytes.subarray(0, done);
    } finally {
      closeSync(file);
    }
  },
  create: (path) => openSync(path, 'w', 0o644),
  open: (path) => openSync(path, 'r+'),
};
