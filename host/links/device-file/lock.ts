// One process at a time has a device file.
//
// The lock is the kernel's, on the file itself: it ends with the process that has it, however that ends, and holds for every name of the
// file, across containers that share it too. No process number is kept, so none can be mistaken for another.
//
//   Linux     flock(2) on our own open file. Node.js cannot ask for it, so a helper does: `flock`, else `python3`, else `perl` is handed the open
//             file, locks it and ends. The lock belongs to the open file, not to who asked, and stays until we close it or die.
//   macOS     the file is opened with O_EXLOCK, which is the same lock.
//   Windows   the file is opened for us alone; the system refuses everybody else.
//
// What must stay true: after the lock was got, the path still leads to the locked file, or it is tried again; a file that was made for
// the lock and is still empty is removed when the lock is given back. On a network file system the lock is as good as its server's.

import { spawnSync } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, realpathSync, rmSync, statSync } from 'node:fs';
import { DeviceFileError, reasonOf } from './error.ts';

export interface Claim {
  /** Open for reading and writing. */
  file: number;
  /** Where the file really is, symbolic links followed. */
  path: string;
  release(): void;
}

/** O_EXLOCK of macOS, and what libuv takes for it on Windows; Node.js does not name them. */
const exclusiveFlag: Partial<Record<NodeJS.Platform, number>> = {
  darwin: 0x20 | constants.O_NONBLOCK,
  win32: 0x1000_0000,
};
/** What an open says when somebody else has the file there. */
const busyCodes = ['EAGAIN', 'EWOULDBLOCK', 'EBUSY'];
const attemptsMost = 100;
const newFileMode = 0o644;

interface LockHelper {
  command: string;
  arguments: string[];
  busyCode: number;
}

/** Each locks its file number 3 and ends: 0 when it got the lock, `busyCode` when another has it. */
const helpers: readonly LockHelper[] = [
  { command: 'flock', arguments: ['-n', '3'], busyCode: 1 },
  {
    command: 'python3',
    arguments: [
      ...['-I', '-S', '-c'],
      'import fcntl, sys\ntry: fcntl.flock(3, fcntl.LOCK_EX | fcntl.LOCK_NB)\nexcept BlockingIOError: sys.exit(9)',
    ],
    busyCode: 9,
  },
  {
    command: 'perl',
    arguments: [
      '-e',
      'use Fcntl ":flock"; use Errno; open(F, "+<&=3") or exit 2; exit(flock(F, LOCK_EX | LOCK_NB) ? 0 : $!{EWOULDBLOCK} ? 9 : 2)',
    ],
    busyCode: 9,
  },
];

/** Takes the file at a path for this process, made when it is not there. `lockers` are the helpers to try, in this order. */
export function claimFile(path: string, lockers = helpers.map(({ command }) => command)): Claim {
  for (let attempt = 0; attempt < attemptsMost; attempt++) {
    const file = openOrMake(path);
    try {
      if (!isLocked(file, path, lockers)) throw busyError(path);
      if (isAt(path, file)) return claimOf(file, realpathSync(path));
    } catch (error) {
      closeSync(file);
      throw error;
    }
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
      // Only who has the lock may remove it; one that waits for it looks whether the path still leads to its file.
      if (process.platform !== 'win32' && fstatSync(file).size === 0 && isAt(path, file)) rmSync(path);
      closeSync(file);
    },
  };
}

function openOrMake(path: string): number {
  try {
    refuseNoFile(path);
    const exclusive = exclusiveFlag[process.platform] ?? 0;
    return openSync(path, constants.O_RDWR | constants.O_CREAT | exclusive, newFileMode);
  } catch (error) {
    if (error instanceof DeviceFileError) throw error;
    if (busyCodes.includes((error as NodeJS.ErrnoException).code ?? '')) throw busyError(path);
    const advice = 'check the path, the folder and their permissions: a run writes the file, and a journal beside it';
    const message = `the device file ${path} cannot be opened for writing: ${reasonOf(error)}; ${advice}`;
    throw new DeviceFileError('DEVICE_FILE', message, error);
  }
}

/** A folder or a pipe; to open a pipe would wait for its other end. */
export function refuseNoFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found || found.isFile()) return;
  const what = found.isDirectory() ? 'a folder' : 'no ordinary file';
  throw new DeviceFileError('DEVICE_FILE', `the device file ${path} is ${what}; name a file with --flash`);
}

/** Whether a path leads to this open file. */
export function isAt(path: string, file: number): boolean {
  const [there, ours] = [statSync(path, { throwIfNoEntry: false, bigint: true }), fstatSync(file, { bigint: true })];
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}

/** False when another process has the lock. */
function isLocked(file: number, path: string, lockers: readonly string[]): boolean {
  // Locked by having been opened.
  if (exclusiveFlag[process.platform] !== undefined) return true;
  for (const { command, arguments: words, busyCode } of helpers.filter(({ command }) => lockers.includes(command))) {
    const { error, status, stderr } = spawnSync(command, words, { stdio: ['ignore', 'ignore', 'pipe', file] });
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') continue;
    if (status === 0) return true;
    if (status === busyCode) return false;
    const said = String(stderr).trim().split('\n').at(-1) || error?.message || `exit code ${status}`;
    throw new DeviceFileError('DEVICE_FILE', `the device file ${path} cannot be locked: ${command} says: ${said}`);
  }
  throw new DeviceFileError(
    'DEVICE_FILE',
    `the device file ${path} cannot be locked: that needs one of ${lockers.join(', ')}, and none is installed; install one of them (flock is part of util-linux)`,
  );
}
