// The only generator of random numbers on the host: xoshiro128** (Blackman and Vigna), four words of state made from a seed.
//
// The board's generator keeps its state in the arena, so a restore resets it too, and the same seed tears the same bits in
// every process. Proofs and tests use generators of their own. What must stay true: the same seed gives the same numbers, in this version and
// the next (log hashes depend on it). The noise of the plant uses none: it depends on seed, channel and time (host/plant/cryostat/noise.ts).

/** A number from 0 to n - 1. */
export type Choose = (n: number) => number;

const rotateLeft = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits));

export class Random {
  readonly state: Uint32Array;

  /** `seed`: any safe integer. `state`: four words that hold the state; allocated when left out. */
  constructor(seed: number, state: Uint32Array = new Uint32Array(4)) {
    if (!Number.isSafeInteger(seed)) throw new Error(`random: the seed must be an integer, not ${seed}`);
    this.state = state;
    // A counter passed through a mixing function fills the state, so that seeds 1 and 2 give unrelated states, and it is never all zero.
    let counter = (seed >>> 0) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b1);
    for (let i = 0; i < 4; i++) {
      counter = (counter + 0x9e3779b9) | 0;
      let word = Math.imul(counter ^ (counter >>> 16), 0x21f0aaad);
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
      this.state[i] = word ^ (word >>> 15);
    }
    if (this.state.every((word) => word === 0)) this.state[0] = 1;
  }

  /** 32 bits, unsigned. */
  next(): number {
    const s = this.state;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9);
    const kept = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= kept;
    s[3] = rotateLeft(s[3], 11);
    return result >>> 0;
  }

  /** A whole number from 0 to n - 1, n from 1 to 2^32. */
  below(n: number): number {
    return this.next() % n;
  }

  /** From 0 to 1, 1 excluded. */
  fraction(): number {
    return this.next() / 2 ** 32;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

/** For code that takes random numbers as a function: each call gives the next number of a new generator. */
export function chooser(seed: number): Choose {
  const random = new Random(seed);
  return (n) => random.below(n);
}
