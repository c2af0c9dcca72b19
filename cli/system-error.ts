// The errors of the system about files, folders and ports, in words.

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
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof code !== 'string') return undefined;
  return reasons[code] ?? (/^E[A-Z0-9]+$/.test(code) ? `the system says ${code}` : undefined);
}

/** The subject of the error: a path, an address, or the call. */
export function systemSubject(error: unknown): string {
  const { path, syscall } = error as NodeJS.ErrnoException;
  const { address, port } = error as { address?: string; port?: number };
  if (path !== undefined) return path;
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
