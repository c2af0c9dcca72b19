// One process at a time makes a file; the others wait for it and find it made.
//
// The right to make FILE is the file FILE.lock, which holds the number of the process that made it. What must stay true: a process that dies
// keeps nobody waiting, for its lock is taken from it; at worst a file is made twice, and never is half of one seen, as it is moved to its
// place when it is whole.

import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const lookAgainMs = 25;
/** Longer than any file takes to make: a lock this old was left by a thread that was ended in a process that goes on. */
const lockLifeMs = 120_000;

/** What `found` gives, or else what `make` returns, which has then been put where `found` looks. */
export async function madeOnce<Made>(
  file: string,
  found: () => Made | undefined,
  make: () => Promise<Made>,
): Promise<Made> {
  const lock = `${file}.lock`;
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    const there = found();
    if (there !== undefined) return there;
    if (takeLock(lock)) break;
    if (isAbandoned(lock)) remove(lock);
    else await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
  }
  try {
    // Somebody may have made it between our look and our lock.
    return found() ?? (await make());
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isAbandoned(lock: string): boolean {
  try {
    const owner = Number(readFileSync(lock, 'utf8'));
    // Empty for the moment between its making and its writing.
    const isOver = Date.now() - statSync(lock).mtimeMs > lockLifeMs;
    return isOver || (owner > 0 && !isRunning(owner));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Also one that belongs to somebody else; what is no number of a process is none. */
export function isRunning(processNumber: number): boolean {
  try {
    return Number.isInteger(processNumber) && processNumber > 0 && process.kill(processNumber, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Renamed first, so that of several who find it abandoned only one takes it away, and not the lock that comes next. */
function remove(lock: string): void {
  const taken = `${lock}.${process.pid}`;
  try {
    renameSync(lock, taken);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  rmSync(taken, { force: true });
}
