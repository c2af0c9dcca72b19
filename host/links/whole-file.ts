// Writes a whole file so that nobody ever sees half of it, and so that it survives a loss of power.
//
// It is written under another name in the same folder, put on the disk, and renamed: after a crash there is the old file or the new one.

import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { nodeDisk } from './device-file/disk.ts';

/** Throws the system's errors. */
export function writeDurably(path: string, bytes: Uint8Array | string, mode = 0o644): void {
  const temporary = temporaryBeside(path);
  try {
    const file = openSync(temporary, 'wx', mode);
    try {
      writeFileSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    const place = placeOf(path);
    renameSync(temporary, place);
    nodeDisk.syncFolder(place);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The real place of the file: a symbolic link stays a link. */
export function placeOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}

export function temporaryBeside(path: string): string {
  return join(dirname(placeOf(path)), `.${randomUUID()}.tmp`);
}
