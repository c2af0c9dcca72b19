// What a thermometer shows at a temperature, by its maker's standard curve: volts of a diode, ohms of a resistor.
//
// DT-670: the vendor's table of 144 points with slopes, at 10 µA [R]. CX-1010 and CX-1030: resistance tables of the catalogue, the
// first with slopes [R]; interpolated in ln R over ln T. RX-102A: three overlapping Chebyshev fits of T over log10 R, 0.05 to 40 K [R].
// Below 50 mK nothing is published for it; a flatter power law goes on from there (scenario value).
// What must stay true: signals are strictly falling with temperature, so that each has one temperature.

import { MonotoneCurve } from './curve.ts';
import { dt670Kelvin, dt670MillivoltsPerKelvin, dt670Volts } from './dt-670.ts';
import { exp, ln, log10, power } from './numbers.ts';

export const sensorTypes = ['DT-670', 'CX-1010', 'CX-1030', 'RX-102A'] as const;
export type SensorType = (typeof sensorTypes)[number];
export const isDiode = (type: SensorType): boolean => type === 'DT-670';

const cx1010 = {
  kelvin: [0.1, 0.2, 0.3, 0.4, 0.5, 1, 1.4, 2, 3, 4.2, 6, 10, 20, 30, 40, 50, 77.35, 100, 150, 200, 250, 300],
  ohms: [
    ...[21389, 4401.6, 2322.4, 1604.7, 1248.2, 662.43, 518.97, 413.26, 328.95, 277.32, 234.44, 187.11, 138.79, 115.38],
    ...[100.32, 89.551, 70.837, 61.18, 47.782, 39.666, 34.236, 30.392],
  ],
  ohmsPerKelvin: [
    ...[-558110, -38756, -10788, -4765.9, -2665.2, -514.88, -251.77, -124.05, -58.036, -32.209, -17.816, -8.063],
    ...[-3.057, -1.819, -1.252, -0.929, -0.51, -0.358, -0.202, -0.13, -0.09, -0.065],
  ],
};

const cx1030 = {
  kelvin: [...[0.3, 0.4, 0.5, 1, 1.4, 2, 3, 4.2, 6, 10, 20, 30, 40, 50, 77.35, 100, 150, 200, 250, 300, 350, 400, 420]],
  ohms: [
    ...[31312, 13507, 7855.7, 2355.1, 1540.1, 1058.4, 740.78, 574.2, 451.41, 331.67, 225.19, 179.12, 151.29, 132.34],
    ...[101.16, 85.94, 65.864, 54.228, 46.664, 41.42, 37.621, 34.779, 33.839],
  ],
};

interface Segment {
  low: number;
  high: number;
  terms: readonly number[];
}

/** Chebyshev terms over z = log10(R / Ω); each is used up to the resistance where the next warmer one begins. */
const rx102a: readonly (Segment & { fromOhms: number })[] = [
  {
    ...{ fromOhms: 2813, low: 3.35453159798, high: 5 },
    terms: [0.300923, -0.401714, 0.220055, -0.098891, 0.046804, -0.017379, 0.00909, -0.002703, 0.00217, 0],
  },
  {
    ...{ fromOhms: 1284, low: 3.08086045368, high: 3.44910010859 },
    terms: [
      ...[2.813252, -2.976371, 1.299095, -0.538334, 0.220456, -0.090969, 0.037095, -0.015446, 0.005104, -0.004254],
    ],
  },
  {
    ...{ fromOhms: 0, low: 2.955, high: 3.1085555272 },
    terms: [
      ...[3074.395992, -5680.735415, 4510.873058, -3070.206226, 1775.293345, -857.606658, 336.220971, -101.617491],
      ...[21.390256, -2.407847],
    ],
  },
];
const RX102A_MOST_KELVIN = 40;
const RX102A_LEAST_KELVIN = 0.05;
/** R goes as T to the minus this below; from the curve's own steepness at 50 mK, halved as such sensors flatten (scenario). */
const RX102A_COLD_EXPONENT = 1.2;

/** T of an RX-102A by the published fits. */
export function rx102aKelvin(ohms: number): number {
  const { low, high, terms } = rx102a.find(({ fromOhms }) => ohms >= fromOhms) as Segment;
  const z = log10(ohms);
  const x = (z - low - (high - z)) / (high - low);
  // cos(i arccos x) by its recurrence.
  let [before, now] = [1, x];
  let sum = terms[0] + terms[1] * x;
  for (let i = 2; i < terms.length; i++) {
    [before, now] = [now, 2 * x * now - before];
    sum += terms[i] * now;
  }
  return Math.min(RX102A_MOST_KELVIN, sum);
}

/** Resistance at which the fits give a temperature. Where two segments meet and do not agree, the meeting point. */
function rx102aOhms(kelvin: number): number {
  let [low, high] = [1040, 63_800];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (rx102aKelvin(middle) > kelvin) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** ln signal over ln T. */
type LogCurve = MonotoneCurve;

function logCurve(kelvin: readonly number[], ohms: readonly number[], slopes?: readonly number[]): LogCurve {
  const steepness = slopes?.map((slope, i) => (slope * kelvin[i]) / ohms[i]);
  return new MonotoneCurve(kelvin.map(ln), ohms.map(ln), steepness);
}

const made = new Map<SensorType, LogCurve>();

function curveOf(type: SensorType): LogCurve {
  const known = made.get(type) ?? makeCurve(type);
  made.set(type, known);
  return known;
}

function makeCurve(type: SensorType): LogCurve {
  if (type === 'CX-1010') return logCurve(cx1010.kelvin, cx1010.ohms, cx1010.ohmsPerKelvin);
  if (type === 'CX-1030') return logCurve(cx1030.kelvin, cx1030.ohms);
  if (type === 'DT-670') {
    const slopes = dt670MillivoltsPerKelvin.map((each) => each / 1000);
    return new MonotoneCurve(dt670Kelvin, dt670Volts, slopes);
  }
  const kelvin: number[] = [];
  const knots = 960;
  const span = ln(RX102A_MOST_KELVIN * 0.99) - ln(RX102A_LEAST_KELVIN);
  for (let i = 0; i <= knots; i++) kelvin.push(exp(ln(RX102A_LEAST_KELVIN) + (span * i) / knots));
  const ohms = kelvin.map(rx102aOhms);
  const coldest = 1e-3;
  const coldestOhms = ohms[0] * power(RX102A_LEAST_KELVIN / coldest, RX102A_COLD_EXPONENT);
  return logCurve([coldest, ...kelvin], [coldestOhms, ...ohms]);
}

/** Volts or ohms at a temperature. */
export function signalAt(type: SensorType, kelvin: number): number {
  const curve = curveOf(type);
  return isDiode(type) ? Math.max(0, curve.value(kelvin)) : exp(curve.value(ln(kelvin)));
}

/** The temperature a signal stands for; held at 1 mK and 600 K. */
export function kelvinOf(type: SensorType, signal: number): number {
  let [low, high] = [1e-3, 600];
  for (let i = 0; i < 60; i++) {
    // Halving the logarithm first, then the interval: mK and 300 K alike.
    const middle = i < 20 ? Math.sqrt(low * high) : (low + high) / 2;
    if (signalAt(type, middle) > signal) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Temperatures the published curve covers. */
export function curveRange(type: SensorType): [least: number, most: number] {
  if (type === 'DT-670') return [1.4, 500];
  if (type === 'CX-1010') return [0.1, 300];
  return type === 'CX-1030' ? [0.3, 420] : [RX102A_LEAST_KELVIN, RX102A_MOST_KELVIN];
}
