// Curve fits of the calibrations: models with names, least squares by Levenberg and Marquardt (ml-levenberg-marquardt), and how good a fit is.
//
// What must stay true: the same data gives the same fit. Data are scaled before they are fitted, because the library's steps and tolerances are made
// for numbers near 1. A fit says how much of the variance it explains; whoever uses it decides whether that is enough.

import { levenbergMarquardt } from 'ml-levenberg-marquardt';
import { inverse, Matrix } from 'ml-matrix';
import type { FitReport } from './record.ts';

interface Model {
  parameters: readonly string[];
  /** Value at x. */
  at(parameters: readonly number[], x: number): number;
}

/** Complex numbers of one-port resonators cancel in the distance of both states, so these are curves of real numbers. */
export const models = {
  /** Phase in turns over frequency in Hz of what arrives `delay` seconds late. */
  phaseLine: { parameters: ['phase', 'delay'], at: ([phase, delay], x) => phase - x * delay },
  /** Distance of both states of a dispersive resonator, centre and half distance `chi` in the unit of x: product of two Lorentzian amplitudes. */
  dispersive: {
    parameters: ['height', 'centre', 'kappa', 'chi'],
    at: ([height, centre, kappa, chi], x) => {
      const half = (kappa * kappa) / 4;
      const side = (at: number) => (x - centre - at) ** 2 + half;
      return (height * (half + chi * chi)) / Math.sqrt(side(chi) * side(-chi));
    },
  },
} satisfies Record<string, Model>;

const ITERATIONS = 200;

/** Least squares, all points alike. `guess`: a value near each parameter; where it is 0, `scale` says what is near. */
export function fitCurve(
  name: keyof typeof models,
  x: readonly number[],
  y: readonly number[],
  guess: readonly number[],
  scale: readonly number[] = guess.map((value) => Math.abs(value) || 1),
): FitReport {
  const model: Model = models[name];
  const size = Math.max(...y.map(Math.abs)) || 1;
  const unscaled = (scaled: readonly number[]) => scaled.map((value, i) => value * scale[i]);
  const { parameterValues } = levenbergMarquardt(
    { x: [...x], y: y.map((value) => value / size) },
    (scaled) => {
      const parameters = unscaled(scaled);
      return (at) => model.at(parameters, at) / size;
    },
    {
      initialValues: guess.map((value, i) => value / scale[i]),
      ...{ damping: 0.01, maxIterations: ITERATIONS, gradientDifference: 1e-4, centralDifference: true },
      ...{ errorTolerance: 1e-12, improvementThreshold: 1e-9 },
    },
  );
  return report(name, x, y, unscaled(parameterValues), scale);
}

function report(
  name: keyof typeof models,
  x: readonly number[],
  y: readonly number[],
  values: number[],
  scale: readonly number[],
): FitReport {
  const model: Model = models[name];
  const residuals = x.map((at, i) => y[i] - model.at(values, at));
  const squares = residuals.reduce((sum, each) => sum + each * each, 0);
  const mean = y.reduce((sum, each) => sum + each, 0) / y.length;
  const variance = y.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  const errors = standardErrors(model, x, values, scale, squares / Math.max(1, x.length - values.length));
  const named = (list: readonly number[]) => Object.fromEntries(model.parameters.map((key, i) => [key, list[i]]));
  return {
    model: name,
    parameters: named(values),
    errors: named(errors),
    rms: Math.sqrt(squares / x.length),
    explained: variance > 0 ? 1 - squares / variance : 0,
  };
}

/** From the curvature at the minimum: variance times the inverse of the Jacobian's square. Infinity where the data do not fix a parameter. */
function standardErrors(
  model: Model,
  x: readonly number[],
  values: readonly number[],
  scale: readonly number[],
  variance: number,
): number[] {
  const slope = (i: number, at: number) => {
    const step = 1e-5 * scale[i];
    const moved = (by: number) =>
      model.at(
        values.map((value, k) => (k === i ? value + by : value)),
        at,
      );
    return (moved(step) - moved(-step)) / 2e-5;
  };
  const jacobian = new Matrix(x.map((at) => values.map((_, i) => slope(i, at))));
  try {
    const covariance = inverse(jacobian.transpose().mmul(jacobian));
    return values.map((_, i) => scale[i] * Math.sqrt(Math.max(0, variance * covariance.get(i, i))));
  } catch {
    return values.map(() => Number.POSITIVE_INFINITY);
  }
}
