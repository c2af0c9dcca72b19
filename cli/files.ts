// Files of the commands: errors say what to do, and a file is written so that nobody ever sees half of it.

import { closeSync, existsSync, ftruncateSync, openSync, rmSync, statSync } from 'node:fs';
import { nodeDisk } from '../host/links/device-file/disk.ts';
import type { RecordFile } from '../host/links/input-log.ts';
import { isSpecial, openSpecial, readWhole, writeAll } from '../host/links/pipe.ts';
import { placeOf, temporaryBeside, writeDurably } from '../host/links/whole-file.ts';
import { LockError, openLocked } from '../host/tools/kernel-lock.ts';
import { Failure } from './failure.ts';
import { systemReason } from './system-error.ts';

/** A limit above the size of any file that a command takes, because a device like /dev/zero never ends. */
const INPUT_BYTES_MAX = 256 * 1024 * 1024;

/** Pipes that were opened by a check, by path. They stay open, because the reader of a pipe takes its closing as the end. */
const checkedPipes = new Map<string, number>();

/** The bytes of a file or a pipe; `what` names its role in messages ("the image"). */
export function readInput(path: string, what: string): Uint8Array {
  if (path === '') throw new Failure('FILE', `${what} cannot be read: the name of its file is empty; give one`);
  let bytes: Uint8Array | undefined;
  try {
    bytes = readWhole(path, INPUT_BYTES_MAX);
  } catch (error) {
    throw fileFailure(error, `${what} ${path}`, 'cannot be read', 'check the path');
  }
  if (bytes !== undefined) return bytes;
  throw new Failure(
    'FILE',
    `${what} ${path} has more than ${INPUT_BYTES_MAX} bytes: this is not the file that was meant`,
  );
}

export const readText = (path: string, what: string): string => new TextDecoder().decode(readInput(path, what));

/** Text that a person wrote, of which errors show lines: a file with control bytes, such as an image, is refused. `expected`: what it should be. */
export function readWrittenText(path: string, what: string, expected: string): string {
  const text = readText(path, what);
  if (!text.includes('\0')) return text;
  throw new Failure('FILE', `${what} ${path} has bytes that are not text; expected ${expected}`);
}

/** The same, but it throws the system's errors, for callers with messages of their own. */
export const readAsText = (path: string): string => new TextDecoder().decode(readWhole(path, INPUT_BYTES_MAX));

export interface WriteOptions {
  /** Permission bits. When left out, a file that is there keeps its own, and a new one gets 0o644. */
  mode?: number;
  /** Replace a file that is there. */
  overwrite?: boolean;
}

/** Checks before the work whether the file can be written. It makes no file, and does not change an existing one. */
export function checkOutput(path: string, what: string): void {
  refuseFolder(path, what);
  if (isSpecial(path)) {
    if (statSync(path).isFIFO()) checkedPipes.set(path, openSpecialOf(path, what));
    return;
  }
  const temporary = temporaryBeside(path);
  try {
    closeSync(openSync(temporary, 'wx', 0o600));
  } catch (error) {
    throw writeFailure(error, path, what);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Writes the whole file, so that after a crash there is the old file or the new one. A pipe or a device (/dev/stdout, /dev/null) is written to
 * directly, and never replaced.
 */
export function writeOutput(path: string, bytes: Uint8Array | string, what: string, options: WriteOptions = {}): void {
  const { mode, overwrite = true } = options;
  refuseFolder(path, what);
  if (isSpecial(path)) {
    writeInto(path, bytes, what);
    return;
  }
  if (!overwrite && existsSync(path)) {
    throw new Failure('FILE_EXISTS', `${what} ${path} exists already; remove it, or pass --force to replace it`);
  }
  try {
    writeDurably(path, bytes, mode);
  } catch (error) {
    throw writeFailure(error, path, what);
  }
}

function writeInto(path: string, bytes: Uint8Array | string, what: string): void {
  const file = openSpecialOf(path, what);
  try {
    writeAll(file, Buffer.from(bytes));
  } catch (error) {
    throw writeFailure(error, path, what);
  } finally {
    closeSync(file);
  }
}

function openSpecialOf(path: string, what: string): number {
  const checked = checkedPipes.get(path);
  checkedPipes.delete(path);
  try {
    return checked ?? openSpecial(path);
  } catch (error) {
    throw writeFailure(error, path, what);
  }
}

/** A file that is written during the work, by this process alone. When `finish` returns, all of it is on the disk. */
export function openOutput(path: string, what: string): RecordFile {
  const special = isSpecial(path);
  const told = <Done>(work: () => Done): Done => {
    try {
      return work();
    } catch (error) {
      throw writeFailure(error, path, what);
    }
  };
  const file = special ? openSpecialOf(path, what) : told(() => openAlone(path, what));
  return {
    write: (text) => told(() => writeAll(file, Buffer.from(text))),
    finish: () =>
      told(() => {
        if (!special) {
          nodeDisk.sync(file);
          nodeDisk.syncFolder(placeOf(path));
        }
        closeSync(file);
      }),
  };
}

/** Emptied once it is ours: two runs that write into one file would leave a log of neither. */
function openAlone(path: string, what: string): number {
  let file: number | undefined;
  try {
    file = openLocked(path, 0o644);
  } catch (error) {
    // Where no lock is possible.
    if (error instanceof LockError) return openSync(path, 'w');
    throw error;
  }
  if (file === undefined)
    throw new Failure('BUSY', `${what} ${path} is being written by another run; end that one, or choose another file`);
  ftruncateSync(file);
  return file;
}

function refuseFolder(path: string, what: string): void {
  if (path === '') throw new Failure('FILE', `${what} cannot be written: the name of its file is empty; give one`);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new Failure('FILE', `${what} ${path} cannot be written: it is a folder; give the name of a file in it`);
}

function writeFailure(error: unknown, path: string, what: string): Failure {
  return fileFailure(error, `${what} ${path}`, 'cannot be written', 'check the folder and its permissions');
}

function fileFailure(error: unknown, what: string, cannot: string, usually: string): Failure {
  if (error instanceof Failure) return error;
  const { code } = error as NodeJS.ErrnoException;
  const name = code === 'ENOENT' ? 'FILE_MISSING' : 'FILE';
  const advice = code === 'ENOSPC' || code === 'EDQUOT' ? 'make room, or choose another place' : usually;
  return new Failure(name, `${what} ${cannot}: ${systemReason(error) ?? error}; ${advice}`, { cause: error });
}
