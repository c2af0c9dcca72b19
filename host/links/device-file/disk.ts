// The file operations of a device file. Tests replace them by a disk that fails or loses power.
//
// What must stay true: data counts as kept only after `sync` has returned, and a name only after `syncFolder`.

import {
  closeSync,
  fchmodSync,
  fchownSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { isAt } from '../../tools/kernel-lock.ts';
import { type Claim, claimFile, refuseNoFile } from './lock.ts';

export interface Disk {
  /** Locks a file for this process; it is made when it does not exist. */
  claim(path: string): Claim;
  /** Undefined when there is no such file. */
  read(path: string): Uint8Array | undefined;
  /** Opens for writing. With `freshLike` the file is made with the mode and owner of that open file, or emptied when it exists. */
  open(path: string, how: 'existing' | { freshLike: number }): number;
  write(file: number, at: number, bytes: Uint8Array): void;
  truncate(file: number, size: number): void;
  sync(file: number): void;
  close(file: number): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** Syncs the names in the folder of this path. */
  syncFolder(path: string): void;
  /** Whether the path still leads to this open file. */
  isAt(path: string, file: number): boolean;
}

export const nodeDisk: Disk = {
  claim: claimFile,
  read(path) {
    refuseNoFile(path);
    try {
      return readFileSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  open(path, how) {
    if (how === 'existing') return openSync(path, 'r+');
    return openLike(path, 'w', fstatSync(how.freshLike));
  },
  write(file, at, bytes) {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, at + done);
  },
  truncate: ftruncateSync,
  sync: fdatasyncSync,
  close: closeSync,
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true }),
  syncFolder(path) {
    // Windows cannot open a folder, and syncs names by itself.
    if (process.platform === 'win32') return;
    const folder = openSync(dirname(path), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  },
  isAt,
};

/** Opens a file for writing, with the mode and owner of another one. */
export function openLike(path: string, flags: 'w' | 'wx', { mode, uid, gid }: Stats): number {
  const file = openSync(path, flags, mode);
  try {
    fchmodSync(file, mode);
    // Root may work on the file of another user, who must be able to use it afterwards. Other users cannot change the owner, and need not.
    if (process.getuid?.() === 0) fchownSync(file, uid, gid);
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return file;
}
