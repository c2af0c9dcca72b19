// The curves say what their makers' tables say, everywhere in between without a turn, and the firmware's straight lines say the same.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pointsOf } from '../generate/guest-cryo.ts';
import { curves, type SensorType } from './curves.ts';

/** Kelvin and readings of Lake Shore's published tables; for RX-102A its own check of the fit, and of ours against the table. */
const published: Record<SensorType, [kelvin: number, value: number][]> = {
  'DT-670': [
    [1.4, 1.64429],
    [4.2, 1.57848],
    [20, 1.197748],
    [77.35, 1.027594],
    [300, 0.559639],
    [500, 0.090681],
  ],
  'CX-1010': [
    [0.1, 21389],
    [0.5, 1248.2],
    [4.2, 277.32],
    [77.35, 70.837],
    [300, 30.392],
  ],
  'CX-1030': [
    [0.3, 31312],
    [1.4, 1540.1],
    [4.2, 574.2],
    [77.35, 101.16],
    [300, 41.42],
  ],
  'RX-102A': [
    [0.05, 63770],
    [0.1, 19400],
    [0.3, 5615],
    [1.4, 2005],
    [8, 1204.75],
  ],
};
const types = Object.keys(curves) as SensorType[];

describe.each(types)('%s', (type) => {
  const curve = curves[type];
  const [cold, hot] = curve.rangeKelvin;

  test('reads what its maker’s table says, to a millikelvin', () => {
    for (const [kelvin, value] of published[type])
      expect(Math.abs(curve.kelvinOf(value) - kelvin), `${value} ${curve.unit}`).toBeLessThan(0.001);
  });

  test('falls all the way, and the way back is its inverse', () => {
    const span = fc.double({ min: cold, max: hot, noNaN: true });
    fc.assert(
      fc.property(span, span, (a, b) => {
        fc.pre(Math.abs(a - b) > 1e-6 * a);
        expect(curve.readingOf(Math.min(a, b))).toBeGreaterThan(curve.readingOf(Math.max(a, b)));
        expect(Math.abs(curve.kelvinOf(curve.readingOf(a)) - a)).toBeLessThan(Math.max(1e-6, a * 1e-9));
      }),
      { numRuns: 300 },
    );
  });

  test('is what the firmware interpolates, to two parts in ten thousand', () => {
    const points = pointsOf(curve);
    fc.assert(
      fc.property(fc.integer({ min: points[0].reading, max: (points.at(-1)?.reading ?? 0) - 1 }), (reading) => {
        const index = points.findLastIndex((point) => point.reading <= reading);
        const [from, to] = [points[index], points[index + 1]];
        const share = (reading - from.reading) / (to.reading - from.reading);
        const microkelvin = from.microkelvin + share * (to.microkelvin - from.microkelvin);
        const exact = curve.kelvinOf(reading / curve.stepsPerUnit) * 1e6;
        expect(Math.abs(microkelvin - exact)).toBeLessThanOrEqual(exact * 2e-4);
      }),
      { numRuns: 500 },
    );
  });
});
