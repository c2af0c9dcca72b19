// The clock that receive times are read from. It follows the host's clock, and never goes back by less than an hour.
//
//   the host's clock is put ahead   it follows at once
//   it is put back                  it goes on at half the speed until the host's clock has come as far; by more than an hour: it follows
//
// What must stay true: receive times only tell when; no order depends on them.

import type { Time } from '../time.ts';

const stepNs = 1_000_000_000n;
const followNs = 3_600_000_000_000n;

export class ReceiveClock {
  private readonly time: Time;
  private readonly onStep: (byMs: number) => void;
  private wallNs: bigint;
  private monotonicMs: number;
  private toldNs: bigint;

  /** `onStep` is called when the host's clock was stepped by more than a second. */
  constructor(time: Time, onStep: (byMs: number) => void) {
    this.time = time;
    this.onStep = onStep;
    this.wallNs = time.wallNs();
    this.monotonicMs = time.monotonicMs();
    this.toldNs = this.wallNs;
  }

  nowNs(): bigint {
    const [wallNs, monotonicMs] = [this.time.wallNs(), this.time.monotonicMs()];
    const elapsedNs = BigInt(Math.round((monotonicMs - this.monotonicMs) * 1e6));
    const step = wallNs - this.wallNs - elapsedNs;
    this.wallNs = wallNs;
    this.monotonicMs = monotonicMs;
    const isBehind = wallNs < this.toldNs && this.toldNs - wallNs <= followNs;
    this.toldNs = isBehind ? this.toldNs + elapsedNs / 2n : wallNs;
    if (step > stepNs || step < -stepNs) this.onStep(Number(step / 1_000_000n));
    return this.toldNs;
  }
}
