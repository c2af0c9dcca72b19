// One sync for many callers: who needs it at once brings it forward for all.

import type { Time } from '../time.ts';
import type { WriteFailure } from './tail.ts';

export class SyncGroup {
  private readonly time: Time;
  private readonly withinMs: number;
  private readonly sync: () => WriteFailure | undefined;
  private waiting:
    | { promise: Promise<WriteFailure | undefined>; cancel: () => void; run: () => void; isUrgent: boolean }
    | undefined;
  /** What callers that wait now will be told, whatever the sync says: what they wait for is gone. */
  private lost: WriteFailure | undefined;

  /** `sync` answers why it failed. */
  constructor(time: Time, withinMs: number, sync: () => WriteFailure | undefined) {
    this.time = time;
    this.withinMs = withinMs;
    this.sync = sync;
  }

  /** Resolves after the next sync, with why it failed. */
  wait(isUrgent: boolean): Promise<WriteFailure | undefined> {
    const { waiting } = this;
    if (waiting === undefined) return this.begin(isUrgent);
    if (isUrgent && !waiting.isUrgent) {
      waiting.cancel();
      waiting.cancel = this.time.after(0, waiting.run);
      waiting.isUrgent = true;
    }
    return waiting.promise;
  }

  /** What callers wait for was written, or is gone, before the next sync. */
  lose(failure: WriteFailure): void {
    if (this.waiting !== undefined) this.lost ??= failure;
  }

  private begin(isUrgent: boolean): Promise<WriteFailure | undefined> {
    let resolve: (failure: WriteFailure | undefined) => void = () => {};
    const promise = new Promise<WriteFailure | undefined>((call) => {
      resolve = call;
    });
    const run = () => {
      const { lost } = this;
      this.waiting = undefined;
      this.lost = undefined;
      resolve(lost ?? this.sync());
    };
    const cancel = this.time.after(isUrgent ? 0 : this.withinMs, run);
    this.waiting = { promise, cancel, run, isUrgent };
    return promise;
  }
}
