// One step of a stiff system: the linearly implicit Euler method in one step and in two half steps, and Richardson extrapolation of both.
//
// The plates react within a second, a mixing chamber with little flow in a quarter of an hour, the 50 K shield in an hour. An explicit method
// would need steps of the fastest time. Here (1 - h J) d = h f is solved instead. The difference between the whole step and the half steps is
// the error, their extrapolation is of second order, and the middle gives the curve in between without more work.
// What must stay true: a step is a function of its beginning, its length and the inputs, so that every process takes the same step.

import { SHARE, UNKNOWNS } from './thermal-model.ts';

// Copies for the loops below: a module loader may turn each use of an imported constant into a call.
const N = UNKNOWNS;
const LAST_TEMPERATURE = SHARE - 1;

export type Rates = (y: Float64Array, rates: Float64Array) => void;

/** The tolerated error of a step, relative to the temperature. */
const TOLERANCE = 1e-5;
/** The change of a temperature with which the Jacobian is measured. */
const NUDGE = 1e-6;
const HOPELESS = 1e4;

export class Integrator {
  /** Temperatures in the middle and at the end of the last step. */
  readonly middle = new Float64Array(N);
  readonly end = new Float64Array(N);
  private readonly rates: Rates;
  private readonly slope = new Float64Array(N);
  private readonly nudged = new Float64Array(N);
  private readonly jacobian = new Float64Array(N * N);
  private readonly matrix = new Float64Array(N * N);
  private readonly whole = new Float64Array(N);
  private readonly change = new Float64Array(N);

  constructor(rates: Rates) {
    this.rates = rates;
  }

  /** Call this before steps from a new beginning. */
  prepare(y: Float64Array): void {
    const { slope, nudged, jacobian, change } = this;
    this.rates(y, slope);
    nudged.set(y);
    for (let column = 0; column < N; column++) {
      const nudge = NUDGE * Math.max(Math.abs(y[column]), 1e-4);
      nudged[column] = y[column] + nudge;
      this.rates(nudged, change);
      for (let row = 0; row < N; row++) jacobian[row * N + column] = (change[row] - slope[row]) / nudge;
      nudged[column] = y[column];
    }
  }

  /** A step from the `y` that `prepare` was given: fills `middle` and `end`, and returns the error in units of the tolerance. */
  step(y: Float64Array, seconds: number): number {
    const { slope, middle, end, whole, change } = this;
    this.factor(seconds);
    this.solve(slope, seconds, change);
    for (let i = 0; i < N; i++) whole[i] = y[i] + change[i];
    const half = seconds / 2;
    this.factor(half);
    this.solve(slope, half, change);
    for (let i = 0; i < N; i++) middle[i] = y[i] + change[i];
    this.rates(middle, end);
    this.solve(end, half, change);
    let error = 0;
    for (let i = 0; i < N; i++) {
      const halves = middle[i] + change[i];
      const scale = TOLERANCE * Math.max(Math.abs(y[i]), Math.abs(halves), 1e-3);
      error = Math.max(error, Math.abs(halves - whole[i]) / scale);
      end[i] = 2 * halves - whole[i];
      // In a valid step no stage loses three quarters of its temperature, and none goes below absolute zero.
      if (i <= LAST_TEMPERATURE && end[i] < y[i] / 4) error = Math.max(error, HOPELESS);
    }
    return error;
  }

  /** LU decomposition of 1 - h J, without pivoting: the diagonal dominates, because a stage cools itself more than others warm it. */
  private factor(h: number): void {
    const { matrix, jacobian } = this;
    for (let i = 0; i < N * N; i++) matrix[i] = -h * jacobian[i];
    for (let i = 0; i < N; i++) matrix[i * N + i] += 1;
    for (let pivot = 0; pivot < N - 1; pivot++) {
      const inverse = 1 / matrix[pivot * N + pivot];
      for (let row = pivot + 1; row < N; row++) {
        const factor = matrix[row * N + pivot] * inverse;
        matrix[row * N + pivot] = factor;
        if (factor === 0) continue;
        for (let column = pivot + 1; column < N; column++) {
          matrix[row * N + column] -= factor * matrix[pivot * N + column];
        }
      }
    }
  }

  /** change = (LU)⁻¹ h f */
  private solve(f: Float64Array, h: number, change: Float64Array): void {
    const { matrix } = this;
    for (let row = 0; row < N; row++) {
      let sum = h * f[row];
      for (let column = 0; column < row; column++) sum -= matrix[row * N + column] * change[column];
      change[row] = sum;
    }
    for (let row = N - 1; row >= 0; row--) {
      let sum = change[row];
      for (let column = row + 1; column < N; column++) sum -= matrix[row * N + column] * change[column];
      change[row] = sum / matrix[row * N + row];
    }
  }
}
