// The complementary error function and the normal distribution, made of IEEE basic operations only (protocol/sensors/elementary.ts).
//
// Below 2 the power series of erf, above it the continued fraction of erfc, each to about 1e-15 relative to erfc's own size.

import { exp, ln } from '../../../protocol/sensors/elementary.ts';

const TWO_OVER_ROOT_PI = 1.1283791670955126;
const ROOT_TWO_PI = 2.5066282746310002;
const SERIES_BELOW = 2;
const FRACTION_TERMS = 80;

/** 2 / sqrt(pi) times the integral of exp(-t²) from x to infinity. */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < SERIES_BELOW) return 1 - erfSeries(x);
  // erfc(x) = exp(-x²) / sqrt(pi) / (x + 1/2 / (x + 1 / (x + 3/2 / (x + …)))), from its end.
  let fraction = x;
  for (let k = FRACTION_TERMS; k >= 1; k--) fraction = x + k / 2 / fraction;
  return (0.5 * TWO_OVER_ROOT_PI * exp(-x * x)) / fraction;
}

function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > 1e-18 * sum; n++) {
    // erf(x) = 2/sqrt(pi) exp(-x²) Σ 2^n x^(2n+1) / (2n+1)!!, whose terms are all positive.
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_ROOT_PI * exp(-x * x) * sum;
}

/** Probability that a standard normal number is above x. */
export const upperTail = (x: number): number => 0.5 * erfc(x * Math.SQRT1_2);

export const normalDensity = (x: number): number => exp(-0.5 * x * x) / ROOT_TWO_PI;

/** The x that a standard normal number passes with probability `tail`, 0 < tail <= 1/2. */
export function upperQuantile(tail: number): number {
  // Newton's steps from below converge without overshoot, because the tail is convex there. Far out they begin at the asymptote.
  const double = -2 * ln(tail);
  let x = tail < 0.01 ? Math.sqrt(double - ln(double * 2 * Math.PI)) : 0;
  for (let step = 0; step < 100; step++) {
    const change = (upperTail(x) - tail) / normalDensity(x);
    x += change;
    if (Math.abs(change) < 1e-14 * (1 + x)) break;
  }
  return x;
}
