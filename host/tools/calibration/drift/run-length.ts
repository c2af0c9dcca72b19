// How long the detectors run on average until an alarm (ARL), and the limits for a wanted rate of false alarms.
//
// CUSUM, one-sided, started at u, for numbers from a normal distribution with mean d and variance 1 (Page 1954; van Dobben de Bruyn 1968):
//
//   L(u) = 1 + L(0) F(k - d - u) + integral from 0 to h of L(y) f(y + k - d - u) dy
//
// with f and F the normal density and distribution. Solved at the nodes of a Gauss-Legendre rule. Two-sided: 1/L = 1/L(up) + 1/L(down).
// Textbook values for k = 0.5: h = 4 gives 168 and h = 5 gives 465 without a shift, 8.4 and 10.4 with a shift of 1.

import { Matrix, solve } from 'ml-matrix';
import { USUAL_SLACK } from './cusum.ts';

/** Nodes of the rule for each unit of h: the density has a width of 1. */
const NODES_A_UNIT = 6;

/** Average number of samples until a two-sided CUSUM raises an alarm, when the mean is `shift` standard deviations off. */
export function cusumRunLength(limit: number, shift = 0, slack = USUAL_SLACK): number {
  return 1 / (1 / oneSided(limit, shift, slack) + 1 / oneSided(limit, -shift, slack));
}

function oneSided(limit: number, shift: number, slack: number): number {
  const { nodes, weights } = gaussLegendre(Math.ceil(NODES_A_UNIT * Math.max(4, limit)), limit);
  // The unknowns: L at 0, then at the nodes.
  const starts = [0, ...nodes];
  const rows = starts.map((start, row) => {
    const offset = slack - shift - start;
    const coefficients = [-normalBelow(offset), ...nodes.map((node, i) => -weights[i] * normalDensity(node + offset))];
    coefficients[row] += 1;
    return coefficients;
  });
  return solve(new Matrix(rows), Matrix.columnVector(starts.map(() => 1))).get(0, 0);
}

/** The least limit with which a two-sided CUSUM runs at least `samples` on average. */
export function cusumLimitFor(samples: number, slack = USUAL_SLACK): number {
  return leastWhere((limit) => cusumRunLength(limit, 0, slack) >= samples, 0.1, 30);
}

/** The same for a Shewhart limit: both tails together have probability 1 / samples. */
export function shewhartLimitFor(samples: number): number {
  return leastWhere((limit) => 2 * normalBelow(-limit) <= 1 / samples, 0.1, 30);
}

function leastWhere(isSo: (value: number) => boolean, low: number, high: number): number {
  if (!isSo(high)) throw new Error(`no limit up to ${high} makes false alarms as rare as was asked`);
  let [below, above] = [low, high];
  while (above - below > 1e-4) {
    const middle = (below + above) / 2;
    if (isSo(middle)) above = middle;
    else below = middle;
  }
  return above;
}

const normalDensity = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** The normal distribution function, by the continued fraction of Laplace in the tails and the series of Kendall in the middle. */
export function normalBelow(x: number): number {
  if (x > 0) return 1 - normalBelow(-x);
  if (x < -38) return 0;
  if (x < -4) {
    let fraction = -x;
    for (let term = 40; term >= 1; term--) fraction = -x + term / fraction;
    return normalDensity(x) / fraction;
  }
  let [term, sum] = [x, x];
  for (let i = 1; Math.abs(term) > 1e-17 * Math.abs(sum); i++) {
    term *= (x * x) / (2 * i + 1);
    sum += term;
  }
  return 0.5 + normalDensity(x) * sum;
}

/** Nodes and weights for the integral from 0 to `end`. */
function gaussLegendre(count: number, end: number): { nodes: number[]; weights: number[] } {
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < count; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 0;
    for (let step = 0; step < 100; step++) {
      let [before, value] = [1, x];
      for (let degree = 2; degree <= count; degree++)
        [before, value] = [value, ((2 * degree - 1) * x * value - (degree - 1) * before) / degree];
      slope = (count * (x * value - before)) / (x * x - 1);
      const change = value / slope;
      x -= change;
      if (Math.abs(change) < 1e-15) break;
    }
    nodes.push((end * (1 + x)) / 2);
    weights.push(end / ((1 - x * x) * slope * slope));
  }
  return { nodes, weights };
}
