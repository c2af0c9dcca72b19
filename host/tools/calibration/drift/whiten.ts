// Whitening: makes independent numbers with mean 0 and variance 1 of a measured series whose neighbours resemble each other.
//
// The model: what is measured is a level, plus a part that decays and is renewed (Ornstein-Uhlenbeck, sampled: AR(1)), plus white noise of the
// measurement:   x = level + m + v,   m' = phi m + w,   variance of v: r, of w: q.   The Kalman filter of this model predicts every value from those
// before it; the error of the prediction, divided by its standard deviation, is white when the model is right. Without r this is the residual of AR(1).
//
// Without it a detector's false alarms are as many times more frequent as neighbours resemble each other: 9 times at phi = 0.5 (CUSUM, h = 5).

/** What a series is like while nothing changes. */
export interface NoiseModel {
  level: number;
  /** Correlation of the decaying part with itself one sample later: 0 to 1. */
  phi: number;
  /** Variance of what renews the decaying part. */
  processVariance: number;
  /** Variance of the white noise of the measurement. */
  noiseVariance: number;
  /** How many samples the model was made from; undefined for one that is known. */
  trainedOn?: number;
}

export class Whitener {
  readonly model: NoiseModel;
  private mean = 0;
  private variance: number;

  constructor(model: NoiseModel) {
    const { phi, processVariance, noiseVariance } = model;
    if (!(phi >= 0 && phi < 1)) throw new Error(`whitener: phi ${phi} must be from 0 to below 1`);
    if (!(processVariance >= 0 && noiseVariance >= 0 && processVariance + noiseVariance > 0))
      throw new Error(`whitener: variances ${processVariance} and ${noiseVariance} must not be negative, nor both 0`);
    this.model = model;
    this.variance = processVariance / (1 - phi * phi);
  }

  /** The error of the prediction of this value, in standard deviations. */
  take(value: number): number {
    const { level, phi, processVariance, noiseVariance } = this.model;
    const total = this.variance + noiseVariance;
    const error = value - level - this.mean;
    const share = this.variance / total;
    this.mean = phi * (this.mean + share * error);
    this.variance = phi * phi * (1 - share) * this.variance + processVariance;
    return error / Math.sqrt(total);
  }
}

/** So many values after a step, its whitened series has come to rest for every model that is learnt (phi at most 0.995). */
const AT_REST = 3000;

/** What a step of 1 shows in the whitened series, in standard deviations: at once, and as long as it lasts. */
export function whitenedStep(model: NoiseModel): { first: number; lasting: number } {
  const settled = new Whitener({ ...model, level: 0 });
  for (let i = 0; i < AT_REST; i++) settled.take(0);
  const first = settled.take(1);
  for (let i = 0; i < AT_REST; i++) settled.take(1);
  return { first, lasting: settled.take(1) };
}

/**
 * Makes numbers of a normal distribution of errors of prediction whose mean and deviation were learnt, and are not exact: each is judged by the mean and
 * deviation of all before it, and then counts itself. So false alarms are as rare as if both were known (the self-starting CUSUM, Hawkins 1987).
 */
export class SelfStarting {
  private count: number;
  private mean = 0;
  private squares: number;

  /** `trainedOn`: so many errors were seen already, with mean 0 and variance 1. */
  constructor(trainedOn: number) {
    this.count = trainedOn;
    this.squares = trainedOn;
  }

  take(error: number): number {
    const freedom = this.count - 1;
    const off = error - this.mean;
    const student = off * Math.sqrt((this.count * freedom) / ((this.count + 1) * this.squares));
    this.count++;
    this.mean += off / this.count;
    this.squares += off * (error - this.mean);
    return normalOfStudent(student, freedom);
  }
}

/** The normal number that is as improbable as this one of Student's distribution, after Wallace (1959). */
export function normalOfStudent(student: number, freedom: number): number {
  const size = Math.sqrt(freedom * Math.log1p((student * student) / freedom));
  return (Math.sign(student) * size * (8 * freedom + 1)) / (8 * freedom + 3);
}

/** Fewer samples say nothing about how neighbours resemble each other. */
export const TRAINING_LEAST = 30;
const GRID = 7;
const REFINEMENTS = 4;
const PHI_MOST = 0.995;

/** The model under which a series without a change is most likely. Throws when it is too short or does not vary. */
export function trainNoise(series: readonly number[]): NoiseModel {
  const count = series.length;
  if (count < TRAINING_LEAST)
    throw new Error(`whitener: ${count} samples to learn from; at least ${TRAINING_LEAST} are necessary`);
  const level = series.reduce((sum, value) => sum + value, 0) / count;
  const variance = series.reduce((sum, value) => sum + (value - level) ** 2, 0) / count;
  if (!(variance > 0))
    throw new Error(`whitener: all ${count} samples are ${level}; a series that never varies is not measured`);
  // Two numbers are searched: phi, and which part of the variance is white.
  let best = { phi: 0, white: 1, cost: likelihoodCost(series, level, 0, 1).cost };
  let [phiAt, whiteAt, span] = [0.5, 0.5, 0.5];
  for (let round = 0; round < REFINEMENTS; round++) {
    for (const phi of grid(phiAt, span, PHI_MOST))
      for (const white of grid(whiteAt, span, 1)) {
        const { cost } = likelihoodCost(series, level, phi, white);
        if (cost < best.cost) best = { phi, white, cost };
      }
    [phiAt, whiteAt, span] = [best.phi, best.white, (span * 2) / (GRID - 1)];
  }
  const { phi, white } = best;
  const { scale } = likelihoodCost(series, level, phi, white);
  return {
    ...{ level, phi, trainedOn: count },
    processVariance: scale * (1 - white) * (1 - phi * phi),
    noiseVariance: scale * white,
  };
}

function grid(middle: number, span: number, most: number): number[] {
  const points = Array.from({ length: GRID }, (_, i) => middle + span * ((2 * i) / (GRID - 1) - 1));
  // At an edge several are the same.
  return [...new Set(points.map((point) => Math.max(0, Math.min(most, point))))];
}

/** Minus twice the logarithm of the likelihood, with the scale of the variances at its best. */
function likelihoodCost(series: readonly number[], level: number, phi: number, white: number) {
  const process = (1 - white) * (1 - phi * phi);
  let [mean, variance, squares, logs] = [0, 1 - white, 0, 0];
  let total = variance + white;
  let share = variance / total;
  let logOfTotal = Math.log(total);
  for (const value of series) {
    const error = value - level - mean;
    squares += (error * error) / total;
    logs += logOfTotal;
    mean = phi * (mean + share * error);
    const next = phi * phi * (1 - share) * variance + process;
    // It comes to rest after some values, and with it what is calculated from it alone.
    if (next === variance) continue;
    variance = next;
    total = variance + white;
    share = variance / total;
    logOfTotal = Math.log(total);
  }
  const scale = squares / series.length;
  return { cost: series.length * Math.log(scale) + logs, scale };
}
