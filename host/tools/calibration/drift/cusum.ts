// Detectors of a change in a series of independent numbers with mean 0 and variance 1 (whiten.ts makes such a series of a measured one).
//
// CUSUM, two-sided (Page 1954): up = max(0, up + z - k), down = max(0, down - z - k); alarm when one of them passes h. It finds small lasting shifts:
// best at a shift of 2 k. Shewhart: alarm when one number alone is beyond a limit. It finds jumps at once.

export type Side = 'up' | 'down';

/** Half of the shift it is best for, in standard deviations: the usual choice. */
export const USUAL_SLACK = 0.5;

export class Cusum {
  readonly slack: number;
  readonly limit: number;
  private up = 0;
  private down = 0;
  private upSince = 0;
  private downSince = 0;
  private count = 0;

  constructor(limit: number, slack = USUAL_SLACK) {
    if (!(limit > 0 && slack > 0)) throw new Error(`cusum: limit ${limit} and slack ${slack} must be above 0`);
    this.limit = limit;
    this.slack = slack;
  }

  /** The side to which the mean has shifted, once that is certain enough. */
  take(z: number): Side | undefined {
    this.count++;
    this.up = Math.max(0, this.up + z - this.slack);
    this.down = Math.max(0, this.down - z - this.slack);
    if (this.up === 0) this.upSince = this.count;
    if (this.down === 0) this.downSince = this.count;
    if (this.up > this.limit) return 'up';
    return this.down > this.limit ? 'down' : undefined;
  }

  /** How many numbers ago the shift to this side began, as far as the sums know. */
  age(side: Side): number {
    return this.count - (side === 'up' ? this.upSince : this.downSince);
  }

  reset(): void {
    [this.up, this.down, this.count, this.upSince, this.downSince] = [0, 0, 0, 0, 0];
  }
}

export class Shewhart {
  readonly limit: number;

  constructor(limit: number) {
    if (!(limit > 0)) throw new Error(`shewhart: the limit ${limit} must be above 0`);
    this.limit = limit;
  }

  take(z: number): Side | undefined {
    if (z > this.limit) return 'up';
    return z < -this.limit ? 'down' : undefined;
  }
}
