// RX-102A, ruthenium oxide: Lake Shore's fit, three overlapping Chebyshev series in the logarithm of the resistance.
//
//   T = sum of a[i] cos(i arccos x),   x = ((z - ZL) - (ZU - z)) / (ZU - ZL),   z = log10 R

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

/** The ends of what the fit is for, in ohms: 40 K and 50 mK. */
const [warmest, coldest] = [1049.5, 63_765];

export function kelvinOfRx102a(ohms: number): number {
  if (ohms > coldest) return beyond(ohms, coldest);
  if (ohms < warmest) return beyond(ohms, warmest);
  return fitted(ohms);
}

function fitted(ohms: number): number {
  const segment = ohms < middleFromOhms ? warm : ohms < coldFromOhms ? middle : cold;
  const { zLow, zHigh, coefficients } = segment;
  const z = Math.log10(ohms);
  const x = (z - zLow - (zHigh - z)) / (zHigh - zLow);
  const angle = Math.acos(Math.max(-1, Math.min(1, x)));
  return coefficients.reduce((sum, a, i) => sum + a * Math.cos(i * angle), 0);
}

/** Straight on in the logarithms, with the slope the fit has at its end. */
function beyond(ohms: number, end: number): number {
  const step = end === coldest ? 0.98 : 1.02;
  const slope = Math.log(fitted(end * step) / fitted(end)) / Math.log(step);
  return fitted(end) * (ohms / end) ** slope;
}
