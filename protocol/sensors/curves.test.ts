// The curves say what their makers' tables say, everywhere in between without a turn, and the firmware's straight lines say the same.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../../host/board/testing/cases.ts';
import { pointsOf } from '../generate/guest-plant.ts';
import { curves, type SensorType } from './curves.ts';
import { dt670Kelvin, dt670Volts } from './dt-670.ts';
import { kelvinOfRx102a } from './rx-102a.ts';

const types = Object.keys(curves) as SensorType[];

describe.each(types)('%s', (type) => {
  const curve = curves[type];
  const [cold, hot] = curve.rangeKelvin;

  test('falls all the way, and the way back is its inverse', () => {
    const span = fc.double({ min: cold, max: hot, noNaN: true });
    fc.assert(
      fc.property(span, span, (a, b) => {
        fc.pre(Math.abs(a - b) > 1e-6 * a);
        expect(curve.readingOf(Math.min(a, b))).toBeGreaterThan(curve.readingOf(Math.max(a, b)));
        expect(Math.abs(curve.kelvinOf(curve.readingOf(a)) - a)).toBeLessThan(Math.max(1e-6, a * 1e-9));
      }),
      cases(300),
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
        expect(Math.abs(microkelvin - exact)).toBeLessThanOrEqual(Math.max(2, exact * 2e-4));
      }),
      cases(500),
    );
  });
});

// Vendor tables: temperature in kelvin, resistance in ohms.
const tables: Partial<Record<SensorType, Record<number, number>>> = {
  'CX-1010': {
    ...{ 0.1: 21389, 0.2: 4401.6, 0.3: 2322.4, 0.4: 1604.7, 0.5: 1248.2, 1: 662.43, 1.4: 518.97, 2: 413.26, 3: 328.95 },
    ...{
      4.2: 277.32,
      6: 234.44,
      10: 187.11,
      20: 138.79,
      30: 115.38,
      40: 100.32,
      50: 89.551,
      77.35: 70.837,
      100: 61.18,
    },
    ...{ 150: 47.782, 200: 39.666, 250: 34.236, 300: 30.392 },
  },
  'CX-1030': {
    ...{ 0.3: 31312, 0.4: 13507, 0.5: 7855.7, 1: 2355.1, 1.4: 1540.1, 2: 1058.4, 3: 740.78, 4.2: 574.2, 6: 451.41 },
    ...{ 10: 331.67, 20: 225.19, 30: 179.12, 40: 151.29, 50: 132.34, 77.35: 101.16, 100: 85.94, 150: 65.864 },
    ...{ 200: 54.228, 250: 46.664, 300: 41.42, 350: 37.621, 400: 34.779, 420: 33.839 },
  },
};

describe('standard curves', () => {
  for (const [type, table] of Object.entries(tables)) {
    test(`of a ${type} are within 1 mK of the table at each of its points`, () => {
      for (const [kelvin, ohms] of Object.entries(table)) {
        expect(Math.abs(curves[type as SensorType].kelvinOf(ohms) - Number(kelvin)), `${kelvin} K`).toBeLessThan(1e-3);
      }
    });
  }

  test('of a DT-670 are within 1 mK of the table at each of its 144 points', () => {
    expect(dt670Kelvin.length).toBe(144);
    for (const [i, kelvin] of dt670Kelvin.entries()) {
      expect(Math.abs(curves['DT-670'].kelvinOf(dt670Volts[i]) - kelvin), `${kelvin} K`).toBeLessThan(1e-3);
    }
  });

  test('of a DT-670 agree with the vendor’s Chebyshev fits to their 15 mK', () => {
    for (const [volts, kelvin] of [
      [1.027594, 77.3495],
      [1.57848, 4.188],
      [1.38373, 9.992],
    ]) {
      expect(Math.abs(curves['DT-670'].kelvinOf(volts) - kelvin)).toBeLessThan(0.015);
    }
  });

  test('of an RX-102A are the published fits, within 1 mK from 50 mK to 10 K: 8 K is 1204.75 Ω', () => {
    expect(kelvinOfRx102a(1204.75)).toBeCloseTo(7.99987, 4);
    for (let kelvin = 0.05; kelvin < 10; kelvin *= 1.01) {
      const ohms = curves['RX-102A'].readingOf(kelvin);
      // Where two segments meet they differ by 5 mK at 5.6 K, and no resistance stands for what lies between.
      const inGap = kelvin > 5.57 && kelvin < 5.62;
      expect(Math.abs(kelvinOfRx102a(ohms) - kelvin), `${kelvin} K`).toBeLessThan(inGap ? 6e-3 : 1e-3);
    }
  });
});
