// Random numbers of the chain. Each is a function of a seed, a channel and a time, so that a sample is the same however a run is cut up.
//
//   normals      4096 equally probable values of the normal distribution; the outermost two stand for the tails and are drawn exactly
//   wander       a slow random change: values on lattices from a minute to days, interpolated; variance 1
//   flicker      1/f noise: lattices from 64 ns to 20 minutes, a factor of four apart, each of the same variance
//   telegraph    jumps between two values: one draw in each cell of time, at a moment of its own
//
// A sum of Ornstein-Uhlenbeck processes with these correlation times has the same spectrum, but it needs a generator that remembers. These do
// not.

import { hash, uniform } from '../cryostat/noise.ts';
import { normalDensity, upperQuantile, upperTail } from './error-function.ts';

export const NORMALS = 4096;
let table: Float64Array | undefined;

/** Values of the normal distribution by an index of 12 bits. The first and the last are NaN: `tailNormal` draws those. */
export function normalTable(): Float64Array {
  if (table) return table;
  table = new Float64Array(NORMALS);
  let square = 0;
  for (let i = NORMALS / 2; i < NORMALS - 1; i++) {
    const value = upperQuantile((NORMALS - 0.5 - i) / NORMALS);
    table[i] = value;
    table[NORMALS - 1 - i] = -value;
    square += (2 * value * value) / NORMALS;
  }
  // The middle of a cell is a little nearer to zero than its root mean square; the cells in the middle make up for it.
  const edge = upperQuantile(1 / NORMALS);
  const tails = 2 * (edge * normalDensity(edge) + upperTail(edge));
  const stretch = Math.sqrt((1 - tails) / square);
  for (let i = 1; i < NORMALS - 1; i++) table[i] *= stretch;
  table[0] = Number.NaN;
  table[NORMALS - 1] = Number.NaN;
  return table;
}

/** A value from the tail that an outermost place of the table stands for. `word`: 32 random bits. */
export function tailNormal(place: number, word: number): number {
  const value = upperQuantile(((word >>> 0) + 0.5) / 0x1_0000_0000 / NORMALS);
  return place === 0 ? -value : value;
}

/** A bijection of 32-bit words that mixes all of their bits. */
export function mix(value: number): number {
  let word = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
  return word ^ (word >>> 15);
}

/** A normal number of a lattice place. */
export function latticeNormal(seed: number, channel: number, place: number): number {
  const index = hash(seed, channel, place) >>> 20;
  const value = normalTable()[index];
  return Number.isNaN(value) ? tailNormal(index, hash(seed, ~channel, place)) : value;
}

/** Interpolated between two places of a lattice so that the variance is 1 everywhere. `share`: how far towards the second one. */
const between = (before: number, after: number, share: number): number =>
  (before * (1 - share) + after * share) / Math.sqrt(share * share + (1 - share) * (1 - share));

function latticeValue(seed: number, channel: number, position: number): number {
  const place = Math.floor(position);
  const [before, after] = [latticeNormal(seed, channel, place), latticeNormal(seed, channel, place + 1)];
  return between(before, after, position - place);
}

const WANDER_FASTEST_NS = 60e9;
const WANDER_LATTICES = 6;

/** Mean 0, deviation 1; correlation times from a minute to 17 hours. */
export function wander(seed: number, channel: number, timeNs: number): number {
  let sum = 0;
  let period = WANDER_FASTEST_NS;
  for (let i = 0; i < WANDER_LATTICES; i++) {
    sum += latticeValue(seed, channel + i, timeNs / period);
    period *= 4;
  }
  return sum / Math.sqrt(WANDER_LATTICES);
}

/** Flicker noise is constant for this time. */
export const FLICKER_STEP_NS = 64;
export const FLICKER_LATTICES = 18;
/** Lattices of so many and more change little within a block of samples. */
export const FLICKER_FAST = 5;
/** Decades of frequency in a factor of four. */
export const DECADES_A_LATTICE = 0.6020599913279624;

/**
 * Flicker noise of a seed and a channel. It keeps the two normals of each lattice that it drew last: times that follow one another are mostly
 * between the same places.
 */
export class Flicker {
  private readonly seed: number;
  private readonly channel: number;
  private readonly places = new Float64Array(FLICKER_LATTICES).fill(Number.NaN);
  private readonly before = new Float64Array(FLICKER_LATTICES);
  private readonly after = new Float64Array(FLICKER_LATTICES);

  constructor(seed: number, channel: number) {
    this.seed = seed;
    this.channel = channel;
  }

  /** The sum of lattices `from` to `to`, each of variance 1. */
  sum(timeNs: number, from: number, to: number): number {
    const { places, before, after } = this;
    let sum = 0;
    for (let i = from; i < to; i++) {
      const position = timeNs / (FLICKER_STEP_NS * FLICKER_PERIODS[i]);
      const place = Math.floor(position);
      if (places[i] !== place) {
        before[i] = places[i] === place - 1 ? after[i] : latticeNormal(this.seed, this.channel + i, place);
        after[i] = latticeNormal(this.seed, this.channel + i, place + 1);
        places[i] = place;
      }
      sum += between(before[i], after[i], position - place);
    }
    return sum;
  }
}

const FLICKER_PERIODS: readonly number[] = Array.from({ length: FLICKER_LATTICES }, (_, i) => {
  let period = 1;
  for (let k = 0; k < i; k++) period *= 4;
  return period;
});

/** -1 or 1. It is drawn anew once in each cell of `cellNs`, so it changes every second cell on average. */
export function telegraph(seed: number, channel: number, timeNs: number, cellNs: number): number {
  const cell = Math.floor(timeNs / cellNs);
  const moment = (cell + uniform(seed, channel, cell)) * cellNs;
  return hash(seed, ~channel, timeNs < moment ? cell - 1 : cell) & 1 ? 1 : -1;
}
