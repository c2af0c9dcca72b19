// Time that passes only when a test lets it: timers are called in their order, at once. The host's clock can be stepped.

import type { Time } from '../time.ts';

interface Timer {
  atMs: number;
  order: number;
  call: () => void;
}

export class VirtualTime implements Time {
  private nowMs = 0;
  private timers: Timer[] = [];
  private made = 0;
  /** What the host's clock is ahead of time that passed. */
  wallAheadMs = 1_800_000_000_000;

  monotonicMs(): number {
    return this.nowMs;
  }

  wallNs(): bigint {
    return BigInt(Math.round((this.nowMs + this.wallAheadMs) * 1000)) * 1000n;
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = { atMs: this.nowMs + milliseconds, order: this.made++, call };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass until all work of that time is done. */
  async pass(milliseconds: number): Promise<void> {
    const endMs = this.nowMs + milliseconds;
    for (;;) {
      await settled();
      const next = this.timers.reduce<Timer | undefined>(
        (first, timer) =>
          first === undefined || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order)
            ? timer
            : first,
        undefined,
      );
      if (next === undefined || next.atMs > endMs) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.call();
    }
    this.nowMs = endMs;
    await settled();
  }

  /** Lets time pass until a promise is settled. */
  async until<Result>(work: Promise<Result>, stepMs = 50, mostMs = 3_600_000): Promise<Result> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => {});
    for (let passed = 0; !isDone; passed += stepMs) {
      if (passed > mostMs) throw new Error(`virtual time: not settled after ${mostMs} ms`);
      await this.pass(stepMs);
    }
    return done;
  }
}

/** Until every promise that can go on has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
