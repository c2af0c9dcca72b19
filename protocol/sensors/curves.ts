// Calibration curves of the thermometers: kelvin from volts or ohms, and back. One table for the bench's sensors and the firmware's.
//
// DT-670, CX-1010 and CX-1030: standard curves as Lake Shore publishes them, a monotone cubic through the points, for Cernox in the logarithms of
// both. RX-102A: Lake Shore's Chebyshev fit; below 50 mK, where it ends, straight on in the logarithms. What must stay true: each curve is
// monotonic, and the way back is the inverse to better than a microkelvin.

import { MonotoneCubic } from './monotone.ts';
import { kelvinOfRx102a } from './rx-102a.ts';

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

/** Kelvin, volts at 10 uA. */
const dt670: [number, number][] = [
  ...[
    [1.4, 1.64429],
    [2, 1.63472],
    [3, 1.612],
    [4, 1.58465],
    [4.2, 1.57848],
    [5, 1.55145],
    [6, 1.51541],
    [8, 1.44374],
  ],
  ...[
    [10, 1.38373],
    [12, 1.33499],
    [14, 1.29439],
    [15, 1.27645],
    [16, 1.25967],
    [20, 1.197748],
    [22, 1.162797],
  ],
  ...[
    [24, 1.125923],
    [25, 1.119448],
    [27, 1.11281],
    [30, 1.106244],
    [40, 1.089024],
    [50, 1.073099],
    [60, 1.056862],
  ],
  ...[
    [77.35, 1.027594],
    [100, 0.986974],
    [150, 0.889114],
    [200, 0.78372],
    [250, 0.673462],
    [273, 0.621141],
  ],
  ...[
    [300, 0.559639],
    [350, 0.443371],
    [400, 0.325839],
    [450, 0.206758],
    [500, 0.090681],
  ],
] as [number, number][];

/** Kelvin, ohms. */
const cx1010: [number, number][] = [
  ...[
    [0.1, 21389],
    [0.2, 4401.6],
    [0.3, 2322.4],
    [0.4, 1604.7],
    [0.5, 1248.2],
    [1, 662.43],
    [1.4, 518.97],
    [2, 413.26],
  ],
  ...[
    [3, 328.95],
    [4.2, 277.32],
    [6, 234.44],
    [10, 187.11],
    [20, 138.79],
    [30, 115.38],
    [40, 100.32],
    [50, 89.551],
  ],
  ...[
    [77.35, 70.837],
    [100, 61.18],
    [150, 47.782],
    [200, 39.666],
    [250, 34.236],
    [300, 30.392],
  ],
] as [number, number][];

const cx1030: [number, number][] = [
  ...[
    [0.3, 31312],
    [0.4, 13507],
    [0.5, 7855.7],
    [1, 2355.1],
    [1.4, 1540.1],
    [2, 1058.4],
    [3, 740.78],
    [4.2, 574.2],
  ],
  ...[
    [6, 451.41],
    [10, 331.67],
    [20, 225.19],
    [30, 179.12],
    [40, 151.29],
    [50, 132.34],
    [77.35, 101.16],
    [100, 85.94],
  ],
  ...[
    [150, 65.864],
    [200, 54.228],
    [250, 46.664],
    [300, 41.42],
    [350, 37.621],
    [400, 34.779],
    [420, 33.839],
  ],
] as [number, number][];

export const curves: Readonly<Record<SensorType, Curve>> = {
  'DT-670': diode('DT-670', dt670),
  'CX-1010': resistor('CX-1010', cx1010),
  'CX-1030': resistor('CX-1030', cx1030),
  'RX-102A': {
    type: 'RX-102A',
    unit: 'ohm',
    stepsPerUnit: 1000,
    rangeKelvin: [0.05, 40],
    kelvinOf: kelvinOfRx102a,
    readingOf: (kelvin) => inverse(kelvinOfRx102a, kelvin, 1e3, 1e9),
  },
};

function diode(type: SensorType, points: readonly [number, number][]): Curve {
  const volts = new MonotoneCubic(
    points.map(([kelvin]) => kelvin),
    points.map(([, value]) => value),
  );
  const readingOf = (kelvin: number) => volts.at(kelvin);
  const rangeKelvin = [points[0][0], points[points.length - 1][0]] as const;
  const kelvinOf = (value: number) => inverse(readingOf, value, 0, 600);
  return { type, unit: 'volt', stepsPerUnit: 1e6, rangeKelvin, kelvinOf, readingOf };
}

function resistor(type: SensorType, points: readonly [number, number][]): Curve {
  const logOhms = new MonotoneCubic(
    points.map(([kelvin]) => Math.log(kelvin)),
    points.map(([, ohms]) => Math.log(ohms)),
  );
  const readingOf = (kelvin: number) => Math.exp(logOhms.at(Math.log(kelvin)));
  const rangeKelvin = [points[0][0], points[points.length - 1][0]] as const;
  const kelvinOf = (ohms: number) => inverse(readingOf, ohms, 1e-3, 600);
  return { type, unit: 'ohm', stepsPerUnit: 1000, rangeKelvin, kelvinOf, readingOf };
}

/** Where a falling function has a value, between `low` and `high`: by halving, in the logarithm where both are above zero. */
function inverse(f: (x: number) => number, value: number, low: number, high: number): number {
  let [a, b] = [low, high];
  for (let turn = 0; turn < 60; turn++) {
    const middle = a > 0 ? Math.sqrt(a * b) : (a + b) / 2;
    if (f(middle) > value) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}
