// Files for the commands: read with errors a person can act on, written so that nobody ever sees half a file.

import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure } from './failure.ts';

/** The bytes of a file; `what` names its role in messages ("the image"). */
export function readInput(path: string, what: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw fileFailure(error, `${what} ${path}`, 'cannot be read', 'check the path');
  }
}

export interface WriteOptions {
  /** Permission bits; 0o644 when left out. */
  mode?: number;
  /** Replace a file that is there. */
  overwrite?: boolean;
}

/** Writes the whole file beside its place and renames it there: after a crash it is the old one or the new one. */
export function writeOutput(path: string, bytes: Uint8Array | string, what: string, options: WriteOptions = {}): void {
  const { mode = 0o644, overwrite = true } = options;
  if (!overwrite && existsSync(path)) {
    throw new Failure('FILE_EXISTS', `${what} ${path} exists already; remove it, or pass --force to replace it`);
  }
  const temporary = join(dirname(resolve(path)), `.${randomUUID()}.tmp`);
  try {
    const file = openSync(temporary, 'wx', mode);
    try {
      writeFileSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw fileFailure(error, `${what} ${path}`, 'cannot be written', 'check the folder and its permissions');
  }
}

function fileFailure(error: unknown, what: string, cannot: string, advice: string): Failure {
  const code = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file or folder',
    EISDIR: 'it is a folder',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    ENOSPC: 'the disk is full',
    EROFS: 'the file system is read-only',
  };
  const name = code === 'ENOENT' ? 'FILE_MISSING' : 'FILE';
  return new Failure(name, `${what} ${cannot}: ${reasons[code] ?? code}; ${advice}`, { cause: error });
}
