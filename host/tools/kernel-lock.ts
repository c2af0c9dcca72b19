// A lock on a file that ends with the process that has it.
//
// The lock is the kernel's, on the file itself: it ends with the process that has it, however that ends, and holds for every name of the
// file, across containers that share it too. No process number is kept, so none can be mistaken for another.
//
//   Linux     flock(2) on our own open file. Node.js cannot ask for it, so a helper does: `flock`, else `python3`, else `perl` is handed the open
//             file, locks it and ends. The lock belongs to the open file, not to who asked, and stays until we close it or die.
//   macOS     the file is opened with O_EXLOCK, which is the same lock.
//   Windows   the file is opened for us alone; the system refuses everybody else.
//
// What must stay true: whoever has the lock looks whether the path still leads to the locked file (`isAt`), because the owner before may have
// removed or replaced it. On a network file system the lock is as good as its server's.

import { spawnSync } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';

/** O_EXLOCK of macOS, and what libuv takes for it on Windows; Node.js does not name them. */
const exclusiveFlag: Partial<Record<NodeJS.Platform, number>> = {
  darwin: 0x20 | constants.O_NONBLOCK,
  win32: 0x1000_0000,
};
/** What an open says when somebody else has the file there. */
const busyCodes = ['EAGAIN', 'EWOULDBLOCK', 'EBUSY'];

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

/** The helpers of Linux, in the order in which they are tried. */
export const lockers = helpers.map(({ command }) => command);

/** A lock cannot be had on this machine; the message says why. */
export class LockError extends Error {}

/** The file, open for reading and writing and locked, made when it is not there. Undefined while another process has it. Throws the system's errors, and LockError. */
export function openLocked(path: string, mode: number, withLockers: readonly string[] = lockers): number | undefined {
  const exclusive = exclusiveFlag[process.platform];
  let file: number;
  try {
    file = openSync(path, constants.O_RDWR | constants.O_CREAT | (exclusive ?? 0), mode);
  } catch (error) {
    if (busyCodes.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  try {
    // With the flag, to open it was to lock it.
    if (exclusive !== undefined || lock(file, withLockers)) return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
  closeSync(file);
  return undefined;
}

/** Whether a path leads to this open file. */
export function isAt(path: string, file: number): boolean {
  const [there, ours] = [statSync(path, { throwIfNoEntry: false, bigint: true }), fstatSync(file, { bigint: true })];
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}

/** False when another process has the lock. */
function lock(file: number, withLockers: readonly string[]): boolean {
  for (const { command, arguments: words, busyCode } of helpers) {
    if (!withLockers.includes(command)) continue;
    const { error, status, stderr } = spawnSync(command, words, { stdio: ['ignore', 'ignore', 'pipe', file] });
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') continue;
    if (status === 0) return true;
    if (status === busyCode) return false;
    const said = String(stderr).trim().split('\n').at(-1) || error?.message || `exit code ${status}`;
    throw new LockError(`${command} says: ${said}`);
  }
  const which = withLockers.join(', ');
  throw new LockError(
    `that needs one of ${which}, and none is installed; install one of them (flock is part of util-linux)`,
  );
}
