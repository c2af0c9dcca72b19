// What a shot and a converter test give on average, in closed form: sums of exponentials instead of samples.
//
//   shot        a constant drive from the opening of the window on, integrated over the whole window. Filling, ringing, a decay of the qubit,
//               neighbours, mixer and every noise of the chain are in it; flicker and telegraph noise are not, for they are far from the tone
//   converter   a sine fit: quantisation, thermal noise, jitter, third harmonic, and as much of flicker and telegraph noise as a record sees
//
// What must stay true: nothing here uses a sample.

import { exp } from '../../../protocol/sensors/elementary.ts';
import { FULL_SCALE_CODES, type ReadoutWindow, TONES_A_LINE } from './chain-data.ts';
import { DECADES_A_LATTICE, FLICKER_LATTICES, FLICKER_STEP_NS } from './chance.ts';
import { decibelsOfDistance, effectiveBits, excitedError, leakedWatts, PLANCK, shotError } from './formulas.ts';
import type { LineState } from './line-state.ts';
import {
  type Complex,
  ofTurns,
  over,
  type ResonatorState,
  restingField,
  sizeOf,
  stepFactor,
  times,
} from './resonator.ts';
import { cubicOf, INTRUDER_HERTZ, toneScale } from './sampler.ts';

/** Farther apart, in correlation times, nothing is correlated. */
const CORRELATED_MOST = 30;
const ONE: Complex = { re: 1, im: 0 };
const minus = (a: Complex, b: Complex): Complex => ({ re: a.re - b.re, im: a.im - b.im });
const plus = (a: Complex, b: Complex): Complex => ({ re: a.re + b.re, im: a.im + b.im });
const scaled = (a: Complex, by: number): Complex => ({ re: a.re * by, im: a.im * by });

export interface ShotPrediction {
  /** |a1 - a0| / sigma of the mean of the window. */
  distance: number;
  snrDecibels: number;
  errorZero: number;
  errorOne: number;
  /** The mean of both. */
  assignmentError: number;
  /** Mean of the demodulated samples in both states, in codes. */
  means: readonly [Complex, Complex];
  /** Deviation of that mean in each quadrature, in codes. */
  deviationCodes: number;
  photons: readonly [number, number];
}

/** What the windows of a tone show: each is its mean and noise of that deviation. */
export interface ShotLaw {
  /** Mean of the demodulated samples in codes, with the qubit in state 0. */
  zero: Complex;
  /** The same with a qubit in state 1 that decays so long after the window opened. */
  one: (decayNs: number) => Complex;
  /** Deviation of the noise in each quadrature, in codes. */
  deviationCodes: number;
}

/** A window with one tone whose amplitude is constant from the opening on. */
export function shotLaw(state: LineState, window: ReadoutWindow): ShotLaw {
  const { resonator, hertz, amplitude } = toneOf(state, window);
  const own = window.drive[0].channel % TONES_A_LINE;
  const phase = ofTurns(window.drive[0].phase / 4e9 - (hertz * state.delayNs) / 1e9);
  const { xx, yx, yy } = state.mixing;
  // The part of the mixer's output that stays at the tone's own side of the oscillator.
  const straight: Complex = { re: (xx + yy) / 2, im: yx / 2 };
  const factor = times(
    times(toneScale(state, hertz, own), straight),
    scaled(times(amplitude, phase), FULL_SCALE_CODES),
  );
  const played = Math.max(0, window.lengthNs - state.delayNs);
  const share = played / window.lengthNs;
  const field = (qubit: 0 | 1, decayNs: number): Complex => {
    const mean = meanField(resonator, qubit, hertz, played, decayNs);
    return scaled(times(factor, minus(ONE, mean)), share);
  };
  const zero = field(0, 0);
  return {
    zero,
    one: (decayNs) => field(1, Math.max(0, decayNs - state.delayNs)),
    deviationCodes: sampleDeviation(state, hertz, sizeOf(zero)) / Math.sqrt(window.lengthNs),
  };
}

function toneOf(state: LineState, window: ReadoutWindow) {
  const [drive] = window.drive;
  const resonator = state.resonators[drive.channel % TONES_A_LINE];
  if (!resonator) throw new RangeError(`readout: there is no resonator for channel ${drive.channel}`);
  const amplitude: Complex = { re: drive.amplitude[0], im: drive.amplitude[1] };
  return { resonator, hertz: drive.frequencyQuarterHertz / 4, amplitude };
}

/** Of the windows that `shotLaw` describes: how far both states are apart, and how often a threshold in the middle is wrong. */
export function predictShot(state: LineState, window: ReadoutWindow): ShotPrediction {
  const { resonator, hertz, amplitude } = toneOf(state, window);
  const { zero, one, deviationCodes } = shotLaw(state, window);
  const means = [zero, one(Number.POSITIVE_INFINITY)] as const;
  const axis = minus(means[1], means[0]);
  const separation = sizeOf(axis);
  const distance = separation / deviationCodes;
  const contrast = (decayNs: number): number => {
    const moved = minus(one(decayNs), means[0]);
    return (moved.re * axis.re + moved.im * axis.im) / (separation * separation);
  };
  const errorZero = shotError(distance);
  const errorOne = excitedError(distance, window.lengthNs, resonator.t1Ns, contrast);
  return {
    ...{ distance, snrDecibels: decibelsOfDistance(distance), errorZero, errorOne, means, deviationCodes },
    assignmentError: (errorZero + errorOne) / 2,
    photons: photonsOf(state, resonator, hertz, amplitude),
  };
}

/** Mean of the leaking field over `length` nanoseconds from the begin of a drive of 1, with a change to state 0 after `decayNs`. */
export function meanField(
  resonator: ResonatorState,
  qubit: 0 | 1,
  hertz: number,
  length: number,
  decayNs: number,
): Complex {
  const whole = Math.max(0, Math.min(length, Math.ceil(decayNs)));
  const before = qubit === 1 ? whole : 0;
  const first = stretch(resonator, 1, hertz, before, { re: 0, im: 0 });
  const second = stretch(resonator, 0, hertz, length - before, first.end);
  return scaled(plus(first.sum, second.sum), 1 / Math.max(1, length));
}

/** Sum of the field at each nanosecond, and the field at the end: a geometric series. */
function stretch(resonator: ResonatorState, state: 0 | 1, hertz: number, count: number, start: Complex) {
  const rest = restingField(resonator, state, hertz);
  const factor = stepFactor(resonator, state, hertz);
  const left = complexPower(factor, count);
  const away = minus(start, rest);
  const series = over(minus(ONE, left), minus(ONE, factor));
  return { sum: plus(scaled(rest, count), times(away, series)), end: plus(rest, times(away, left)) };
}

function complexPower(base: Complex, exponent: number): Complex {
  let result = ONE;
  let square = base;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = times(result, square);
    square = times(square, square);
  }
  return result;
}

/** Of one quadrature of one sample, in codes. Jitter moves a signal along its slope, which is in either quadrature half of the time. */
export function sampleDeviation(state: LineState, toneHertz: number, toneCodes: number): number {
  const slope = (hertz: number, codes: number) => 2 * Math.PI * Math.abs(hertz) * 1e-9 * codes * state.jitterNs;
  const jitters = [slope(toneHertz, toneCodes), slope(INTRUDER_HERTZ, state.intruder * FULL_SCALE_CODES)];
  const [tone, intruder] = jitters.map((deviation) => (deviation * deviation) / 2);
  const { analogCodes, thermalCodes } = state;
  return Math.sqrt(analogCodes * analogCodes + thermalCodes * thermalCodes + 1 / 12 + tone + intruder);
}

/** In both states, at rest: the leaking power over h f kappa. */
function photonsOf(state: LineState, resonator: ResonatorState, hertz: number, amplitude: Complex): [number, number] {
  const root = sizeOf(amplitude) * state.sendGain;
  const one = leakedWatts(state.data.oscillatorHertz + hertz, resonator.kappaHertz, 1);
  const of = (qubit: 0 | 1): number => {
    const field = sizeOf(restingField(resonator, qubit, hertz)) * root;
    return (field * field) / one;
  };
  return [of(0), of(1)];
}

/** The amplitude that fills a resonator with its usual photons, of a tone in the middle of both states, in full scale of the output. */
export function usualAmplitude(state: LineState, own: number): number {
  const { offsetHertz, kappaHertz, chiHertz, photons } = state.data.resonators[own];
  const tangent = (2 * chiHertz) / kappaHertz;
  const flux = ((2 * Math.PI * kappaHertz * photons) / 4) * (1 + tangent * tangent);
  return Math.sqrt(PLANCK * (state.data.oscillatorHertz + offsetHertz) * flux) / state.sendGain;
}

/** Effective bits of the converter for a tone, of one quadrature. */
export function predictBits(
  state: LineState,
  tone: { frequencyHertz: number; amplitude: number },
  recordNs: number,
): number {
  const { flickerCodes, telegraphCodes, telegraphNs, thirdHarmonic } = state.data.converter;
  const codes = tone.amplitude * FULL_SCALE_CODES;
  const jitter = 2 * Math.PI * tone.frequencyHertz * 1e-9 * codes * state.jitterNs;
  const harmonic = (cubicOf(thirdHarmonic) * codes * codes * codes) / 4;
  let square = state.thermalCodes * state.thermalCodes + 1 / 12 + (jitter * jitter) / 2 + (harmonic * harmonic) / 2;
  let period = FLICKER_STEP_NS;
  for (let i = 0; i < FLICKER_LATTICES; i++) {
    square += flickerCodes * flickerCodes * DECADES_A_LATTICE * seenShare(recordNs / period, splineCorrelation);
    period *= 4;
  }
  const cells = recordNs / (telegraphNs / 2);
  square += ((telegraphCodes * telegraphCodes) / 4) * seenShare(cells, (x) => exp(-x));
  return effectiveBits(2 * FULL_SCALE_CODES, Math.sqrt(square));
}

/** Of values on a lattice with straight lines between them, at a distance in its periods. */
function splineCorrelation(x: number): number {
  if (x < 1) return 1 - x * x * (1.5 - 0.75 * x);
  return x < 2 ? 0.25 * (2 - x) * (2 - x) * (2 - x) : 0;
}

/** The share of the variance of a noise that a record shows around its own mean: 1 - 2/T² ∫ (T - t) correlation(t) dt, by Simpson's rule. */
function seenShare(record: number, correlation: (distance: number) => number): number {
  const steps = 200;
  const end = Math.min(record, CORRELATED_MOST);
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const x = (end * i) / steps;
    sum += (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) * (record - x) * correlation(x);
  }
  return 1 - (2 * sum * end) / (3 * steps * record * record);
}
