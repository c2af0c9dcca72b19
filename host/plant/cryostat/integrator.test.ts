import { describe, expect, test } from 'vitest';
import { openFridge } from '../../tools/open-fridge.ts';
import { Cryostat } from './cryostat.ts';
import { steadyState } from './solve.ts';
import { stageNames } from './stages.ts';
import { ThermalModel, UNKNOWNS } from './thermal-model.ts';

const fridge = openFridge('uts');

/** Runge and Kutta's classic method with steps far below the fastest plate's second: slow, explicit, nobody's idea of an integrator here. */
function explicitly(from: Float64Array, heat: Float64Array, seconds: number, step: number): Float64Array {
  const model = new ThermalModel(fridge);
  const inputs = { heat, pulseTube: true, circulation: true, heatSwitch: false };
  const rates = (y: Float64Array) => {
    const out = new Float64Array(UNKNOWNS);
    model.derivative(y, inputs, out);
    return out;
  };
  const along = (y: Float64Array, k: Float64Array, h: number) => y.map((value, i) => value + h * k[i]);
  let y = from.slice();
  for (let i = 0; i < Math.round(seconds / step); i++) {
    const a = rates(y);
    const b = rates(along(y, a, step / 2));
    const c = rates(along(y, b, step / 2));
    const d = rates(along(y, c, step));
    y = y.map((value, j) => value + (step / 6) * (a[j] + 2 * b[j] + 2 * c[j] + d[j]));
  }
  return y;
}

describe('the integrator', () => {
  const steps: [string, Partial<Record<(typeof stageNames)[number], number>>][] = [
    ['100 mW on 4K', { '4K': 0.1 }],
    ['30 µW on the mixing chamber and 300 µW on the cold plate', { MXC: 30e-6, CP: 300e-6 }],
    ['5 W on 50K', { '50K': 5 }],
  ];
  for (const [what, heat] of steps) {
    test(`follows ${what} for a minute as an explicit method with a thousand times as many steps does`, () => {
      const operating = Float64Array.from(fridge.operatingWatts);
      const heated = operating.map((watts, i) => watts + (heat[stageNames[i]] ?? 0));
      const cryostat = new Cryostat(fridge, { drift: false });
      for (const [stage, watts] of Object.entries(heat)) cryostat.setHeat('fault', stage as '4K', watts);
      let y = steadyState(fridge, operating);
      for (const second of [1, 5, 20, 60]) {
        y = explicitly(y, heated, second - cryostat.timeNs / 1e9, 2e-3);
        cryostat.advanceTo(second * 1e9);
        for (const [i, stage] of stageNames.entries()) {
          const kelvin = cryostat.temperatureKelvin(stage);
          expect(Math.abs(kelvin / y[i] - 1), `${stage} after ${second} s`).toBeLessThan(2e-4);
        }
      }
    });
  }
});
