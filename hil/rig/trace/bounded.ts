// What a report keeps of a run whose length nobody knows before: bins of time, steps of a state, and marks, each of a bounded number.
//
// What must stay true: what is kept depends on what was added and on nothing else, so a repeated run gives the same report.

import { millisecond } from '../time.ts';

/** Few enough for a page with many runs, and as many as a screen shows. */
const BINS = 160;
const STEPS_MOST = 300;

export interface Bin {
  least: number;
  most: number;
  sum: number;
}

/** Least, most and sum of the values of each piece of time. When the time outgrows the bins, each two become one, twice as wide. */
export class TimeBins {
  widthNs = millisecond;
  readonly bins: (Bin | undefined)[] = [];

  add(timeNs: number, value: number): void {
    while (timeNs >= BINS * this.widthNs) this.widen();
    const index = Math.floor(timeNs / this.widthNs);
    this.bins[index] = joined(this.bins[index], { least: value, most: value, sum: value });
  }

  get total(): number {
    return this.bins.reduce((sum, bin) => sum + (bin?.sum ?? 0), 0);
  }

  private widen(): void {
    for (let i = 0; i < BINS / 2; i++) this.bins[i] = joined(this.bins[2 * i], this.bins[2 * i + 1]);
    this.bins.length = BINS / 2;
    this.widthNs *= 2;
  }
}

function joined(one: Bin | undefined, other: Bin | undefined): Bin | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    least: Math.min(one.least, other.least),
    most: Math.max(one.most, other.most),
    sum: one.sum + other.sum,
  };
}

/** Texts with their times: of a long list, the first half of what is kept and the last. */
export class TimedTexts {
  readonly list: [timeNs: number, text: string][] = [];
  leftOut = 0;

  add(timeNs: number, text: string): void {
    this.list.push([timeNs, text]);
    if (this.list.length <= STEPS_MOST) return;
    this.list.splice(STEPS_MOST / 2, 1);
    this.leftOut++;
  }

  /** As `add`, for a state: only where it is another one. */
  change(timeNs: number, text: string): void {
    if (this.list.at(-1)?.[1] !== text) this.add(timeNs, text);
  }
}
