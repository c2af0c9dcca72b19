// The cells as capacitors: what they hold after a service, how fast they lose it, and how often a switch errs.

import { describe, expect, test } from 'vitest';
import { Mux } from '../../../protocol/multiplexer/module.ts';
import { Cells } from './cells.ts';

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
    cells.serve(service(2, 10_000, 0), false, 0);
    expect(microvolts(cells, 2, 0)).toBeCloseTo(10_000 * Mux.CODE_MICROVOLTS, 3);
    cells.serve(service(7, 20_000, 0, 200), false, 1);
    // Two half times: a quarter of the step from the value before is left.
    expect(microvolts(cells, 7, 0)).toBeCloseTo((10_000 + 7500) * Mux.CODE_MICROVOLTS, 3);
  });

  test('drifts fast after a step and slowly later: 18 mV/s at full scale, below 60 uV/s and a little after 200 s', () => {
    const cells = make();
    cells.serve(service(0, Mux.CODE_MAX, 0), false, 0);
    const drift = (at: number) => microvolts(cells, 0, at * second) - microvolts(cells, 0, (at + 0.01) * second);
    expect(drift(0) / 0.01).toBeGreaterThan(17_900);
    expect(drift(0) / 0.01).toBeLessThan(18_100);
    expect(drift(24) / 0.01 / (drift(0) / 0.01)).toBeCloseTo(0.5, 2);
    expect(drift(300) / 0.01).toBeLessThan(60 + 5);
    expect(drift(300)).toBeGreaterThan(0);
  });

  test('drifts towards zero and not beyond, and not at all when nothing was stored', () => {
    const cells = make();
    cells.serve(service(0, 1, 0), false, 0);
    expect(microvolts(cells, 0, 1e6 * second)).toBe(0);
    expect(microvolts(cells, 5, 1e6 * second)).toBe(0);
  });

  test('never drifts faster than the firmware believes', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const cells = make(seed);
      cells.serve(service(seed % 8, 1 + seed * 600, 0), false, 0);
      for (let at = 0; at < 240; at += 7) {
        const lost = microvolts(cells, seed % 8, at * second) - microvolts(cells, seed % 8, (at + 1) * second);
        const halvings = Math.floor((at * 1000) / Mux.HALF_LIFE_MS);
        const believed = 60 + ((1 + seed * 600) * Mux.FRESH_DRIFT_PER_CODE) / 2 ** halvings / 1000;
        expect(lost).toBeLessThanOrEqual(believed + 1e-6);
      }
    }
  });
});

test('one switch in ten million connects the wrong cell, whatever the seed', () => {
  let errors = 0;
  const switches = 2_000_000;
  for (let seed = 1; seed <= 20; seed++) {
    const cells = make(seed);
    for (let number = 0; number < switches / 20; number++)
      if (cells.serve(service(4, 100, number), true, number) !== 4) errors++;
  }
  // 0.2 expected.
  expect(errors).toBeLessThan(4);
});
