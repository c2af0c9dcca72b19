// What heat does in the metals and plastics of a cryostat: conductivity k(T) in W/m/K, and its integrals.
//
// Above 4 K: the fits of NIST's cryogenic material database (log10 k is a polynomial of log10 T; copper a rational function of
// sqrt T, of T itself and not of its logarithm), and Lake Shore's tables for alloys NIST does not have. Each holds up to where its
// source says; beyond, the last value stays. Below 4 K no single source is good to better than a factor of two to five, so every
// material names its best law and the others that were published: their spread is the uncertainty band of every load computed here.
// What must stay true: k is positive and continuous from 0.25 mK to 400 K.

import { exp, ln, log10, polynomial, power, powerOfTen } from '../../../protocol/sensors/elementary.ts';
import { MonotoneCubic } from '../../../protocol/sensors/monotone.ts';
import { TemperatureCurve } from './curve.ts';

type Law = (kelvin: number) => number;

export interface Material {
  /** Where the numbers come from, and how sure they are. */
  source: string;
  conductivity: Law;
  /** Laws below 4 K others have published; with `conductivity` they span the uncertainty band. */
  alternatives: readonly Law[];
}

const FIT_FROM_KELVIN = 4;

/** c (T / K)^n */
const powerLaw =
  (c: number, n: number): Law =>
  (kelvin) =>
    c * power(kelvin, n);

/** log10 k = Σ a_i (log10 T)^i, held between its limits. */
const nist =
  (coefficients: readonly number[], mostKelvin = 300): Law =>
  (kelvin) =>
    powerOfTen(polynomial(coefficients, log10(Math.min(mostKelvin, kelvin))));

/** NIST's copper: a … i as published; (a + c √T + e T + g T√T + i T²) / (1 + b √T + d T + f T√T + h T²). */
const copper =
  ([a, b, c, d, e, f, g, h, i]: readonly number[]): Law =>
  (kelvin) => {
    const t = Math.min(300, kelvin);
    const root = Math.sqrt(t);
    const above = a + root * (c + root * (e + root * (g + root * i)));
    const below = 1 + root * (b + root * (d + root * (f + root * h)));
    return powerOfTen(above / below);
  };

/** A published table, straight lines in log-log. */
function tabulated(kelvins: readonly number[], values: readonly number[]): Law {
  const curve = new MonotoneCubic(kelvins.map(ln), values.map(ln));
  const last = kelvins[kelvins.length - 1];
  return (kelvin) => exp(curve.at(ln(Math.min(kelvin, last))));
}

/** `high` from 4 K up; below, its value at 4 K falls with a power of T. */
function scaledBelow(high: Law, exponent: number): Law {
  const atFour = high(FIT_FROM_KELVIN);
  return (kelvin) => (kelvin >= FIT_FROM_KELVIN ? high(kelvin) : atFour * power(kelvin / FIT_FROM_KELVIN, exponent));
}

const below =
  (low: Law, high: Law): Law =>
  (kelvin) =>
    kelvin < FIT_FROM_KELVIN ? low(kelvin) : high(kelvin);

const stainless = nist([-1.4087, 1.3982, 0.2543, -0.626, 0.2334, 0.4256, -0.4658, 0.165, -0.0199]);
const ptfe = nist([2.738, -30.677, 89.43, -136.99, 124.69, -69.556, 23.32, -4.3135, 0.33829]);
const cupronickel = nist([-3.198, 20.499, -66.114, 117.69, -121.477, 76.215, -28.749, 5.985, -0.527]);
const kapton = nist([5.73101, -39.5199, 79.9313, -83.8572, 50.9157, -17.9835, 3.42413, -0.27133, 0]);
const daal: Law = (kelvin) => powerOfTen(polynomial([-1.2, 1.74, -0.292, -0.027], log10(Math.min(kelvin, 50))));

const copperOf = (coefficients: readonly number[], residual: number): Material => ({
  source: `NIST copper RRR ${residual} [R]; below 4 K proportional to T (electrons)`,
  conductivity: scaledBelow(copper(coefficients), 1),
  alternatives: [],
});

const catalogue = {
  'stainless steel': {
    source:
      'NIST 304/316 [R]; below 4 K 0.0681 T, from NIST at 4 K [R]; others: 0.111 T, 0.0556 T^1.15, 0.0390 T^1.2 [R]',
    conductivity: below(powerLaw(0.0681, 1), stainless),
    alternatives: [powerLaw(0.111, 1), powerLaw(0.0556, 1.15), powerLaw(0.039, 1.2)].map((law) =>
      below(law, stainless),
    ),
  },
  PTFE: {
    source: 'NIST [R]; below 4 K (T/4)^1.88; other: 2.0e-3 T^1.9 (Kushino 2005) [R]',
    conductivity: scaledBelow(ptfe, 1.88),
    alternatives: [below(powerLaw(2e-3, 1.9), ptfe)],
  },
  'beryllium copper': {
    source: 'NIST, 4 to 120 K only [R]; held above, below 4 K (T/4)^1.1 [G]',
    conductivity: scaledBelow(
      nist([-0.50015, 1.9319, -1.6954, 0.71218, 1.2788, -1.6145, 0.68722, -0.10501, 0], 120),
      1.1,
    ),
    alternatives: [],
  },
  'aluminium 6061': {
    source: 'NIST 6061-T6 [R]; below 4 K proportional to T',
    conductivity: scaledBelow(nist([0.07918, 1.0957, -0.07277, 0.08084, 0.02803, -0.09464, 0.04179, -0.00571, 0]), 1),
    alternatives: [],
  },
  G10: {
    source: 'NIST, normal direction [R]; below 4 K (T/4)^1.8 [G]',
    conductivity: scaledBelow(nist([-4.1236, 13.788, -26.068, 26.272, -14.663, 4.4954, -0.6905, 0.0397, 0]), 1.8),
    alternatives: [],
  },
  kapton: {
    source: 'NIST [R]; below 4 K (T/4)^1.2 [G]; other: a log-log fit [R]',
    conductivity: scaledBelow(kapton, 1.2),
    alternatives: [below((t) => powerOfTen(polynomial([-2.33, 0.544, -0.436, 0.0754], log10(t))), kapton)],
  },
  brass: {
    source: 'NIST C260, 5 to 110 K [R]; held above, below 4 K proportional to T',
    conductivity: scaledBelow(
      nist([0.021035, -1.01835, 4.54083, -5.03374, 3.20536, -1.12933, 0.174057, -0.0038151, 0], 110),
      1,
    ),
    alternatives: [],
  },
  cupronickel: {
    source: 'C715, fit of arXiv 2502.01945 [R]; below 4 K (T/4)^1.1; others: 0.10 T^1.1, 0.065 T^1.1 [R]',
    conductivity: scaledBelow(cupronickel, 1.1),
    alternatives: [below(powerLaw(0.1, 1.1), cupronickel), below(powerLaw(0.065, 1.1), cupronickel)],
  },
  NbTi: {
    source: 'log-log fit (Daal 2019) [R]; other: 0.015 T^2, 0.05 to 2 K (Olson) [R]; held above 50 K [G]',
    conductivity: daal,
    alternatives: [below(powerLaw(0.015, 2), daal)],
  },
  'phosphor bronze': {
    source: 'Lake Shore, wire table [R]',
    conductivity: tabulated([1, 4, 10, 20, 80, 150, 300], [0.22, 1.6, 4.6, 10, 25, 34, 48]),
    alternatives: [],
  },
  manganin: {
    source: 'Lake Shore, wire table [R]; other: 0.0598 T^1.02 [R]',
    conductivity: tabulated([0.1, 0.4, 1, 4, 10, 20, 80, 150, 300], [0.006, 0.02, 0.06, 0.5, 2, 3.3, 13, 16, 22]),
    alternatives: [],
  },
  'copper RRR50': copperOf([1.8743, -0.41538, -0.6018, 0.13294, 0.26426, -0.0219, -0.051276, 0.0014871, 0.003723], 50),
  'copper RRR100': copperOf(
    [2.2154, -0.47461, -0.88068, 0.13871, 0.29505, -0.02043, -0.04831, 0.001281, 0.003207],
    100,
  ),
  'copper RRR150': copperOf(
    [2.3797, -0.4918, -0.98615, 0.13942, 0.30475, -0.019713, -0.046897, 0.0011969, 0.0029988],
    150,
  ),
  'copper RRR300': copperOf([1.357, 0.3981, 2.669, -0.1346, -0.6683, 0.01342, 0.05773, 0.0002147, 0], 300),
  'copper RRR500': copperOf(
    [2.8075, -0.54074, -1.2777, 0.15362, 0.36444, -0.02105, -0.051727, 0.0012226, 0.0030964],
    500,
  ),
} satisfies Record<string, Material>;

export type MaterialName = keyof typeof catalogue;
export const materials: Record<MaterialName, Material> = catalogue;
export const materialNames = Object.keys(catalogue) as MaterialName[];

const integrals = new Map<Law, TemperatureCurve>();

/** ∫ k dT from 0 K, in W/m. */
export function conductivityIntegral(name: MaterialName): TemperatureCurve {
  return integralOfLaw(materials[name].conductivity);
}

/** The least and the most of ∫ k dT between two temperatures, over all published laws. */
export function integralBand(name: MaterialName, coldKelvin: number, hotKelvin: number): [low: number, high: number] {
  const { conductivity, alternatives } = materials[name];
  const all = [conductivity, ...alternatives].map((law) => {
    const curve = integralOfLaw(law);
    return curve.value(hotKelvin) - curve.value(coldKelvin);
  });
  return [Math.min(...all), Math.max(...all)];
}

function integralOfLaw(law: Law): TemperatureCurve {
  const known = integrals.get(law) ?? TemperatureCurve.integralOf(law);
  integrals.set(law, known);
  return known;
}
