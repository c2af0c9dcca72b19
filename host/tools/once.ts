// Lets one process at a time make a file; the others wait for it and then use it.
//
// The right to make FILE is a lock of the kernel on FILE.lock (kernel-lock.ts). What must stay true: a process that dies keeps nobody waiting,
// because its lock ends with it; no process number is stored that another process may have. When no lock is possible, a file may be made twice.
// A file is never visible in part, because it is moved to its place when it is complete.

import { closeSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAt, LockError, openLocked } from './kernel-lock.ts';

/** To make a file takes seconds, and each attempt to lock starts a helper process. */
const lookAgainMs = 50;
const lockMode = 0o644;

/** What this process is making or waiting for, by file: a second caller waits for the first, and does not ask for the lock again and again. */
const underWay = new Map<string, Promise<unknown>>();

/** The result of `found`, or else of `make`, which puts its result where `found` looks. */
export async function madeOnce<Made>(
  file: string,
  found: () => Made | undefined,
  make: () => Promise<Made>,
): Promise<Made> {
  const begun = underWay.get(file) as Promise<Made> | undefined;
  if (begun !== undefined) return begun;
  const making = madeUnderLock(file, found, make);
  underWay.set(file, making);
  try {
    return await making;
  } finally {
    underWay.delete(file);
  }
}

async function madeUnderLock<Made>(
  file: string,
  found: () => Made | undefined,
  make: () => Promise<Made>,
): Promise<Made> {
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    const there = found();
    if (there !== undefined) return there;
    const giveBack = takeLock(`${file}.lock`);
    if (giveBack === undefined) {
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
      continue;
    }
    try {
      // Another process may have made it between our check and our lock.
      return found() ?? (await make());
    } finally {
      giveBack();
    }
  }
}

/** A function that releases the lock and removes its file; undefined while another process has it. Where there can be no lock, everybody has it. */
export function takeLock(path: string): (() => void) | undefined {
  let file: number | undefined;
  try {
    file = openLocked(path, lockMode);
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    return () => {};
  }
  if (file === undefined) return undefined;
  const lock = file;
  if (!isAt(path, lock)) {
    // The owner before us removed it between our open and our lock.
    closeSync(lock);
    return undefined;
  }
  return () => {
    // Windows removes no file that is open.
    if (process.platform === 'win32') closeSync(lock);
    rmSync(path, { force: true });
    if (process.platform !== 'win32') closeSync(lock);
  };
}
