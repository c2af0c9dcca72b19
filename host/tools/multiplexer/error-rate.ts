// How large an error rate may be that showed itself so often: the exact interval of Clopper and Pearson (1934) for a binomial proportion.
//
//   lower limit: the p at which at least `errors` of `trials` happen with probability (1 - confidence) / 2;   upper limit: at most `errors`

const bisections = 200;

export interface RateInterval {
  lower: number;
  upper: number;
}

/** `confidence`: between 0 and 1, for instance 0.95. */
export function errorRateInterval(errors: number, trials: number, confidence = 0.95): RateInterval {
  if (trials === 0) return { lower: 0, upper: 1 };
  const tail = (1 - confidence) / 2;
  return {
    lower: errors === 0 ? 0 : rateWhere((rate) => 1 - atMost(errors - 1, trials, rate) >= tail),
    upper: errors === trials ? 1 : rateWhere((rate) => atMost(errors, trials, rate) <= tail),
  };
}

/** The least rate from which on it is so. */
function rateWhere(isSo: (rate: number) => boolean): number {
  // In the logarithm, so that small rates are as exact as large ones.
  let [low, high] = [-45, 0];
  for (let step = 0; step < bisections; step++) {
    const middle = (low + high) / 2;
    if (isSo(Math.exp(middle))) high = middle;
    else low = middle;
  }
  return Math.exp(high);
}

/** Probability of at most so many of so many trials at a rate. */
function atMost(errors: number, trials: number, rate: number): number {
  if (rate >= 1) return errors >= trials ? 1 : 0;
  const [logRate, logRest] = [Math.log(rate), Math.log1p(-rate)];
  let logTerm = trials * logRest;
  let sum = Math.exp(logTerm);
  for (let count = 1; count <= errors; count++) {
    logTerm += Math.log((trials - count + 1) / count) + logRate - logRest;
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}
