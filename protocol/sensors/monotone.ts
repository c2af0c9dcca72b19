// A monotone cubic through given points: passes through each of them, and never turns between two.
//
// Slopes after Fritsch and Butland (SIAM J. Sci. Stat. Comput. 5, 1984): the weighted harmonic mean of the secants on both sides. Beyond
// its ends the curve goes straight on.

export class MonotoneCubic {
  private readonly x: readonly number[];
  private readonly y: readonly number[];
  private readonly slopes: readonly number[];
  /** At the last place asked for. */
  slope = 0;

  /** `x` rises; `y` rises or falls throughout. `slopes`, where they are known, are taken as they are. */
  constructor(x: readonly number[], y: readonly number[], slopes?: readonly number[]) {
    if (x.length !== y.length || x.length < 2) throw new Error('a curve needs two points or more, as many x as y');
    for (let i = 1; i < x.length; i++) {
      if (!(x[i] > x[i - 1])) throw new Error(`a curve's points must rise: ${x[i]} comes after ${x[i - 1]}`);
    }
    this.x = x;
    this.y = y;
    const secants = x.slice(1).map((to, i) => (y[i + 1] - y[i]) / (to - x[i]));
    const inner = secants.slice(1).map((after, i) => {
      const before = secants[i];
      if (before * after <= 0) return 0;
      const [h0, h1] = [x[i + 1] - x[i], x[i + 2] - x[i + 1]];
      const weight = (h0 + 2 * h1) / (3 * (h0 + h1));
      return (before * after) / (weight * after + (1 - weight) * before);
    });
    this.slopes = slopes ?? [secants[0], ...inner, secants[secants.length - 1]];
  }

  at(x: number): number {
    const last = this.x.length - 1;
    if (x <= this.x[0] || x >= this.x[last]) {
      const end = x <= this.x[0] ? 0 : last;
      this.slope = this.slopes[end];
      return this.y[end] + this.slope * (x - this.x[end]);
    }
    return this.within(firstBeyond(this.x, x, true) - 1, x);
  }

  /** Where the curve has a value: the way back. Beyond its ends it is straight there as well. */
  placeOf(y: number): number {
    const last = this.x.length - 1;
    const isRising = this.y[last] > this.y[0];
    const interval = firstBeyond(this.y, y, isRising) - 1;
    if (interval < 0 || interval >= last) {
      const end = interval < 0 ? 0 : last;
      return this.x[end] + (y - this.y[end]) / this.slopes[end];
    }
    // Newton's steps, halved into the interval where they would leave it.
    let [low, high] = [this.x[interval], this.x[interval + 1]];
    let x = (low + high) / 2;
    for (let turn = 0; turn < 60; turn++) {
      const error = this.within(interval, x) - y;
      if (error > 0 === isRising) high = x;
      else low = x;
      const next = x - error / this.slope;
      const stays = next > low && next < high;
      const moved = stays ? next : (low + high) / 2;
      if (moved === x || high - low <= 1e-15 * Math.abs(high)) break;
      const isThere = Math.abs(moved - x) <= 1e-15 * Math.abs(x);
      x = moved;
      if (isThere) break;
    }
    return x;
  }

  private within(interval: number, x: number): number {
    const width = this.x[interval + 1] - this.x[interval];
    const mean = (this.y[interval + 1] - this.y[interval]) / width;
    const begin = this.slopes[interval];
    const square = (3 * mean - 2 * begin - this.slopes[interval + 1]) / width;
    const cube = (begin + this.slopes[interval + 1] - 2 * mean) / width / width;
    const d = x - this.x[interval];
    this.slope = begin + d * (2 * square + d * 3 * cube);
    return this.y[interval] + d * (begin + d * (square + d * cube));
  }
}

/** Index of the first of rising (or falling) values that is above (or below) one. */
function firstBeyond(values: readonly number[], value: number, isRising: boolean): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isRising ? values[middle] <= value : values[middle] >= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
