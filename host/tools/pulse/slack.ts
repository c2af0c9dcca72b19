// Slack: how long a real-time instruction waited in the queue for its time. The least slack says how close a program is to an underflow.

export interface SlackRange {
  /** Inclusive; null when there is no lower end. */
  fromNs: number | null;
  /** Exclusive. */
  toNs: number;
  count: number;
}

/** A histogram by powers of two, found from the leading zeros: it must be fast, because every real-time instruction of a run is counted. */
export class SlackHistogram {
  /** The counts of slack below zero, of zero, of 1, of 2 to 3, of 4 to 7 … */
  private readonly counts = new Float64Array(33);
  private least = Number.POSITIVE_INFINITY;
  private leastAt = -1;

  add(slackNs: number, instruction: number): void {
    if (slackNs < this.least) {
      this.least = slackNs;
      this.leastAt = instruction;
    }
    this.counts[slackNs < 0 ? 0 : 33 - Math.clz32(slackNs)] += 1;
  }

  get minimumNs(): number | undefined {
    return this.leastAt < 0 ? undefined : this.least;
  }

  /** Index of the instruction with the least slack. */
  get minimumAt(): number | undefined {
    return this.leastAt < 0 ? undefined : this.leastAt;
  }

  /** The ranges that are not empty. */
  ranges(): SlackRange[] {
    const all = Array.from(this.counts, (count, index) => ({
      fromNs: index === 0 ? null : index === 1 ? 0 : 2 ** (index - 2),
      toNs: index === 0 ? 0 : 2 ** (index - 1),
      count,
    }));
    return all.filter(({ count }) => count > 0);
  }
}
