// The file operations of an audit log: those of the telemetry log, and folders. Tests replace them by a disk that fails or loses power.

import { mkdirSync, rmSync } from 'node:fs';
import { type LogDisk, nodeLogDisk } from '../../telemetry/log/disk.ts';

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
