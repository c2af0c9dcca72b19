import { describe, expect, test } from 'vitest';
import { openFridge, presets } from '../../tools/open-fridge.ts';
import { solveBudget } from './budget.ts';
import type { StageName } from './stages.ts';

describe('a heat budget', () => {
  for (const preset of presets) {
    test(`of ${preset} adds up, stage by stage, to the load the balance was struck with`, () => {
      const { stages, parts } = solveBudget(openFridge(preset), new Map([['4K', 0.05]]));
      for (const [i, { loadWatts, name }] of stages.entries()) {
        const sum = parts.reduce((total, { watts }) => total + watts[i], 0);
        expect(Math.abs(sum - loadWatts), name).toBeLessThan(1e-9 * Math.abs(loadWatts) + 1e-15);
      }
    });
  }

  test('of the xld without its lines is Krinner’s Table 1', () => {
    const empty = { ...openFridge('xld'), lines: [] };
    const at = (heat: [StageName, number][]) =>
      Object.fromEntries(
        solveBudget(empty, new Map(heat)).stages.map(({ name, temperatureKelvin }) => [name, temperatureKelvin]),
      );
    const near = (value: number, golden: number, share: number) =>
      expect(Math.abs(value / golden - 1)).toBeLessThan(share);
    const idle = at([]);
    near(idle['50K'], 35, 0.02);
    near(idle['4K'], 2.85, 0.02);
    near(idle.Still, 0.882, 0.02);
    near(idle.CP, 0.082, 0.02);
    near(idle.MXC, 0.006, 0.02);
    near(at([['50K', 30]])['50K'], 45, 0.02);
    near(at([['4K', 1.5]])['4K'], 4.2, 0.03);
    near(at([['Still', 0.04]]).Still, 1.2, 0.02);
    near(at([['CP', 200e-6]]).CP, 0.14, 0.02);
    near(at([['MXC', 19e-6]]).MXC, 0.02, 0.02);
  });

  test('shows what lines cost: fewer lines, a colder mixing chamber', () => {
    const fridge = openFridge('xld');
    const temperatureOf = (lines: typeof fridge.lines) => solveBudget({ ...fridge, lines }).stages[4].temperatureKelvin;
    const half = fridge.lines.map((line) => ({ ...line, count: line.count / 2 }));
    const [all, fewer, none] = [fridge.lines, half, []].map(temperatureOf);
    expect(fewer).toBeLessThan(all);
    expect(none).toBeLessThan(fewer);
    // Krinner predicts 14 mK for twice these lines; with them 65 lines leave it below that.
    expect(all).toBeLessThan(0.014);
  });

  test('has every cable’s load within its band', () => {
    const { parts, stages } = solveBudget(openFridge('xld'));
    for (const { band, label } of parts) {
      if (!band) continue;
      for (const i of stages.keys()) expect(band.low[i], label).toBeLessThanOrEqual(band.high[i]);
    }
  });
});
