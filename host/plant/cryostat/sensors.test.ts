import { describe, expect, test } from 'vitest';
import { curves, sensorTypes } from '../../../protocol/sensors/curves.ts';
import { OPEN_MICROVOLTS, OPEN_MILLIOHMS, readingKelvin } from './sensors.ts';

describe('a whole reading', () => {
  test('stands for the temperature of the standard curve', () => {
    for (const type of sensorTypes) {
      const [least, most] = curves[type].rangeKelvin;
      for (let kelvin = least; kelvin < most; kelvin *= 1.1) {
        const reading = Math.round(curves[type].readingOf(kelvin) * curves[type].stepsPerUnit);
        expect(Math.abs(readingKelvin(type, reading) / kelvin - 1), `${type} at ${kelvin} K`).toBeLessThan(2e-3);
      }
    }
  });

  test('at an end of the scale stands for no temperature', () => {
    for (const [type, open] of [
      ['DT-670', OPEN_MICROVOLTS],
      ['CX-1030', OPEN_MILLIOHMS],
    ] as const) {
      expect([0, open, open - 1].map((reading) => readingKelvin(type, reading))).toEqual([0, 0, 0]);
    }
  });
});
