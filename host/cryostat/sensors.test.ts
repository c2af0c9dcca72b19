import { describe, expect, test } from 'vitest';
import { dt670Kelvin, dt670Volts } from './dt-670.ts';
import {
  curveRange,
  isDiode,
  kelvinOf,
  rx102aKelvin,
  type SensorType,
  sensorTypes,
  signalAt,
} from './sensor-curves.ts';
import { readingKelvin, sensorTable } from './sensors.ts';

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
        expect(Math.abs(kelvinOf(type as SensorType, ohms) - Number(kelvin)), `${kelvin} K`).toBeLessThan(1e-3);
      }
    });
  }

  test('of a DT-670 are within 1 mK of the table at each of its 144 points', () => {
    expect(dt670Kelvin.length).toBe(144);
    for (const [i, kelvin] of dt670Kelvin.entries()) {
      expect(Math.abs(kelvinOf('DT-670', dt670Volts[i]) - kelvin), `${kelvin} K`).toBeLessThan(1e-3);
    }
  });

  test('of a DT-670 agree with the vendor’s Chebyshev fits to their 15 mK', () => {
    for (const [volts, kelvin] of [
      [1.027594, 77.3495],
      [1.57848, 4.188],
      [1.38373, 9.992],
    ]) {
      expect(Math.abs(kelvinOf('DT-670', volts) - kelvin)).toBeLessThan(0.015);
    }
  });

  test('of an RX-102A are the published fits, within 1 mK from 50 mK to 10 K: 8 K is 1204.75 Ω', () => {
    expect(rx102aKelvin(1204.75)).toBeCloseTo(7.99987, 4);
    for (let kelvin = 0.05; kelvin < 10; kelvin *= 1.01) {
      const ohms = signalAt('RX-102A', kelvin);
      // Where two segments meet they differ by 5 mK at 5.6 K, and no resistance stands for what lies between.
      const inGap = kelvin > 5.57 && kelvin < 5.62;
      expect(Math.abs(rx102aKelvin(ohms) - kelvin), `${kelvin} K`).toBeLessThan(inGap ? 6e-3 : 1e-3);
    }
  });

  test('fall all the way, so that each signal has one temperature', () => {
    for (const type of sensorTypes) {
      const [least, most] = curveRange(type);
      let before = Number.POSITIVE_INFINITY;
      for (let kelvin = least; kelvin < most * 0.98; kelvin *= 1.003) {
        const signal = signalAt(type, kelvin);
        expect(signal, `${type} at ${kelvin} K`).toBeLessThan(before);
        before = signal;
      }
    }
  });
});

describe('a table for the firmware', () => {
  test('rises in readings, and stands for the temperatures the curve has', () => {
    for (const type of sensorTypes) {
      const table = sensorTable(type);
      for (const [i, { reading, microkelvin }] of table.entries()) {
        expect(Number.isInteger(reading) && Number.isInteger(microkelvin)).toBe(true);
        if (i > 0) expect(reading, `${type} row ${i}`).toBeGreaterThan(table[i - 1].reading);
        const share = isDiode(type) ? 2e-3 : 1e-3;
        expect(Math.abs(readingKelvin(type, reading) / (microkelvin / 1e6) - 1), `${type} row ${i}`).toBeLessThan(
          share,
        );
      }
    }
  });
});
