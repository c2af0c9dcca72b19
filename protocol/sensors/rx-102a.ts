// RX-102A, ruthenium oxide: Lake Shore's fit, three overlapping Chebyshev series in the logarithm of the resistance.
//
//   T = sum of a[i] cos(i arccos x),   x = ((z - ZL) - (ZU - z)) / (ZU - ZL),   z = log10 R

import { exp, ln, log10, power } from './elementary.ts';

interface Segment {
  zLow: number;
  zHigh: number;
  coefficients: readonly number[];
}

/** 0.05 to 0.95 K, 0.75 to 8 K, 5.6 to 40 K. */
const cold: Segment = {
  zLow: 3.35453159798,
  zHigh: 5,
  coefficients: [0.300923, -0.401714, 0.220055, -0.098891, 0.046804, -0.017379, 0.00909, -0.002703, 0.00217, 0],
};
const middle: Segment = {
  zLow: 3.08086045368,
  zHigh: 3.44910010859,
  coefficients: [
    ...[2.813252, -2.976371, 1.299095, -0.538334, 0.220456, -0.090969, 0.037095, -0.015446, 0.005104, -0.004254],
  ],
};
const warm: Segment = {
  zLow: 2.955,
  zHigh: 3.1085555272,
  coefficients: [
    ...[3074.395992, -5680.735415, 4510.873058, -3070.206226, 1775.293345, -857.606658, 336.220971, -101.617491],
    ...[21.390256, -2.407847],
  ],
};

/** Where one series takes over from the next. */
const middleFromOhms = 1284;
const coldFromOhms = 2813;

/** 40 K, where the warm series turns. */
const WARMEST_OHMS = 1049;
/** 50 mK, where the cold one ends. */
const COLDEST_OHMS = 63_770.5;
const COLDEST_KELVIN = 0.05;
/** Nothing is published below: R goes on as T to the minus this, flatter than the curve at its end, as such sensors do (scenario). */
const COLD_EXPONENT = 1.2;
const KNOTS = 960;
const MOST_KELVIN = 39.6;

/** The published fit. */
export function kelvinOfRx102a(ohms: number): number {
  const { zLow, zHigh, coefficients } = ohms < middleFromOhms ? warm : ohms < coldFromOhms ? middle : cold;
  const z = log10(ohms);
  const x = (z - zLow - (zHigh - z)) / (zHigh - zLow);
  // cos(i arccos x) by its recurrence.
  let [before, now] = [1, x];
  let sum = coefficients[0] + coefficients[1] * x;
  for (let i = 2; i < coefficients.length; i++) {
    [before, now] = [now, 2 * x * now - before];
    sum += coefficients[i] * now;
  }
  return sum;
}

/** Kelvin and ohms close enough for a curve through them, cold to warm. */
export function pointsOfRx102a(): [kelvin: number, ohms: number][] {
  const points: [number, number][] = [[1e-3, COLDEST_OHMS * power(COLDEST_KELVIN / 1e-3, COLD_EXPONENT)]];
  const span = ln(MOST_KELVIN) - ln(COLDEST_KELVIN);
  for (let i = 0; i <= KNOTS; i++) {
    const kelvin = exp(ln(COLDEST_KELVIN) + (span * i) / KNOTS);
    points.push([kelvin, ohmsOf(kelvin)]);
  }
  return points;
}

/** By halving. Where two series meet and do not agree, the meeting point. */
function ohmsOf(kelvin: number): number {
  let [low, high] = [WARMEST_OHMS, COLDEST_OHMS + 50];
  for (let turn = 0; turn < 60; turn++) {
    const between = (low + high) / 2;
    if (kelvinOfRx102a(between) > kelvin) low = between;
    else high = between;
  }
  return (low + high) / 2;
}
