// Closed formulas of readout and conversion, for comparison with what the chain samples: noise, signal to noise, assignment errors, effective
// bits.
//
//   resonator   one port. The field that leaks out has the power P = h f kappa n; in both states it has the same size, and its phase differs by
//               2 arctan(2 chi / kappa), chi half the distance of both frequencies. The reflected field differs by just that, because what is
//               reflected at once is the same in both.
//   shot        a window of tau against noise of N0 = k T per hertz (both quadratures): d = |a1 - a0| / sigma, sigma² = N0 / (2 tau)
//   error       half of erfc(d / (2 sqrt 2)), with a threshold in the middle
//   SNR         20 log10 d, in decibels
//
// Sources: reference section 3 of docs/readout.md. What must stay true: nothing here uses the sampler.

import { exp, ln, log10, powerOfTen } from '../../../protocol/sensors/elementary.ts';
import { upperTail } from './error-function.ts';

export const PLANCK = 6.62607015e-34;
export const BOLTZMANN = 1.380649e-23;
const TWO_PI = 2 * Math.PI;

// --- noise ----------------------------------------------------------------------------------------------------------------

/** Photons of a mode in equilibrium. */
export const bosePhotons = (hertz: number, kelvin: number): number =>
  1 / (exp((PLANCK * hertz) / (BOLTZMANN * kelvin)) - 1);

/** Johnson noise of a resistor, volts per root hertz. */
export const johnsonVolts = (kelvin: number, ohms: number): number => Math.sqrt(4 * BOLTZMANN * kelvin * ohms);

/** k T in dBm per hertz. */
export const thermalDbm = (kelvin: number): number => 10 * log10(BOLTZMANN * kelvin * 1000);

/** Photons after attenuators: n / A + (1 - 1/A) n(T), from the warmest on. */
export function attenuatedPhotons(
  hertz: number,
  steps: readonly { decibels: number; kelvin: number }[],
  fromKelvin = 300,
): number {
  return steps.reduce(
    (photons, { decibels, kelvin }) => {
      const left = powerOfTen(-decibels / 10);
      return photons * left + (1 - left) * bosePhotons(hertz, kelvin);
    },
    bosePhotons(hertz, fromKelvin),
  );
}

/** Noise of a system in photons of its frequency. */
export const noisePhotons = (hertz: number, kelvin: number): number => (BOLTZMANN * kelvin) / (PLANCK * hertz);

// --- a shot ---------------------------------------------------------------------------------------------------------------

/** Power that leaks out of a resonator with so many photons. */
export const leakedWatts = (hertz: number, kappaHertz: number, photons: number): number =>
  PLANCK * hertz * TWO_PI * kappaHertz * photons;

/** cos and sin of the phase between both states would do; this is |a1 - a0| in root watts: 2 sqrt(P) sin(dphi / 2). */
export function separation(leaked: number, chiHertz: number, kappaHertz: number): number {
  const tangent = (2 * chiHertz) / kappaHertz;
  return (2 * Math.sqrt(leaked) * tangent) / Math.sqrt(1 + tangent * tangent);
}

/** d of a window. `distance`: |a1 - a0| in root watts. */
export const shotDistance = (distance: number, seconds: number, noiseKelvin: number): number =>
  distance * Math.sqrt((2 * seconds) / (BOLTZMANN * noiseKelvin));

export const shotError = (d: number): number => upperTail(d / 2);

export const decibelsOfDistance = (d: number): number => 20 * log10(d);

/** Rule of thumb for the excited state: it has decayed before the middle of the window with half of tau / T1. */
export const decayError = (windowNs: number, t1Ns: number): number => windowNs / (2 * t1Ns);

/**
 * Error of state 1, which decays at a time with the density exp(-t / T1) / T1. `contrast(t)`: where the result then is between both states, 0 to
 * 1. Simpson's rule over the window.
 */
export function excitedError(d: number, windowNs: number, t1Ns: number, contrast: (decayNs: number) => number): number {
  const survives = exp(-windowNs / t1Ns);
  if (t1Ns === Number.POSITIVE_INFINITY) return shotError(d);
  const steps = 2000;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const decayNs = (windowNs * i) / steps;
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * exp(-decayNs / t1Ns) * upperTail(d * (contrast(decayNs) - 0.5));
  }
  return survives * shotError(d) + (sum * windowNs) / (3 * steps * t1Ns);
}

// --- a converter ----------------------------------------------------------------------------------------------------------

/** Signal to noise of a full-scale sine and quantisation alone, decibels: 6.02 N + 1.76. */
export const quantisationDecibels = (bits: number): number => 10 * log10(1.5) + 20 * bits * log10(2);

/** Of a sine and jitter alone. */
export const jitterDecibels = (hertz: number, seconds: number): number => -20 * log10(TWO_PI * hertz * seconds);

/** Of a sine of an amplitude and noise of a deviation, in the same unit. */
export const sineDecibels = (amplitude: number, deviation: number): number =>
  20 * log10(amplitude / (Math.SQRT2 * deviation));

/** Several noises together: powers add. */
export const combinedDecibels = (...each: readonly number[]): number =>
  -10 * log10(each.reduce((sum, decibels) => sum + powerOfTen(-decibels / 10), 0));

export const bitsOfSinad = (decibels: number): number => (decibels - 10 * log10(1.5)) / (20 * log10(2));

/** IEEE 1241: effective bits of a converter whose residual of a sine fit has this deviation, both in codes. */
export const effectiveBits = (fullScaleCodes: number, residualCodes: number): number =>
  ln(fullScaleCodes / (residualCodes * Math.sqrt(12))) / Math.LN2;
