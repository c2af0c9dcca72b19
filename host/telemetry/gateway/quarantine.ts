// Records that cannot be read: a file beside the log, one JSON line each, for a person to look at.
//
// What must stay true: a line is on the disk before its record is acknowledged. The file has a bound; what comes behind it is counted only.

import { join } from 'node:path';
import type { LogDisk } from '../log/disk.ts';
import type { OwnRecord } from './own-records.ts';

const bytesMost = 16 << 20;
const fileName = 'quarantine.jsonl';

export interface Quarantined {
  device: string;
  /** Null where the record does not say. */
  boot: number | null;
  sequence: number | null;
  reason: string;
  /** The record as it came. */
  record: unknown;
}

export const poisonedRecord = ({ device, boot, sequence, reason }: Quarantined): OwnRecord => ({
  kind: 'poisoned',
  body: { of: device, poisonedBoot: boot, poisonedSequence: sequence, reason },
});

export class Quarantine {
  count = 0;
  readonly path: string;
  private readonly disk: LogDisk;

  constructor(disk: LogDisk, folder: string) {
    this.disk = disk;
    this.path = join(folder, fileName);
    if (!disk.list(folder).includes(fileName)) disk.close(disk.create(this.path));
  }

  put(records: readonly Quarantined[]): void {
    const lines = records.map(
      (one) => `${JSON.stringify(one, (_, value) => (typeof value === 'bigint' ? `${value}` : value))}\n`,
    );
    const size = this.disk.size(this.path);
    const bytes = Buffer.from(lines.join(''));
    if (size + bytes.length <= bytesMost) {
      const file = this.disk.open(this.path);
      try {
        this.disk.write(file, size, bytes);
        this.disk.sync(file);
      } finally {
        this.disk.close(file);
      }
    }
    this.count += records.length;
  }
}
