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
    let low = 0;
    let high = last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.x[middle] <= x) low = middle;
      else high = middle;
    }
    const width = this.x[high] - this.x[low];
    const mean = (this.y[high] - this.y[low]) / width;
    const begin = this.slopes[low];
    const square = (3 * mean - 2 * begin - this.slopes[high]) / width;
    const cube = (begin + this.slopes[high] - 2 * mean) / width / width;
    const d = x - this.x[low];
    this.slope = begin + d * (2 * square + d * 3 * cube);
    return this.y[low] + d * (begin + d * (square + d * cube));
  }
}
