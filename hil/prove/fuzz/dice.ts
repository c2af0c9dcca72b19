// The fuzzer's chance: one stream of numbers from a seed (xorshift32), so that a run is its seed.

export class Dice {
  private state: number;

  constructor(seed: number) {
    // Zero would stay zero for ever.
    this.state = seed >>> 0 || 0x9e37_79b9;
  }

  /** 0 to n - 1. */
  below(n: number): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state % n;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}
