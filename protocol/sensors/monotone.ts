// A monotone cubic through given points: passes through each of them, and never turns between two.
//
// Slopes after Fritsch and Butland (SIAM J. Sci. Stat. Comput. 5, 1984): the weighted harmonic mean of the secants on both sides. Beyond
// its ends the curve goes straight on.

export class MonotoneCubic {
  private readonly x: readonly number[];
  private readonly y: readonly number[];
  private readonly slopes: number[];

  /** `x` rises; `y` rises or falls throughout. */
  constructor(x: readonly number[], y: readonly number[]) {
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
    this.slopes = [secants[0], ...inner, secants[secants.length - 1]];
  }

  at(x: number): number {
    const last = this.x.length - 1;
    if (x <= this.x[0]) return this.y[0] + this.slopes[0] * (x - this.x[0]);
    if (x >= this.x[last]) return this.y[last] + this.slopes[last] * (x - this.x[last]);
    let [low, high] = [0, last];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.x[middle] <= x) low = middle;
      else high = middle;
    }
    const h = this.x[high] - this.x[low];
    const t = (x - this.x[low]) / h;
    const [a, b] = [this.y[low], this.y[high]];
    const [ma, mb] = [this.slopes[low] * h, this.slopes[high] * h];
    return a + t * (ma + t * (3 * (b - a) - 2 * ma - mb + t * (2 * (a - b) + ma + mb)));
  }
}
