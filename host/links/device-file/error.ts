// The error of a device file. Its message is for a person: what happened, to which file, and what to do next.

export class DeviceFileError extends Error {
  /** Stable name for machines: `DEVICE_BUSY` when another run has the file, `DEVICE_FILE` for anything else. */
  readonly code: 'DEVICE_FILE' | 'DEVICE_BUSY';

  constructor(code: DeviceFileError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  EFBIG: 'the file would be larger than this process may make one (ulimit -f)',
  EIO: 'the disk reports an error',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of its path is not a folder',
  ELOOP: 'its symbolic links lead in a circle',
};

/** The cause of a system error in words, with its name. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message ?? String(error);
  return reasons[code] === undefined ? code : `${reasons[code]} (${code})`;
}
