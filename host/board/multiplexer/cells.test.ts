// The cells as capacitors: what they hold after a service, how fast they lose it, and how often a switch errs.

import { describe, expect, test } from 'vitest';
import { Mux } from '../../../protocol/multiplexer/module.ts';
import { Cells, stepsPerKelvin } from './cells.ts';

const second = 1e9;
const make = (seed = 1, count = 8) => new Cells(count, seed, new Float64Array(Cells.placesFor(count, 2)));
const service = (cell: number, code: number, startNs: number, spanNs = 10_000) => ({
  line: 0,
  cell,
  code,
  startNs,
  spanNs,
});
const microvolts = (cells: Cells, cell: number, timeNs: number) => cells.voltageAt(cell, timeNs) / 1000;

describe('a cell', () => {
  test('holds what was stored, but for what the converter has not settled to', () => {
    const cells = make();
    cells.serve(service(2, 10_000, 0), false);
    expect(microvolts(cells, 2, 0)).toBeCloseTo(10_000 * Mux.CODE_MICROVOLTS, 3);
    cells.serve(service(7, 20_000, 0, 200), false);
    // Two half times: a quarter of the step from the value before is left.
    expect(microvolts(cells, 7, 0)).toBeCloseTo((10_000 + 7500) * Mux.CODE_MICROVOLTS, 3);
  });

  test('drifts fast after a step and slowly later: 18 mV/s at full scale, below 60 uV/s and a little after 200 s', () => {
    const cells = make();
    cells.serve(service(0, Mux.CODE_MAX, 0), false);
    const drift = (at: number) => microvolts(cells, 0, at * second) - microvolts(cells, 0, (at + 0.01) * second);
    expect(drift(0) / 0.01).toBeGreaterThan(17_900);
    expect(drift(0) / 0.01).toBeLessThan(18_100);
    expect(drift(24) / 0.01 / (drift(0) / 0.01)).toBeCloseTo(0.5, 2);
    expect(drift(300) / 0.01).toBeLessThan(60 + 5);
    expect(drift(300)).toBeGreaterThan(0);
  });

  test('drifts towards zero and not beyond, and not at all when nothing was stored', () => {
    const cells = make();
    cells.serve(service(0, 1, 0), false);
    expect(microvolts(cells, 0, 1e6 * second)).toBe(0);
    expect(microvolts(cells, 5, 1e6 * second)).toBe(0);
  });

  test('never drifts faster than the firmware believes, at any temperature of operation', () => {
    for (let seed = 1; seed <= 70; seed++) {
      const cells = make(seed);
      cells.setTemperature(seed % 69, 0);
      cells.serve(service(seed % 8, 1 + seed * 600, 0), false);
      for (let at = 0; at < 240; at += 7) {
        const lost = microvolts(cells, seed % 8, at * second) - microvolts(cells, seed % 8, (at + 1) * second);
        const halvings = Math.floor((at * 1000) / Mux.HALF_LIFE_MS);
        const assumed = 60 + ((1 + seed * 600) * Mux.FRESH_DRIFT_PER_CODE) / 2 ** halvings / 1000;
        expect(lost).toBeLessThanOrEqual(assumed + 1e-6);
      }
    }
  });
});

describe('the settled drift', () => {
  /** In uV/s, long after a step of the largest size. */
  const settled = (kelvin: number, seed = 1, code: number = Mux.CODE_MAX) => {
    const cells = make(seed);
    cells.serve(service(0, code, 0), false);
    cells.setTemperature(kelvin * stepsPerKelvin, 0);
    return microvolts(cells, 0, 2000 * second) - microvolts(cells, 0, 2001 * second);
  };

  test('doubles with each kelvin and with bias, and differs from chip to chip', () => {
    expect(settled(4) / settled(3)).toBeCloseTo(2, 1);
    expect(settled(3) / settled(3, 1, (Mux.CODE_MAX + 1) / 2)).toBeCloseTo(2 / 1.5, 2);
    const chips = Array.from({ length: 40 }, (_, seed) => settled(4, seed));
    expect(Math.max(...chips) / Math.min(...chips)).toBeGreaterThan(1.7);
  });

  test('comes up to what the firmware believes where the interlock of the plate trips, and above that is larger', () => {
    const most = (kelvin: number) => Math.max(...Array.from({ length: 60 }, (_, seed) => settled(kelvin, seed)));
    const believed = Mux.SETTLED_DRIFT / 1000;
    expect(most(4.25)).toBeLessThan(believed);
    expect(most(4.25)).toBeGreaterThan(0.9 * believed);
    expect(most(4.75)).toBeGreaterThan(believed);
  });

  test('of a voltage does not depend on when it is looked at, nor on a temperature that is set anew', () => {
    const [looked, alone] = [make(), make()];
    for (const cells of [looked, alone]) cells.serve(service(0, 20_000, 0), false);
    for (let at = 0; at < 10; at++) looked.setTemperature(0, at * second);
    expect(microvolts(looked, 0, 10 * second)).toBeCloseTo(microvolts(alone, 0, 10 * second), 6);
  });
});

test('a step kicks the cells beside it by a part of its size, and a refresh does not', () => {
  const cells = make();
  for (const cell of [1, 2, 3]) cells.serve(service(cell, 1000, 0), false);
  const before = microvolts(cells, 3, 0);
  cells.serve(service(2, 11_000, 0), false);
  expect(microvolts(cells, 3, 0) - before).toBeCloseTo((10_000 * Mux.CODE_MICROVOLTS) / 32_768, 6);
  cells.serve(service(2, 11_000, second), false);
  expect(microvolts(cells, 3, 0) - before).toBeCloseTo((10_000 * Mux.CODE_MICROVOLTS) / 32_768, 6);
});

test('a wrong switch stores the value in the neighbour of the cell', () => {
  const cells = make();
  expect(cells.serve(service(4, 100, 0), true)).toBe(5);
  expect([microvolts(cells, 4, 0), microvolts(cells, 5, 0)].map((value) => value > 5000)).toEqual([false, true]);
});
