// The errors of the system about files, folders and ports, in words.

import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'something with this name exists already',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than this process may make one (ulimit -f)',
  EROFS: 'the file system is read-only',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  ENXIO: 'it is a pipe or a device with nobody at its other end; start the other end first',
  EPIPE: 'the reader of the pipe has closed it',
  ETIMEDOUT: 'the other end did nothing for half a minute',
  EMFILE: 'this process has too many files open',
  ENOTEMPTY: 'the folder is not empty',
  EIO: 'the device reports an error',
  ERR_INVALID_ARG_VALUE: 'the name has a character that no file name may have',
  EADDRINUSE: 'the port is taken',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the host cannot be looked up now',
};

/** Undefined for other errors. */
export function systemReason(error: unknown): string | undefined {
  const { code: said, syscall, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof said !== 'string') return undefined;
  if (said === 'ENOENT' && syscall === 'uv_cwd') return 'it was removed; change into one that is there';
  const code = said === 'ENOENT' && syscall === 'mkdir' && path !== undefined ? whyNoFolder(path) : said;
  return reasons[code] ?? (/^E[A-Z0-9]+$/.test(code) ? `the system says ${code}` : undefined);
}

/** Node.js says ENOENT of a folder that it makes with those above it, whatever the reason: the folder that is there, in which it would be made, tells. */
function whyNoFolder(path: string): string {
  let above = resolve(path);
  while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
  try {
    accessSync(above, constants.W_OK);
    return 'ENOENT';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'ENOENT';
  }
}

/** The subject of the error: a path, an address, or the call. */
export function systemSubject(error: unknown): string {
  const { path, syscall } = error as NodeJS.ErrnoException;
  const { address, port } = error as { address?: string; port?: number };
  if (path !== undefined) return path;
  if (syscall === 'uv_cwd') return 'the folder that this was started in';
  return address !== undefined ? `${address}:${port ?? ''}` : (syscall ?? 'the system');
}

const writingCalls = ['write', 'fsync', 'fdatasync', 'ftruncate', 'rename', 'mkdir', 'fchmod', 'fchown'];
const writingCodes = ['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG'];

/** What cannot be done, and why; undefined for other errors. `option`: with which another port is chosen. */
export function systemText(error: unknown, option?: string): string | undefined {
  const reason = systemReason(error);
  if (reason === undefined) return undefined;
  const { code = '', path = 'a file', syscall = '' } = error as NodeJS.ErrnoException;
  const { address, port } = error as { address?: string; port?: number };
  if (syscall === 'listen') {
    const advice = option === undefined ? '' : `; choose another with ${option}`;
    return `port ${port} of ${address} cannot be listened on: ${reason}${advice}`;
  }
  const isWriting = writingCalls.includes(syscall) || writingCodes.includes(code);
  return `${path} cannot be ${isWriting ? 'written' : 'read'}: ${reason}`;
}
