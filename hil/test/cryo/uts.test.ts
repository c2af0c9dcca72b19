import { describe, expect, test } from 'vitest';
import { steadyState } from '../../../host/plant/cryostat/solve.ts';
import { STAGES, type StageName, stageIndex, stageNames } from '../../../host/plant/cryostat/stages.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';

// Equilibria of a dilution refrigerator measured at UTS in 2022 (means over repeats of the same heat; CryowalaCore's CPM data).
// Heat in watts by stage; the campaign's tables give mW on 4K and Still, µW on CP and MXC.
const fridge = openFridge('uts');
const milli = 1e-3;
const micro = 1e-6;

function at(heat: Partial<Record<StageName, number>>): Record<StageName, number> {
  const watts = new Float64Array(STAGES);
  for (const [stage, value] of Object.entries(heat)) watts[stageIndex(stage as StageName)] = value;
  const kelvin = steadyState(fridge, watts);
  return Object.fromEntries(stageNames.map((stage, i) => [stage, kelvin[i]])) as Record<StageName, number>;
}

describe('the uts fridge at rest', () => {
  const mixing: [number, Record<number, number>][] = [
    [
      30,
      {
        ...{ 3: 7.84, 4: 9.6, 5: 10.76, 6: 11.68, 8: 13.22, 10: 14.56, 14: 16.76, 18: 18.64, 20: 19.53, 22: 20.35 },
        ...{ 26: 21.9, 30: 23.35, 35: 25.01, 40: 26.58, 45: 28.07, 50: 29.48, 60: 32.08, 70: 34.51 },
      },
    ],
    [
      10,
      {
        ...{ 4: 9.44, 5: 11.07, 6: 12.33, 8: 14.37, 10: 16.08, 14: 18.89, 20: 22.44, 30: 27.27, 40: 31.36, 50: 35.03 },
        70: 41.45,
      },
    ],
  ];
  for (const [still, table] of mixing) {
    for (const [load, millikelvin] of Object.entries(table)) {
      test(`${load} µW on MXC with ${still} mW on Still is ${millikelvin} mK, within 3 %`, () => {
        const { MXC } = at({ Still: still * milli, MXC: Number(load) * micro });
        expect(Math.abs(MXC / (millikelvin * milli) - 1)).toBeLessThan(0.03);
      });
    }
  }

  const still: Record<number, number> = {
    ...{ 3: 0.766, 4: 0.803, 5: 0.835, 6: 0.866, 8: 0.918, 10: 0.96, 12: 0.998, 16: 1.065, 20: 1.118, 26: 1.186 },
    ...{ 30: 1.222, 35: 1.262, 40: 1.28, 45: 1.276 },
  };
  test('has its still within three repetitions of the same setpoint (2 mK each), at every heat measured', () => {
    for (const [load, kelvin] of Object.entries(still)) {
      expect(Math.abs(at({ Still: Number(load) * milli, MXC: 30 * micro }).Still - kelvin), `${load} mW`).toBeLessThan(
        6e-3,
      );
    }
  });

  const plate = { 0: 82.5, 10: 84.8, 50: 93.8, 100: 103.6, 200: 120.6, 300: 135, 400: 148.1 };
  test('has its cold plate within 1 % from 0 to 400 µW, and no further off than the parabola through the table: 1.2 µW rms', () => {
    let squares = 0;
    for (const [load, millikelvin] of Object.entries(plate)) {
      const { CP } = at({ Still: 30 * milli, MXC: 30 * micro, CP: Number(load) * micro });
      expect(Math.abs(CP / (millikelvin * milli) - 1), `${load} µW`).toBeLessThan(0.01);
      // The parabola's slope makes watts of kelvins: 26194 µW/K² · T².
      const microwatts = 2 * 26194 * CP * (CP - millikelvin * milli);
      squares += microwatts * microwatts;
    }
    expect(Math.sqrt(squares / Object.keys(plate).length)).toBeLessThan(1.2);
  });

  const four = { 0: 3.07, 50: 3.167, 100: 3.272, 150: 3.336, 200: 3.438, 300: 3.593 };
  test('has its 4 K plate within 18 mK from 0 to 300 mW, and gains 0.18 to 0.20 K by the first 100', () => {
    const with1Watt = (load: number) => at({ '50K': 1, '4K': load * milli, Still: 10 * milli, MXC: 30 * micro })['4K'];
    for (const [load, kelvin] of Object.entries(four)) {
      expect(Math.abs(with1Watt(Number(load)) - kelvin), `${load} mW`).toBeLessThan(0.018);
    }
    const rise = with1Watt(100) - with1Watt(0);
    expect(rise).toBeGreaterThan(0.18);
    expect(rise).toBeLessThan(0.2);
  });

  const fifty = { 0: 41.7, 1: 42.4, 2: 43.7, 4: 45, 6: 47.7, 8: 48.4 };
  test('has its 50 K plate within the campaign’s wander, and lets 17 mK a watt through to 4K', () => {
    const withLoad = (load: number) => at({ '50K': load, Still: 30 * milli, MXC: 30 * micro });
    for (const [load, kelvin] of Object.entries(fifty)) {
      expect(Math.abs(withLoad(Number(load))['50K'] - kelvin), `${load} W`).toBeLessThan(1.2);
    }
    expect((withLoad(6)['4K'] - withLoad(0)['4K']) / 6).toBeCloseTo(0.0171, 2);
  });

  test('cools its mixing chamber better when 4K is heated, because more helium flows', () => {
    const quiet = at({ Still: 10 * milli, MXC: 30 * micro });
    const heated = at({ Still: 10 * milli, MXC: 30 * micro, '4K': 300 * milli });
    expect(quiet.MXC).toBeCloseTo(0.02727, 3);
    expect(heated.MXC).toBeCloseTo(0.0257, 3);
    expect(heated.MXC).toBeLessThan(quiet.MXC);
    expect(heated.CP - quiet.CP).toBeGreaterThan(0.5e-3);
  });

  test('is coldest at the most flow: the mixing chamber at 30 µW falls all the way from 3 to 40 mW on the still', () => {
    const course = [3, 6, 10, 20, 30, 40].map((load) => at({ Still: load * milli, MXC: 30 * micro }).MXC);
    expect([...course].sort((a, b) => b - a)).toEqual(course);
    expect(Math.abs(course[0] / 0.0364 - 1)).toBeLessThan(0.03);
  });
});
