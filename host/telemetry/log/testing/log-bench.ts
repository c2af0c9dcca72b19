// A log on a disk in memory, in a time of its own.

import { nameOf } from '../../testing/records.ts';
import { VirtualTime } from '../../testing/virtual-time.ts';
import { DiskLog, type DiskLogOptions } from '../disk-log.ts';
import type { RecordLog } from '../record-log.ts';
import { FakeLogDisk } from './fake-log-disk.ts';

const now = new AbortController().signal;

export class LogBench {
  time = new VirtualTime();
  disk = new FakeLogDisk();
  log: DiskLog;
  private readonly more: Partial<DiskLogOptions>;

  constructor(more: Partial<DiskLogOptions> = {}) {
    this.more = more;
    this.log = this.open();
  }

  open(): DiskLog {
    this.log = DiskLog.open('/log', { time: this.time, disk: this.disk, segmentBytes: 1_500, ...this.more });
    return this.log;
  }

  append(...given: Parameters<DiskLog['append']>) {
    return this.time.until(this.log.append(...given), 10);
  }

  async names(log: RecordLog = this.log, name = 'all'): Promise<string[]> {
    if (log.status().end === 0) return [];
    const found = await (await log.reader(name)).read(10_000, now);
    return found.map(nameOf);
  }
}
