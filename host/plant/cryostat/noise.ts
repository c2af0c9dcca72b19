// Chance for the cryostat: numbers that depend on a seed, a channel and a count, and on nothing else.
//
// There is no generator with a state that reading would advance: noise at a moment is the same whoever looks, and how often.

import { ln, sineOfTurns } from '../../../protocol/sensors/elementary.ts';

/** 32 bits out of three numbers: what chance is made of here, so that noise at a moment is the same whoever looks, and how often. */
export function hash(seed: number, channel: number, count: number): number {
  let word = mix((seed >>> 0) ^ 0x9e3779b9);
  word = mix(word ^ Math.floor(seed / 0x1_0000_0000));
  word = mix(word ^ channel);
  word = mix(word ^ (count % 0x1_0000_0000));
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
