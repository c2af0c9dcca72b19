// One process at a time has a device file: it holds a lock of the kernel on it (kernel-lock.ts), which ends with the process.
//
// What must stay true: after the lock was got, the path still leads to the locked file, or it is tried again; a file that was made for
// the lock and is still empty is removed when the lock is given back.

import { closeSync, fstatSync, realpathSync, rmSync, statSync } from 'node:fs';
import { isAt, LockError, lockers, openLocked } from '../../tools/kernel-lock.ts';
import { DeviceFileError, reasonOf } from './error.ts';

export interface Claim {
  /** Open for reading and writing. */
  file: number;
  /** Where the file really is, symbolic links followed. */
  path: string;
  release(): void;
}

const attemptsMost = 100;
const newFileMode = 0o644;

/** Takes the file at a path for this process, made when it is not there. `withLockers` are the helpers to try, in this order. */
export function claimFile(path: string, withLockers: readonly string[] = lockers): Claim {
  for (let attempt = 0; attempt < attemptsMost; attempt++) {
    const file = openOrMake(path, withLockers);
    if (isAt(path, file)) return claimOf(file, realpathSync(path));
    // Removed or replaced between our open and our lock.
    closeSync(file);
  }
  throw new DeviceFileError('DEVICE_BUSY', `the device file ${path} is replaced again and again by another program`);
}

export function busyError(path: string, owner = 'another run'): DeviceFileError {
  return new DeviceFileError(
    'DEVICE_BUSY',
    `the device file ${path} is in use by ${owner}; end that run, or copy the file (and the journal beside it) once it has ended`,
  );
}

function claimOf(file: number, path: string): Claim {
  return {
    ...{ file, path },
    release() {
      // Only the owner of the lock may remove the file; a waiting process checks whether the path still leads to its file.
      if (process.platform !== 'win32' && fstatSync(file).size === 0 && isAt(path, file)) rmSync(path);
      closeSync(file);
    },
  };
}

function openOrMake(path: string, withLockers: readonly string[]): number {
  refuseNoFile(path);
  let file: number | undefined;
  try {
    file = openLocked(path, newFileMode, withLockers);
  } catch (error) {
    if (error instanceof LockError)
      throw new DeviceFileError('DEVICE_FILE', `the device file ${path} cannot be locked: ${error.message}`);
    const advice = 'check the path, the folder and their permissions: a run writes the file, and a journal beside it';
    const message = `the device file ${path} cannot be opened for writing: ${reasonOf(error)}; ${advice}`;
    throw new DeviceFileError('DEVICE_FILE', message, error);
  }
  if (file === undefined) throw busyError(path);
  return file;
}

/** Refuses a folder or a pipe; opening a pipe would wait for its other end. */
export function refuseNoFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found || found.isFile()) return;
  const what = found.isDirectory() ? 'a folder' : 'no ordinary file';
  throw new DeviceFileError('DEVICE_FILE', `the device file ${path} is ${what}; name a file with --flash`);
}
