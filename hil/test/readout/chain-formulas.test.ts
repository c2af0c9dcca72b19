// The closed formulas give the figures that the reference computed or read: noise at temperature, Friis, the table of d and error, converters.

import { describe, expect, it } from 'vitest';
import { cascade } from '../../../host/plant/readout/cascade.ts';
import { nominalState } from '../../../host/plant/readout/chain-data.ts';
import { erfc, upperQuantile, upperTail } from '../../../host/plant/readout/error-function.ts';
import {
  attenuatedPhotons,
  bitsOfSinad,
  bosePhotons,
  combinedDecibels,
  excitedError,
  jitterDecibels,
  johnsonVolts,
  leakedWatts,
  noisePhotons,
  quantisationDecibels,
  separation,
  shotDistance,
  shotError,
  sineDecibels,
  thermalDbm,
} from '../../../host/plant/readout/formulas.ts';
import { conditionsOf } from '../../../host/plant/readout/line-state.ts';
import { chainOf, hemtPath, twpaPath } from './chain-testing.ts';

/** Equal when rounded as the reference prints it. */
const printed = (value: number, digits: number) => Number(value.toPrecision(digits));

describe('noise at temperature', () => {
  it.each([
    [300, 1041, 0.91, -173.8],
    [35, 121, 0.311, -183.2],
    [4, 13.4, 0.105, -192.6],
    [2.85, 9.41, 0.0887, -194.1],
    [0.1, 0.0595, 0.0166, -208.6],
  ])('at %f K: %f photons at 6 GHz, %f nV/rtHz in 50 ohm, %f dBm/Hz', (kelvin, photons, nanovolts, dBm) => {
    expect(bosePhotons(6e9, kelvin) / photons).toBeCloseTo(1, 2);
    expect(johnsonVolts(kelvin, 50) * 1e9).toBeCloseTo(nanovolts, 3);
    expect(thermalDbm(kelvin)).toBeCloseTo(dBm, 1);
  });

  it('at 20 mK: next to no photons, 0.0074 nV/rtHz', () => {
    expect(printed(bosePhotons(6e9, 0.02), 2)).toBe(5.6e-7);
    expect(johnsonVolts(0.02, 50) * 1e9).toBeCloseTo(0.0074, 4);
  });

  it('behind attenuators of 20, 20 and 20 dB', () => {
    const steps = (kelvin: number[]) => kelvin.map((each) => ({ decibels: 20, kelvin: each }));
    expect(printed(attenuatedPhotons(6e9, steps([4, 0.1, 0.02])), 3)).toBe(2.96e-3);
    expect(printed(attenuatedPhotons(6e9, steps([2.85, 0.082, 0.006])), 3)).toBe(2.28e-3);
  });
});

describe('Friis', () => {
  it.each([
    ['HEMT alone', hemtPath, 2.693, 9.35],
    ['parametric amplifier and HEMT', twpaPath, 0.794, 2.76],
  ])('%s', (_, path, kelvin, photons) => {
    const chain = chainOf({ path });
    const { noiseKelvin } = cascade(chain.lines[0].path, conditionsOf(chain, nominalState(chain), 0));
    expect(printed(noiseKelvin, kelvin < 1 ? 3 : 4)).toBe(kelvin);
    expect(printed(noisePhotons(6e9, noiseKelvin), 3)).toBe(photons);
  });

  it('a loss in front counts in full, one behind the amplifier hardly', () => {
    const chain = chainOf();
    const kelvin = (returnMillidecibel: number) =>
      cascade(chain.lines[0].path, conditionsOf(chain, { ...nominalState(chain), returnMillidecibel }, 0)).noiseKelvin;
    // 3 dB at 3 K in front of the HEMT: its noise doubles, and the loss adds (L - 1) 3 K, both behind 1 dB.
    const loss = 10 ** 0.3;
    expect(kelvin(3000) - kelvin(0)).toBeCloseTo(10 ** 0.1 * (loss - 1) * (3 + 2.1 + 350.3e-4), 2);
  });
});

describe('a shot', () => {
  const leaked = leakedWatts(6e9, 1e6, 5);

  it('five photons leak -129.0 dBm', () => {
    expect(printed(leaked, 4)).toBe(1.249e-16);
    expect(10 * Math.log10(leaked * 1000)).toBeCloseTo(-129.0, 1);
  });

  // Kelvin, microseconds, d, error.
  it.each([
    [2.693, 0.2, 1.64, 0.206],
    [2.693, 0.5, 2.59, 0.0975],
    [2.693, 1, 3.67, 0.0334],
    [0.794, 0.2, 3.02, 0.0656],
    [0.794, 0.5, 4.77, 8.5e-3],
    [0.794, 1, 6.75, 3.7e-4],
  ])('%f K, %f us: d = %f, error %f', (kelvin, microseconds, d, error) => {
    const distance = shotDistance(separation(leaked, 0.5e6, 1e6), microseconds * 1e-6, kelvin);
    expect(distance).toBeCloseTo(d, 1);
    expect(Math.abs(distance / d - 1)).toBeLessThan(0.003);
    expect(Math.abs(shotError(distance) / error - 1)).toBeLessThan(0.02);
  });

  it('a decay within the window adds tau / 2 T1 to the error of state 1, where nothing else errs', () => {
    const [windowNs, t1Ns] = [1000, 49_000];
    const error = excitedError(30, windowNs, t1Ns, (decayNs) => decayNs / windowNs);
    expect(error / (windowNs / (2 * t1Ns))).toBeCloseTo(1, 1);
    expect(excitedError(3, windowNs, Number.POSITIVE_INFINITY, () => 1)).toBe(shotError(3));
  });
});

describe('a converter', () => {
  it('jitter', () => {
    expect(jitterDecibels(500e6, 300e-15)).toBeCloseTo(60.5, 1);
    expect(bitsOfSinad(jitterDecibels(500e6, 300e-15))).toBeCloseTo(9.76, 2);
    expect(jitterDecibels(100e6, 100e-15)).toBeCloseTo(84.0, 1);
    expect(bitsOfSinad(jitterDecibels(100e6, 100e-15))).toBeCloseTo(13.7, 1);
    expect(jitterDecibels(100e6, 1e-12)).toBeCloseTo(64.0, 1);
    expect(bitsOfSinad(jitterDecibels(100e6, 1e-12))).toBeCloseTo(10.3, 1);
  });

  it('10 bits and 300 fs at 500 MHz: 58.2 dB, 9.37 bits', () => {
    const sinad = combinedDecibels(quantisationDecibels(10), jitterDecibels(500e6, 300e-15));
    expect(sinad).toBeCloseTo(58.2, 1);
    expect(bitsOfSinad(sinad)).toBeCloseTo(9.37, 2);
  });

  it('12 bits, 100 fs, 100 MHz, 150 uV on 1 Vpp: 66.5 dB, 10.76 bits', () => {
    const noises = [quantisationDecibels(12), jitterDecibels(100e6, 100e-15), sineDecibels(0.5, 150e-6)];
    const sinad = combinedDecibels(...noises);
    expect(sinad).toBeCloseTo(66.5, 1);
    // The reference rounds once more on its way.
    expect(Math.abs(bitsOfSinad(sinad) - 10.76)).toBeLessThan(0.01);
  });

  it('6.02 N + 1.76', () => {
    expect(quantisationDecibels(12) - quantisationDecibels(11)).toBeCloseTo(6.02, 2);
    expect(quantisationDecibels(0)).toBeCloseTo(1.76, 2);
  });
});

describe('the error function', () => {
  // Abramowitz and Stegun, table 7.1 and 7.3.
  it.each([
    [0.5, 0.4795001222],
    [1, 0.1572992071],
    [2, 0.0046777349810473],
    [3, 2.20904969985854e-5],
    [5, 1.53745979442803e-12],
  ])('erfc(%f)', (x, value) => {
    expect(Math.abs(erfc(x) / value - 1)).toBeLessThan(1e-9);
    expect(erfc(-x)).toBeCloseTo(2 - value, 9);
  });

  it('a quantile is where the tail says', () => {
    for (const tail of [0.5, 0.3, 0.01, 2e-3, 1e-4, 1e-9])
      expect(upperTail(upperQuantile(tail)) / tail).toBeCloseTo(1, 9);
  });
});
