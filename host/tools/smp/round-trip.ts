// Decides when an answer is late, from the mean and deviation of the round trips, as in RFC 6298; the wait doubles at every repetition.

// A device that follows the reference answers within 200 ms, erasing included; asking earlier only adds traffic.
const fastestMs = 200;
const slowestMs = 4000;

export class RoundTrip {
  readonly #firstMs: number;
  #meanMs: number | undefined;
  #deviationMs = 0;

  /** `firstMs`: the wait before the first measurement. */
  constructor(firstMs: number) {
    this.#firstMs = firstMs;
  }

  /** Only for messages that were sent once: otherwise it is not known to which copy the answer belongs. */
  measure(roundTripMs: number): void {
    if (this.#meanMs === undefined) {
      this.#meanMs = roundTripMs;
      this.#deviationMs = roundTripMs / 2;
      return;
    }
    this.#deviationMs += (Math.abs(roundTripMs - this.#meanMs) - this.#deviationMs) / 4;
    this.#meanMs += (roundTripMs - this.#meanMs) / 8;
  }

  /** How long to wait for the answer to a message sent `sends` times. */
  lateAfterMs(sends: number): number {
    const estimateMs = this.#meanMs === undefined ? this.#firstMs : this.#meanMs + 4 * this.#deviationMs;
    return Math.min(Math.max(estimateMs, fastestMs) * 2 ** (sends - 1), slowestMs);
  }
}
