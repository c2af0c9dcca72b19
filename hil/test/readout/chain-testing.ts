// Chains for the tests of the readout chain, and what a test does with samples: integrate a tone, judge shots, compare a rate with a formula.

import { expect } from 'vitest';
import {
  DRIVE_STEP_NS,
  nominalState,
  type ReadoutChain,
  type ReadoutDrive,
  type ReadoutWindow,
  type SlowState,
} from '../../../host/plant/readout/chain-data.ts';
import { parseReadout } from '../../../host/plant/readout/chain-file.ts';
import { predictShot, type ShotPrediction, usualAmplitude } from '../../../host/plant/readout/predict.ts';
import { sampleWindow, stateFor } from '../../../host/plant/readout/sampler.ts';
import { errorRateInterval } from '../../../host/tools/multiplexer/error-rate.ts';

export interface ChainOptions {
  resonators?: string;
  path?: string;
  mixer?: string;
  converter?: string;
  delayNs?: number;
  more?: string;
}

/** The chain of the reference's HEMT example: 2.693 K. */
export const hemtPath = `[
  {part: loss, dB: 1, at: 0.02}, {part: connector, at: 4K}, {part: amplifier, gain_dB: 40, noise_K: 2.1, at: 4K},
  {part: loss, dB: 3, at: 151.5}, {part: amplifier, gain_dB: 40, noise_K: 100, at: RT}]`;
/** The same with a parametric amplifier in front, and another decibel behind it: 0.794 K. */
export const twpaPath = `[
  {part: loss, dB: 1, at: 0.02}, {part: twpa, gain_dB: 20, noise_K: 0.6, saturation_dBm: -60}, {part: loss, dB: 1, at: 0.02},
  {part: connector, at: 4K}, {part: amplifier, gain_dB: 40, noise_K: 2.1, at: 4K},
  {part: loss, dB: 3, at: 151.5}, {part: amplifier, gain_dB: 25, noise_K: 100, at: RT}]`;
/** The resonator of the reference's example: 90 degrees between both states. */
export const goldenResonator = '{name: R, if_MHz: 40, kappa_MHz: 1, chi_MHz: 0.5, photons: 5}';

/** A chain without drift and imperfections but those that are given. */
export function chainOf(options: ChainOptions = {}): ReadoutChain {
  const {
    resonators = `[${goldenResonator}]`,
    path = hemtPath,
    mixer = '{at: RT, imbalance_dB: 0, skew_deg: 0, leakage: 0, leakage_deg: 0}',
    converter = '{full_scale_dBm: -6, thermal_codes: 0}',
    delayNs = 0,
    more = '',
  } = options;
  const text = `
readout: test
about: of a test
nominal_K: {50K: 42, 4K: 3, Still: 1, CP: 0.1, MXC: 0.02}
chip_K_per_W: 0
lines:
  - name: L
    lo_GHz: 5.96
    send: {full_scale_dBm: -30, loss_dB: 80}
    delay_ns: ${delayNs}
    resonators: ${resonators}
    path: ${path.replaceAll('\n', ' ')}
    mixer: ${mixer}
    converter: ${converter}
    ${more}
`;
  return parseReadout(text, 'test.yaml');
}

/** A drive whose amplitude is the usual one of its resonator, in the middle of both states. */
export function usualDrive(chain: ReadoutChain, channel: number, state: 0 | 1, lengthNs: number): ReadoutDrive {
  const own = channel % 8;
  const line = Math.floor(channel / 8);
  const window = { ...emptyWindow, line, lengthNs: 1 };
  const size = usualAmplitude(stateFor(chain, nominalState(chain), 1, window), own);
  const amplitude = new Float64Array(2 * Math.ceil(lengthNs / DRIVE_STEP_NS));
  for (let i = 0; i < amplitude.length; i += 2) amplitude[i] = size;
  const frequencyQuarterHertz = 4 * chain.lines[line].resonators[own].offsetHertz;
  return { channel, frequencyQuarterHertz, phase: 0, amplitude, state };
}

export const emptyWindow: ReadoutWindow = {
  ...{ line: 0, startNs: 0, openedNs: 0, lengthNs: 0, source: 'line', attenuationDecibels: 0, drive: [] },
};

export function samplesOf(
  chain: ReadoutChain,
  window: Partial<ReadoutWindow>,
  slow?: Partial<SlowState>,
  seed = 1,
): Int32Array {
  const whole = { ...emptyWindow, ...window };
  const into = new Int32Array(2 * whole.lengthNs);
  sampleWindow(chain, { ...nominalState(chain), ...slow }, seed, whole, into);
  return into;
}

/** Means of the demodulated samples of pieces of a window, I and Q in turn. */
export function demodulated(samples: Int32Array, hertz: number, pieceNs: number): Float64Array {
  const pieces = Math.floor(samples.length / 2 / pieceNs);
  const means = new Float64Array(2 * pieces);
  const first = firstTurns(hertz, pieceNs);
  for (let piece = 0; piece < pieces; piece++) {
    const begin = piece * pieceNs;
    const { cos, sin } = begin === 0 || (hertz * pieceNs) % 1e9 === 0 ? first : turnsOf(hertz, begin, pieceNs);
    let [re, im] = [0, 0];
    for (let n = 0; n < pieceNs; n++) {
      const at = 2 * (begin + n);
      re += samples[at] * cos[n] - samples[at + 1] * sin[n];
      im += samples[at] * sin[n] + samples[at + 1] * cos[n];
    }
    means[2 * piece] = re / pieceNs;
    means[2 * piece + 1] = im / pieceNs;
  }
  return means;
}

interface Turns {
  cos: Float64Array;
  sin: Float64Array;
}

/** What turns the samples from `begin` on back by a frequency. */
function turnsOf(hertz: number, begin: number, count: number): Turns {
  const [cos, sin] = [new Float64Array(count), new Float64Array(count)];
  for (let n = 0; n < count; n++) {
    const angle = (-2 * Math.PI * hertz * (begin + n)) / 1e9;
    cos[n] = Math.cos(angle);
    sin[n] = Math.sin(angle);
  }
  return { cos, sin };
}

/** Thousands of shots are turned by the same ones. */
let lastTurns: { hertz: number; turns: Turns } | undefined;

function firstTurns(hertz: number, count: number): Turns {
  if (lastTurns?.hertz !== hertz || lastTurns.turns.cos.length !== count)
    lastTurns = { hertz, turns: turnsOf(hertz, 0, count) };
  return lastTurns.turns;
}

/** Projections of shots on the line through both predicted means: 0 at state 0, 1 at state 1. */
export function projected(
  shots: ArrayLike<number>,
  { means: [zero, one] }: Pick<ShotPrediction, 'means'>,
): Float64Array {
  const [dr, di] = [one.re - zero.re, one.im - zero.im];
  const square = dr * dr + di * di;
  return Float64Array.from(
    { length: shots.length / 2 },
    (_, i) => ((shots[2 * i] - zero.re) * dr + (shots[2 * i + 1] - zero.im) * di) / square,
  );
}

export function momentsOf(values: Float64Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return { mean, deviation: Math.sqrt(square / (values.length - 1)) };
}

/** So many errors make a rate that a relative deviation of 2 % can be asked of; with fewer it must lie in the exact interval at 99.9 %. */
const ENOUGH = 10_000;

export function expectRate(errors: number, trials: number, expected: number, what: string): void {
  if (errors >= ENOUGH) {
    expect(
      Math.abs(errors / trials / expected - 1),
      `${what}: ${errors} of ${trials}, expected ${expected}`,
    ).toBeLessThan(0.02);
    return;
  }
  const { lower, upper } = errorRateInterval(errors, trials, 0.999);
  expect(expected, `${what}: ${errors} of ${trials}, between ${lower} and ${upper}`).toBeGreaterThan(lower);
  expect(expected, what).toBeLessThan(upper);
}

export function predictionOf(
  chain: ReadoutChain,
  window: Partial<ReadoutWindow>,
  slow?: Partial<SlowState>,
): ShotPrediction {
  const whole = { ...emptyWindow, ...window };
  return predictShot(stateFor(chain, { ...nominalState(chain), ...slow }, 1, whole), whole);
}
