// The folder of calibration records on disk: each file is written whole (another name, sync, rename), and a record is never replaced. What must stay
// true: one calibration at a time writes into a folder; a second one finds that out before it has written anything.

import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RecordError } from '../../host/tools/calibration/record.ts';
import { CalibrationRecords, type RecordFolder } from '../../host/tools/calibration/session.ts';
import { takeLock } from '../../host/tools/once.ts';
import { Failure } from '../failure.ts';
import { readText, writeOutput } from '../files.ts';
import { systemReason } from '../system-error.ts';

export class DiskFolder implements RecordFolder {
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  names(): string[] {
    try {
      return readdirSync(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw this.failure(error, 'read');
    }
  }

  read(name: string): string {
    return readText(join(this.path, name), 'the calibration record');
  }

  write(name: string, text: string): void {
    this.make();
    try {
      writeOutput(join(this.path, name), text, 'the calibration record', { overwrite: false });
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'FILE_EXISTS') throw error;
      const advice = 'wait until it has ended, or choose another folder with --records';
      throw new Failure(
        'BUSY',
        `${join(this.path, name)} exists already: another calibration writes into this folder; ${advice}`,
      );
    }
  }

  replace(name: string, text: string): void {
    this.make();
    writeOutput(join(this.path, name), text, 'the session');
  }

  remove(name: string): void {
    rmSync(join(this.path, name), { force: true });
  }

  make(): void {
    try {
      mkdirSync(this.path, { recursive: true });
    } catch (error) {
      throw this.failure(error, 'made');
    }
  }

  private failure(error: unknown, what: string): Failure {
    const reason = systemReason(error) ?? String(error);
    return new Failure(
      'FILE',
      `the folder of records ${this.path} cannot be ${what}: ${reason}; choose another with --records`,
    );
  }
}

/** Makes the folder this process's own, until the function that it returns is called. A folder that nothing was written into is taken away again. */
export function takeFolder(path: string): () => void {
  const isNew = !existsSync(path);
  new DiskFolder(path).make();
  const giveBack = takeLock(join(path, 'lock'));
  if (giveBack)
    return () => {
      giveBack();
      if (isNew && readdirSync(path).length === 0) rmdirSync(path);
    };
  const text = `another calibration writes into the folder of records ${path}`;
  throw new Failure('BUSY', `${text}; wait until it has ended, or choose another folder with --records`);
}

/** Everything in a folder; a file that is no record is told with its name. */
export function openRecords(path: string): CalibrationRecords {
  try {
    return new CalibrationRecords(new DiskFolder(path));
  } catch (error) {
    if (error instanceof RecordError) throw new Failure('RECORD', `${path}: ${error.message}`);
    throw error;
  }
}
