// What the chain samples equals the closed formulas: the reference's table, and a grid of settings with filling, decay, jitter, losses, mixers.

import { describe, expect, it } from 'vitest';
import type { ReadoutChain, SlowState } from '../../../host/plant/readout/chain-data.ts';
import { shotError } from '../../../host/plant/readout/formulas.ts';
import {
  chainOf,
  demodulated,
  expectRate,
  hemtPath,
  momentsOf,
  predictionOf,
  projected,
  samplesOf,
  twpaPath,
  usualDrive,
} from './chain-testing.ts';

describe('a resonator that is full, as in the reference', () => {
  const cases = [
    ['2.693 K', hemtPath, [1.64, 2.59, 3.67]],
    ['0.794 K', twpaPath, [3.02, 4.77, 6.75]],
  ] as const;
  const piecesNs = [200, 500, 1000];
  const stretchNs = 2_000_000;
  const stretches = 5;

  it.each(cases)('%s: d and error of its table', (_, path, distances) => {
    const chain = chainOf({ path });
    const hertz = chain.lines[0].resonators[0].offsetHertz;
    const means = fullMeans(chain);
    const counts = piecesNs.map(() => ({ errors: 0, trials: 0 }));
    const values = piecesNs.map(() => [[] as number[], [] as number[]]);
    for (const state of [0, 1] as const) {
      for (let stretch = 1; stretch <= stretches; stretch++) {
        const window = { startNs: (2 * stretch + state) * stretchNs, lengthNs: stretchNs };
        const samples = samplesOf(chain, { ...window, drive: [usualDrive(chain, 0, state, stretchNs)] });
        for (const [row, pieceNs] of piecesNs.entries()) {
          const shots = projected(demodulated(samples, hertz, pieceNs), { means });
          values[row][state].push(...shots);
          counts[row].trials += shots.length;
          counts[row].errors += shots.filter((shot) => shot > 0.5 !== (state === 1)).length;
        }
      }
    }
    for (const [row, d] of distances.entries()) {
      const [zero, one] = values[row].map((each) => momentsOf(Float64Array.from(each)));
      const measured = (one.mean - zero.mean) / Math.sqrt((zero.deviation ** 2 + one.deviation ** 2) / 2);
      expect(Math.abs(measured / d - 1), `d of ${piecesNs[row]} ns: ${measured}`).toBeLessThan(0.02);
      const { errors, trials } = counts[row];
      expectRate(errors, trials, shotError(d), `${piecesNs[row]} ns`);
    }
  });
});

/** Means of both states of a resonator that was filled long before, without noise. */
function fullMeans(chain: ReadoutChain) {
  const lengthNs = 100_000;
  const [zero, one] = ([0, 1] as const).map((state) => {
    const drive = [usualDrive(chain, 0, state, lengthNs)];
    // The share of filling in a window that is so much longer is small, and it is in the closed formula of the same window.
    return predictionOf(chain, { lengthNs, drive }).means[state];
  });
  return [zero, one] as const;
}

interface Setting {
  name: string;
  chain: ReadoutChain;
  lengthNs: number;
  slow?: Partial<SlowState>;
  attenuationDecibels?: number;
  shots?: number;
}

const wide = '{name: R, if_MHz: 70, kappa_MHz: 4, chi_MHz: 1, photons: 10}';
const settings: Setting[] = [
  { name: 'filling in half a microsecond', chain: chainOf({ resonators: `[${wide}]` }), lengthNs: 500 },
  { name: 'with a delay of 61 ns', chain: chainOf({ resonators: `[${wide}]`, delayNs: 61 }), lengthNs: 500 },
  {
    name: 'with decay after 5 us on average',
    chain: chainOf({ resonators: `[${wide.replace('}', ', t1_us: 5}')}]` }),
    lengthNs: 1000,
  },
  {
    name: 'with fast decay, a slow resonator and a delay',
    chain: chainOf({
      resonators: '[{name: R, if_MHz: -70, kappa_MHz: 1, chi_MHz: 0.7, photons: 20, t1_us: 2}]',
      delayNs: 48,
    }),
    lengthNs: 1500,
  },
  {
    name: 'with a noisy converter and attenuation in front of it',
    chain: chainOf({ resonators: `[${wide}]`, converter: '{full_scale_dBm: -6, thermal_codes: 60}' }),
    lengthNs: 700,
    attenuationDecibels: 6,
  },
  {
    name: 'with 4 dB lost in the connector and 1 dB on the way there',
    chain: chainOf({ resonators: `[${wide}]`, path: twpaPath }),
    lengthNs: 300,
    slow: { returnMillidecibel: 4000, sendMillidecibel: 1000 },
  },
  {
    name: 'with a bad mixer',
    chain: chainOf({
      resonators: `[${wide}]`,
      mixer: '{at: RT, imbalance_dB: 1.5, skew_deg: 8, leakage: 0.1, leakage_deg: 30}',
    }),
    lengthNs: 1000,
  },
  {
    name: 'with seven neighbours',
    chain: chainOf({
      resonators: '[{name: R, count: 8, if_MHz: -150, spacing_MHz: 40, kappa_MHz: 4, chi_MHz: 1, photons: 10}]',
    }),
    lengthNs: 600,
  },
  {
    name: 'with a foreign signal of full scale and a bad clock',
    chain: chainOf({ resonators: `[${wide}]` }),
    lengthNs: 1000,
    slow: { intruder: 1, jitterFemtoseconds: 40_000 },
  },
  {
    name: 'with a parametric amplifier that saturates',
    chain: chainOf({
      resonators: `[${wide}]`,
      path: twpaPath.replace('saturation_dBm: -60', 'saturation_dBm: -125'),
    }),
    lengthNs: 400,
  },
];

describe('shots equal the closed formula', () => {
  it.each(settings)('$name', ({ chain, lengthNs, slow, attenuationDecibels = 0, shots = 3000 }) => {
    const hertz = chain.lines[0].resonators[0].offsetHertz;
    const window = (state: 0 | 1) => ({
      lengthNs,
      attenuationDecibels,
      drive: [usualDrive(chain, 0, state, lengthNs)],
    });
    const expected = predictionOf(chain, window(0), slow);
    const results = ([0, 1] as const).map((state) => {
      const given = window(state);
      const means = new Float64Array(2 * shots);
      for (let shot = 0; shot < shots; shot++) {
        const startNs = (2 * shot + state) * 10_000;
        const samples = samplesOf(chain, { ...given, startNs, openedNs: startNs }, slow);
        means.set(demodulated(samples, hertz, lengthNs), 2 * shot);
      }
      return projected(means, expected);
    });
    const [zero] = results.map(momentsOf);
    expect(Math.abs(zero.mean)).toBeLessThan(4.5 / expected.distance / Math.sqrt(shots));
    const measured = 1 / zero.deviation;
    // The deviation of so many numbers is known to 1 in sqrt(2 n).
    expect(Math.abs(measured / expected.distance - 1), `d ${measured}, expected ${expected.distance}`).toBeLessThan(
      4.5 / Math.sqrt(2 * shots),
    );
    expect(Math.abs(20 * Math.log10(measured) - expected.snrDecibels)).toBeLessThan(0.4);
    const errors = results.map(
      (shotsOfState, state) => shotsOfState.filter((shot) => shot > 0.5 !== (state === 1)).length,
    );
    expectRate(errors[0], shots, expected.errorZero, 'state 0');
    expectRate(errors[1], shots, expected.errorOne, 'state 1');
  });
});
