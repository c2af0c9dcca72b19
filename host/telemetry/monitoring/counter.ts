// The history of one counter, and by how much it grew in a window: as Prometheus calculates `increase`.
//
// The samples of a window do not reach its ends. What the counter did between the ends and the samples is extrapolated: by the whole distance where it is not
// much more than that of two samples, else by half of that; and never to below zero, because a counter begins there.

/** A distance to the end of the window of up to so many distances of samples is bridged whole. */
const BRIDGED = 1.1;

export class Counter {
  private readonly keepSeconds: number;
  private times: number[] = [];
  private values: number[] = [];
  /** Older samples are dropped in pieces. */
  private first = 0;

  constructor(keepSeconds: number) {
    this.keepSeconds = keepSeconds;
  }

  /** Times must grow; a sample of the same time or an earlier one is left out. */
  push(time: number, value: number): void {
    if (time <= (this.times.at(-1) ?? Number.NEGATIVE_INFINITY)) return;
    this.times.push(time);
    this.values.push(value);
    while (this.times[this.first] < time - this.keepSeconds) this.first++;
    if (this.first > this.times.length / 2) {
      this.times = this.times.slice(this.first);
      this.values = this.values.slice(this.first);
      this.first = 0;
    }
  }

  /** Growth in the window that ends now; undefined where it has fewer than two samples. */
  increase(windowSeconds: number, now: number): number | undefined {
    const begin = this.placeOf(now - windowSeconds);
    const end = this.placeOf(now + Number.EPSILON * now) - 1;
    if (end - begin < 1) return undefined;
    let growth = this.values[end] - this.values[begin];
    for (let place = begin + 1; place <= end; place++)
      if (this.values[place] < this.values[place - 1]) growth += this.values[place - 1];
    const sampled = this.times[end] - this.times[begin];
    const between = sampled / (end - begin);
    const bridged = (distance: number) => (distance < BRIDGED * between ? distance : between / 2);
    const toZero = growth > 0 ? (sampled * this.values[begin]) / growth : Number.POSITIVE_INFINITY;
    const before = bridged(Math.min(this.times[begin] - (now - windowSeconds), toZero));
    return (growth * (sampled + before + bridged(now - this.times[end]))) / sampled;
  }

  /** Place of the first sample at this time or later. */
  private placeOf(time: number): number {
    let [low, high] = [this.first, this.times.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.times[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
