// Slack: how long a real-time instruction lay in the queue before its time came. The least of it says how close a program is to an underflow.

/** Upper ends of the ranges, exclusive; the last range has none. */
const upperEndsNs = [0, 40, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000, 1_000_000];

export interface SlackRange {
  /** Inclusive; null: there is no lower end. */
  fromNs: number | null;
  /** Exclusive; null: there is no upper end. */
  toNs: number | null;
  count: number;
}

export class SlackHistogram {
  private readonly counts = new Float64Array(upperEndsNs.length + 1);
  minimumNs: number | undefined;
  /** Index of the instruction with the least slack. */
  minimumAt: number | undefined;

  add(slackNs: number, instruction: number): void {
    if (this.minimumNs === undefined || slackNs < this.minimumNs) {
      this.minimumNs = slackNs;
      this.minimumAt = instruction;
    }
    let range = 0;
    while (range < upperEndsNs.length && slackNs >= upperEndsNs[range]) range += 1;
    this.counts[range] += 1;
  }

  /** Ranges that hold something. */
  ranges(): SlackRange[] {
    const all = Array.from(this.counts, (count, index) => ({
      fromNs: upperEndsNs[index - 1] ?? null,
      toNs: upperEndsNs[index] ?? null,
      count,
    }));
    return all.filter(({ count }) => count > 0);
  }
}
