// Calibration curves of the thermometers: kelvin from volts or ohms, and back. One table for the bench's sensors and the firmware's.
//
// DT-670: Lake Shore's table of 144 points with their slopes. CX-1010 and CX-1030: the catalogue's tables, the first with slopes; a monotone
// cubic through the points in the logarithms of both. RX-102A: Lake Shore's Chebyshev fit, as such a curve too; below 50 mK, where it ends, a
// flatter power law. What must stay true: each curve falls all the way, the way back is the inverse to better than a microkelvin, and every
// engine computes the same bits (elementary.ts).

import { dt670Kelvin, dt670MillivoltsPerKelvin, dt670Volts } from './dt-670.ts';
import { exp, ln } from './elementary.ts';
import { MonotoneCubic } from './monotone.ts';
import { pointsOfRx102a } from './rx-102a.ts';

export type SensorType = 'DT-670' | 'CX-1010' | 'CX-1030' | 'RX-102A';

export interface Curve {
  readonly type: SensorType;
  /** Unit of a reading, and how many of the converter's steps it has: microvolts or milliohms. */
  readonly unit: 'volt' | 'ohm';
  readonly stepsPerUnit: number;
  /** Range in kelvin the curve is good for; it is used a little beyond. */
  readonly rangeKelvin: readonly [number, number];
  kelvinOf(value: number): number;
  readingOf(kelvin: number): number;
}

/** Of the catalogue. */
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

export const curves: Readonly<Record<SensorType, Curve>> = {
  'DT-670': diode(),
  'CX-1010': resistor('CX-1010', cx1010.kelvin, cx1010.ohms, cx1010.ohmsPerKelvin),
  'CX-1030': resistor('CX-1030', cx1030.kelvin, cx1030.ohms),
  'RX-102A': ruthenate(),
};
export const sensorTypes = Object.keys(curves) as SensorType[];

function diode(): Curve {
  const slopes = dt670MillivoltsPerKelvin.map((each) => each / 1000);
  const volts = new MonotoneCubic(dt670Kelvin, dt670Volts, slopes);
  const readingOf = (kelvin: number) => volts.at(kelvin);
  return {
    ...{ type: 'DT-670', unit: 'volt', stepsPerUnit: 1e6, readingOf },
    rangeKelvin: endsOf(dt670Kelvin),
    kelvinOf: (value) => held(volts.placeOf(value)),
  };
}

function resistor(type: SensorType, kelvin: readonly number[], ohms: readonly number[], slopes?: number[]): Curve {
  const steepness = slopes?.map((slope, i) => (slope * kelvin[i]) / ohms[i]);
  const curve = new MonotoneCubic(kelvin.map(ln), ohms.map(ln), steepness);
  const readingOf = (at: number) => exp(curve.at(ln(at)));
  return {
    ...{ type, unit: 'ohm', stepsPerUnit: 1000, readingOf },
    rangeKelvin: endsOf(kelvin),
    kelvinOf: (value) => held(exp(curve.placeOf(ln(value)))),
  };
}

function ruthenate(): Curve {
  const points = pointsOfRx102a();
  const curve = resistor(
    'RX-102A',
    points.map(([kelvin]) => kelvin),
    points.map(([, ohms]) => ohms),
  );
  return { ...curve, rangeKelvin: [0.05, 40] };
}

function endsOf(kelvin: readonly number[]): readonly [number, number] {
  return [kelvin[0], kelvin[kelvin.length - 1]];
}

/** No reading stands for less than 1 mK or more than 600 K. */
const held = (kelvin: number): number => Math.min(600, Math.max(1e-3, kelvin));
