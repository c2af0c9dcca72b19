// Random numbers for the cryostat. Each is a function of a seed, a channel and a count.
//
// There is no generator whose state a reading would advance: the noise at a moment is the same, however often it is read.

import { ln, sineOfTurns } from '../../../protocol/sensors/elementary.ts';

/** A hash of three numbers with 32 bits; all random numbers here are made of it. */
export function hash(seed: number, channel: number, count: number): number {
  let word = mix((seed >>> 0) ^ 0x9e3779b9);
  word = mix(word ^ Math.floor(seed / 0x1_0000_0000));
  word = mix(word ^ channel);
  // Bits of a number are its lowest 32 ones, however large it is.
  word = mix(word ^ count);
  return mix(word ^ Math.floor(count / 0x1_0000_0000));
}

function mix(value: number): number {
  let word = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
  return (word ^ (word >>> 15)) >>> 0;
}

/** A uniform number in (0, 1). */
export const uniform = (seed: number, channel: number, count: number): number =>
  (hash(seed, channel, count) + 0.5) / 0x1_0000_0000;

/** A normal number, mean 0 and deviation 1, by Box and Muller. */
export function normal(seed: number, channel: number, count: number): number {
  const radius = Math.sqrt(-2 * ln(uniform(seed, channel, count)));
  return radius * sineOfTurns(uniform(seed, channel ^ 0x5555_5555, count));
}
