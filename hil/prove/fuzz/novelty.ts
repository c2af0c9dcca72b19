// Whether an input did something that no earlier input has done: it reached a new block, or ran a block an order of magnitude more often.

/** Counts are sorted into buckets: 1, 2, 3, 4-7, 8-15, 16-31, 32-127 and more. */
function bucketOf(count: number): number {
  if (count < 4) return count;
  return count < 8 ? 4 : count < 16 ? 5 : count < 32 ? 6 : count < 128 ? 7 : 8;
}

export class Novelty {
  private readonly read: () => Float64Array;
  private last: Float64Array;
  /** By block: a bit for each bucket seen. */
  private readonly seen: Uint16Array;

  /** `read` returns the present counters. */
  constructor(read: () => Float64Array) {
    this.read = read;
    this.last = read();
    this.seen = new Uint16Array(this.last.length);
  }

  /** Whether something new has run since the last call. */
  isNew(): boolean {
    const now = this.read();
    let isNew = false;
    for (let block = 0; block < now.length; block++) {
      const bit = 1 << bucketOf(now[block] - this.last[block]);
      if (bit === 1 || (this.seen[block] & bit) !== 0) continue;
      this.seen[block] |= bit;
      isNew = true;
    }
    this.last = now;
    return isNew;
  }

  /** Blocks reached so far. */
  get reached(): number {
    return this.seen.reduce((sum, buckets) => sum + (buckets === 0 ? 0 : 1), 0);
  }
}
