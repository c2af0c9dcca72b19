// The events of a fleet on disk: the log of host/telemetry/log, which nobody but the fleet writes, read whole when it is opened.
//
// What must stay true: `append` resolves when its events are durable; events are read again in their order, and each once.

import { type LogDisk, nodeLogDisk } from '../../telemetry/log/disk.ts';
import { DiskLog } from '../../telemetry/log/disk-log.ts';
import { type LogEntry, LogError } from '../../telemetry/log/record-log.ts';
import type { Time } from '../../telemetry/time.ts';
import type { Recorded } from '../rollout/events.ts';

const author = 'fleet';
/** Of the only reader, which commits nothing: so nothing is ever removed. */
const readerName = 'state';
const readAtOnce = 4096;
const never = new AbortController().signal;

/** Events cannot be kept: the disk is full or has failed. */
export class FleetStoreError extends Error {
  override readonly name = 'FleetStoreError';
}

export class FleetStore {
  private readonly log: DiskLog;
  private sequence = 0;
  private waiting: Recorded[] = [];
  private current: Promise<void> = Promise.resolve();
  /** The write behind the current one. */
  private next: Promise<void> | undefined;
  private failure: FleetStoreError | undefined;

  /** Throws a LogError when another process has it, or when its files are none of a log. */
  constructor(folder: string, time: Time, disk: LogDisk = nodeLogDisk) {
    try {
      this.log = DiskLog.open(folder, { time, disk, bytesMost: Number.MAX_SAFE_INTEGER });
    } catch (error) {
      if (!(error instanceof LogError) || error.code !== 'LOG_BUSY') throw error;
      throw new LogError('LOG_BUSY', `the fleet ${folder} is served by another process; end that one, or name another`);
    }
  }

  /** Everything that is durable, from the beginning. Appends go on behind it. */
  async readAll(): Promise<Recorded[]> {
    const { end } = this.log.status();
    const events: Recorded[] = [];
    const reader = await this.log.reader(readerName);
    while (events.length < end)
      for (const { bytes, position } of await reader.read(readAtOnce, never)) {
        if (position !== events.length)
          throw new FleetStoreError(`the log of the fleet has lost events ${events.length} to ${position - 1}`);
        events.push(JSON.parse(Buffer.from(bytes).toString()));
      }
    this.sequence = events.length;
    this.failure = undefined;
    return events;
  }

  /**
   * Rejects with a FleetStoreError; then some of the events may be durable, in their order from the first on, and nothing is taken before `readAll` has
   * said what is there.
   */
  append(events: readonly Recorded[]): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.waiting.push(...events);
    // One after the other: what is written while another write is under way goes in one piece behind it, and never without it.
    this.next ??= this.current.then(() => this.write());
    return this.next;
  }

  private async write(): Promise<void> {
    const events = this.waiting;
    this.waiting = [];
    this.next = undefined;
    if (this.failure !== undefined) throw this.failure;
    const entries = events.map(
      (event): LogEntry => ({
        ...{ device: author, boot: 0, sequence: this.sequence++, class: 'critical' },
        bytes: Buffer.from(JSON.stringify(event)),
      }),
    );
    const appended = this.log.append(entries).then(({ taken, reason }) => {
      if (taken === entries.length) return;
      this.failure = new FleetStoreError(reason ?? 'the log of the fleet takes no more');
      throw this.failure;
    });
    this.current = appended.catch(() => {});
    await appended;
  }

  close(): Promise<void> {
    return this.log.close();
  }
}
