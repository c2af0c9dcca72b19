// The file operations of an audit log: those of the telemetry log, and folders. Tests replace them by a disk that fails or loses power.

import { mkdirSync, rmSync } from 'node:fs';
import { type FolderClaim, type LogDisk, nodeLogDisk } from '../../telemetry/log/disk.ts';
import { LogError } from '../../telemetry/log/record-log.ts';
import { AuditError } from './error.ts';

export interface AuditDisk
  extends Pick<
    LogDisk,
    'claim' | 'list' | 'read' | 'create' | 'write' | 'sync' | 'close' | 'rename' | 'remove' | 'syncFolder'
  > {
  makeFolder(path: string): void;
  /** With what is in it. */
  removeFolder(path: string): void;
}

export const nodeAuditDisk: AuditDisk = {
  ...nodeLogDisk,
  makeFolder: (path) => mkdirSync(path, { recursive: true }),
  removeFolder: (path) => rmSync(path, { recursive: true, force: true }),
};

/** Throws an AuditError when another process has it, or when it cannot be written. */
export function claimAudit(disk: AuditDisk, folder: string): FolderClaim {
  try {
    return disk.claim(folder);
  } catch (error) {
    const isBusy = error instanceof LogError && error.code === 'LOG_BUSY';
    throw isBusy
      ? new AuditError(
          'AUDIT_BUSY',
          `the audit log ${folder} is in use by another process; end that one, or name another folder`,
        )
      : new AuditError('AUDIT_DISK', (error as Error).message, error);
  }
}
