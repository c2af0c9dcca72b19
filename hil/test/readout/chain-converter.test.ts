// Effective bits of the sampled converter, by a four-parameter sine fit, equal the closed formula over a grid of tones, jitter, noise and
// distortion.

import { describe, expect, it } from 'vitest';
import { nominalState } from '../../../host/plant/readout/chain-data.ts';
import { bitsOfSinad, effectiveBits } from '../../../host/plant/readout/formulas.ts';
import { predictBits } from '../../../host/plant/readout/predict.ts';
import { stateFor } from '../../../host/plant/readout/sampler.ts';
import { fitSine } from '../../../host/tools/readout/sine-fit.ts';
import { chainOf, emptyWindow, samplesOf } from './chain-testing.ts';

const recordNs = 16_384;
const cleanly = '{full_scale_dBm: -6, thermal_codes: 0}';

const grid = [0.25, 0.9].flatMap((amplitude) =>
  [9.7e6, 101.3e6, 433.1e6].flatMap((frequencyHertz) =>
    [
      ['quantisation alone', cleanly, 0],
      ['jitter of 300 fs', cleanly, 300],
      ['jitter of 5 ps', cleanly, 5000],
      ['thermal noise', '{full_scale_dBm: -6, thermal_codes: 1.2}', 100],
      ['a third harmonic', '{full_scale_dBm: -6, thermal_codes: 0.4, third_harmonic_dBc: -56}', 100],
      ['flicker noise', '{full_scale_dBm: -6, thermal_codes: 0.5, flicker_codes: 1}', 100],
      ['fast telegraph noise', '{full_scale_dBm: -6, thermal_codes: 0.5, telegraph_codes: 4, telegraph_us: 0.8}', 100],
    ].map((row) => [row[0] as string, frequencyHertz, amplitude, row[1] as string, row[2] as number] as const),
  ),
);

describe('effective bits', () => {
  it.each(grid)('%s, %f Hz, %f of full scale', (name, frequencyHertz, amplitude, converter, jitterFemtoseconds) => {
    const chain = chainOf({ converter });
    const tone = { frequencyHertz, amplitude };
    const state = stateFor(chain, { ...nominalState(chain), jitterFemtoseconds }, 1, emptyWindow);
    const expected = predictBits(state, tone, recordNs);
    // Slow noise differs from record to record.
    const records = name.includes('flicker') ? 32 : 4;
    const measured = Array.from({ length: records }, (_, record) => {
      const startNs = record * 1_000_000;
      const window = { startNs, openedNs: startNs, lengthNs: recordNs, source: 'test-tone', tone } as const;
      const codes = samplesOf(chain, window, { jitterFemtoseconds });
      const path = Float64Array.from({ length: recordNs }, (__, n) => codes[2 * n + (record & 1)]);
      return fitSine(path, frequencyHertz / 1e9).residual ** 2;
    });
    const residual = Math.sqrt(measured.reduce((sum, each) => sum + each, 0) / measured.length);
    const bits = effectiveBits(4096, residual);
    expect(Math.abs(bits - expected), `${bits} bits, expected ${expected}`).toBeLessThan(0.05);
  });

  it('the reference: 12 bits, 100 fs, 100 MHz, 150 uV on 1 Vpp give 10.76 bits', () => {
    // 150 uV are 0.6144 codes of 1 V in 4096.
    const chain = chainOf({ converter: '{full_scale_dBm: -6, thermal_codes: 0.6144}' });
    const state = stateFor(chain, { ...nominalState(chain), jitterFemtoseconds: 100 }, 1, emptyWindow);
    expect(Math.abs(predictBits(state, { frequencyHertz: 100e6, amplitude: 1 }, recordNs) - 10.76)).toBeLessThan(0.01);
  });
});

describe('the sine fit', () => {
  it('finds a sine whose frequency was known to half a cycle in the record', () => {
    const samples = Float64Array.from({ length: 1000 }, (_, n) => 3 + 7 * Math.cos(2 * Math.PI * (0.12345 * n + 0.1)));
    const fit = fitSine(samples, 0.12345 + 0.0004);
    expect(fit.amplitude).toBeCloseTo(7, 9);
    expect(fit.offset).toBeCloseTo(3, 9);
    expect(fit.frequency).toBeCloseTo(0.12345, 12);
    expect(fit.phaseTurns).toBeCloseTo(0.1, 9);
    expect(fit.residual).toBeLessThan(1e-9);
  });

  it('SINAD and effective bits are two names for one number at full scale', () => {
    const residual = 0.7;
    const sinad = 20 * Math.log10(2048 / Math.SQRT2 / residual);
    expect(bitsOfSinad(sinad)).toBeCloseTo(effectiveBits(4096, residual), 9);
  });
});
