// The board's only source of chance: xoshiro128** (Blackman and Vigna), its four words of state in the arena.
// Snapshot and restore therefore rewind chance as well, and the same seed tears the same bits in every process.

import type { Arena } from './arena.ts';

const rotateLeft = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits));

export class Random {
  private readonly state: Uint32Array;

  /** `seed`: any safe integer. */
  constructor(arena: Arena, seed: number) {
    if (!Number.isSafeInteger(seed)) throw new Error(`random: the seed must be an integer, not ${seed}`);
    this.state = arena.words(4);
    // A counter through a mixing function fills the state, so that seeds 1 and 2 have nothing in common, and it is never all zero.
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
}
