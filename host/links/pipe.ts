// Reads and writes files that a person names. They may be pipes or devices, and nothing must hang.
//
// The system lets a process that opens a named pipe wait until another process opens the other end, and during this wait Ctrl-C has no effect. So
// pipes are opened without waiting. What must stay true: a pipe whose other end is missing, or does nothing for half a minute, is an error (ENXIO,
// ETIMEDOUT) and never an endless wait.

import { closeSync, constants, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';

const PIECE_BYTES = 1024 * 1024;
const NAP_MS = 10;
const NAPS_MOST = 3000;
/** Windows has no such flag, and no named pipes among its files. */
const WITHOUT_WAITING = constants.O_NONBLOCK ?? 0;

/** The bytes of a file, a pipe or a device. Undefined when there are more than `bytesMost`. Throws the system's errors. */
export function readWhole(path: string, bytesMost: number, napsMost = NAPS_MOST): Uint8Array | undefined {
  const file = openSync(path, constants.O_RDONLY | WITHOUT_WAITING);
  try {
    const pieces: Buffer[] = [];
    for (let size = 0; size <= bytesMost; ) {
      const piece = Buffer.alloc(PIECE_BYTES);
      const length = whenReady(() => readSync(file, piece), `read '${path}'`, napsMost);
      if (length === 0) {
        if (size === 0 && fstatSync(file).isFIFO()) throw systemError('ENXIO', `read '${path}'`);
        return new Uint8Array(Buffer.concat(pieces));
      }
      pieces.push(piece.subarray(0, length));
      size += length;
    }
    return undefined;
  } finally {
    closeSync(file);
  }
}

/** Opens an existing pipe or device for writing. The reading end of a pipe must be open already. */
export function openSpecial(path: string): number {
  return openSync(path, constants.O_WRONLY | WITHOUT_WAITING);
}

/** Whether the path is a pipe or a device: neither a file nor a folder. It is written to directly, and never replaced. */
export function isSpecial(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

/** Writes all bytes at the present position. */
export function writeAll(file: number, bytes: Uint8Array, napsMost = NAPS_MOST): void {
  for (let done = 0; done < bytes.length; )
    done += whenReady(() => writeSync(file, bytes, done, bytes.length - done), 'write', napsMost);
}

/** Tries again while the other end of a pipe is not ready. */
function whenReady(operation: () => number, what: string, napsMost: number): number {
  for (let naps = 0; ; naps++) {
    try {
      return operation();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      if (naps >= napsMost) throw systemError('ETIMEDOUT', what);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, NAP_MS);
    }
  }
}

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
