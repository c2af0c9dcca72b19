// Clouds of shots: their distance, and how often a threshold in the middle is wrong.
//
// The centres are medians, because a qubit that decays within the window leaves a tail of its cloud towards the other one. The width is that
// of state 0, which has no such tail. SNR is 20 log10 of distance over width.

import { errorRateInterval, type RateInterval } from '../multiplexer/error-rate.ts';

export type Shots = readonly [zero: ArrayLike<number>, one: ArrayLike<number>];

export interface CloudFigures {
  centres: readonly [Point, Point];
  deviation: number;
  distance: number;
  snrDecibels: number;
  /** Shots on the wrong side, by their state. */
  errors: readonly [zero: number, one: number];
  shots: readonly [zero: number, one: number];
  errorRate: number;
  interval: RateInterval;
}

export interface Point {
  i: number;
  q: number;
}

const CONFIDENCE = 0.95;

/** Each state's shots are I and Q in turn. */
export function cloudFigures(shots: Shots): CloudFigures {
  const centres = shots.map(centreOf) as [Point, Point];
  const [zero, one] = centres;
  const separation = Math.hypot(one.i - zero.i, one.q - zero.q);
  const [ui, uq] = [(one.i - zero.i) / separation, (one.q - zero.q) / separation];
  const along = (state: ArrayLike<number>) =>
    Float64Array.from(
      { length: state.length / 2 },
      (_, n) => (state[2 * n] - zero.i) * ui + (state[2 * n + 1] - zero.q) * uq,
    );
  const projections = shots.map(along);
  const deviation = deviationOf(projections[0]);
  const errors = projections.map(
    (values, state) => values.filter((value) => value > separation / 2 !== (state === 1)).length,
  );
  const trials = projections.map(({ length }) => length);
  const [wrong, all] = [errors, trials].map(([a, b]) => a + b);
  const distance = separation / deviation;
  return {
    ...{ centres, deviation, distance, snrDecibels: 20 * Math.log10(distance) },
    errors: [errors[0], errors[1]],
    shots: [trials[0], trials[1]],
    errorRate: wrong / all,
    interval: errorRateInterval(wrong, all, CONFIDENCE),
  };
}

function centreOf(state: ArrayLike<number>): Point {
  const path = (first: number) =>
    medianOf(Float64Array.from({ length: state.length / 2 }, (_, n) => state[2 * n + first]));
  return { i: path(0), q: path(1) };
}

/** Sorts the values. */
export function medianOf(values: Float64Array): number {
  values.sort();
  const middle = Math.floor(values.length / 2);
  return values.length % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
