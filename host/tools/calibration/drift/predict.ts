// When a slowly drifting figure will pass its limit: a straight line through the last values, with the uncertainty of the line.
//
// The variance of the line at time t, with noise of variance s2 about it: s2 (1/n + (t - mean t)^2 / sum (t_i - mean t)^2). Neighbours that resemble
// each other are worth less: s2 is multiplied by (1 + phi) / (1 - phi), phi being how the residuals about the line resemble their neighbours. The limit counts as passed where the line plus `certainty` standard
// deviations, and the scatter of one value, reaches it: a calibration that is a little early costs less than a figure out of its limits.

export interface Limits {
  lowest: number;
  highest: number;
}

export interface Prediction {
  /** When the limit may be passed; undefined when not within the horizon. */
  passesAtNs: number | undefined;
  slopePerSecond: number;
}

/** Values of the line; more make it slow to follow a change of the slope. */
export const USUAL_WINDOW = 60;
/** A line through fewer is too uncertain to be worth a calibration. */
const WINDOW_LEAST = 30;
const SEARCH_STEPS = 60;
const PHI_MOST = 0.9;

export class DriftPredictor {
  private readonly limits: Limits;
  private readonly window: number;
  private readonly certainty: number;
  private readonly points: { ns: number; value: number }[] = [];

  constructor(limits: Limits, { window = USUAL_WINDOW, certainty = 3 } = {}) {
    this.limits = limits;
    this.window = window;
    this.certainty = certainty;
  }

  take(ns: number, value: number): void {
    const last = this.points.at(-1);
    if (last && ns <= last.ns) throw new Error(`predictor: a value at ${ns} ns after one at ${last.ns} ns`);
    this.points.push({ ns, value });
    if (this.points.length > this.window) this.points.shift();
  }

  /** Undefined before there are enough values for a line. */
  predict(horizonNs: number): Prediction | undefined {
    const count = this.points.length;
    if (count < WINDOW_LEAST) return undefined;
    const line = fitLine(this.points);
    const now = this.points[count - 1].ns;
    const isPassed = (ns: number): boolean => {
      const spread = this.certainty * line.deviation(ns);
      return line.at(ns) + spread > this.limits.highest || line.at(ns) - spread < this.limits.lowest;
    };
    const slopePerSecond = line.slope * 1e9;
    if (isPassed(now)) return { passesAtNs: now, slopePerSecond };
    // Line and band are monotone on the side on which they run into a limit, so the first passing is found by halving.
    if (!isPassed(now + horizonNs)) return { passesAtNs: undefined, slopePerSecond };
    let [inside, outside] = [now, now + horizonNs];
    for (let step = 0; step < SEARCH_STEPS; step++) {
      const middle = (inside + outside) / 2;
      if (isPassed(middle)) outside = middle;
      else inside = middle;
    }
    return { passesAtNs: outside, slopePerSecond };
  }

  reset(): void {
    this.points.length = 0;
  }
}

function fitLine(points: readonly { ns: number; value: number }[]) {
  const count = points.length;
  const meanNs = points.reduce((sum, { ns }) => sum + ns, 0) / count;
  const mean = points.reduce((sum, { value }) => sum + value, 0) / count;
  const spread = points.reduce((sum, { ns }) => sum + (ns - meanNs) ** 2, 0);
  const slope = points.reduce((sum, { ns, value }) => sum + (ns - meanNs) * (value - mean), 0) / spread;
  const at = (ns: number): number => mean + slope * (ns - meanNs);
  const residuals = points.map(({ ns, value }) => value - at(ns));
  const squares = residuals.reduce((sum, residual) => sum + residual * residual, 0);
  const products = residuals.reduce((sum, residual, i) => sum + (i === 0 ? 0 : residual * residuals[i - 1]), 0);
  const phi = squares > 0 ? Math.max(0, Math.min(PHI_MOST, products / squares)) : 0;
  const inflation = (1 + phi) / (1 - phi);
  const rest = squares / (count - 2);
  const deviation = (ns: number): number =>
    Math.sqrt(rest * (1 + inflation * (1 / count + (ns - meanNs) ** 2 / spread)));
  return { slope, at, deviation };
}
