// Samples of the converter for a window: every tone through its resonator and the path, the mixer, noise, and the converter, as whole codes.
//
//   tones ─▶ + foreign signal ─▶ jitter (slope times time) ─▶ mixer ─▶ + noise ─▶ + leakage, offset, flicker, telegraph ─▶ compression ─▶ round
//
// Codes may be beyond the 12 bits of the converter: the board clips them, and counts. Noise is a hash of (seed, line, time), so two windows
// over the same time have the same noise. A resonator is empty when its window begins. Jitter acts on tones, not on noise, whose slope is as
// random as it is. What must stay true: samples are a function of the arguments; they do not depend on which windows were asked for before.

import { ln, powerOfTen, sineOfTurns } from '../../../protocol/sensors/elementary.ts';
import { hash, uniform } from '../cryostat/noise.ts';
import {
  FULL_SCALE_CODES,
  type LineData,
  type ReadoutChain,
  type ReadoutDrive,
  type ReadoutWindow,
  type SlowState,
  TONES_A_LINE,
} from './chain-data.ts';
import {
  DECADES_A_LATTICE,
  FLICKER_FAST,
  FLICKER_LATTICES,
  FLICKER_STEP_NS,
  Flicker,
  mix,
  NORMALS,
  normalTable,
  tailNormal,
  telegraph,
} from './chance.ts';
import { channelsOf, type LineState, lineOf, lineState, resonatorChannel, sendGain } from './line-state.ts';
import { neighbours, ofTurns, ReflectedTone, restingField, times } from './resonator.ts';

/** Blocks begin at whole multiples of it, so that noise is the same however a window lies. */
const BLOCK_NS = 4096;
/** Frequency of a foreign signal, cycles a nanosecond: far from every tone. */
export const INTRUDER_HERTZ = 437e6;

const NoiseChannel = {
  SAMPLES: 1,
  JITTER: 2,
  TAIL: 3,
  FLICKER_I: 0x100,
  FLICKER_Q: 0x140,
  TELEGRAPH: 0x180,
  DECAY: 0x200,
};

/** What is the same in all blocks of a window. */
interface Window {
  state: LineState;
  tones: readonly ReflectedTone[];
  request: ReadoutWindow;
  seed: number;
  channel: number;
}

/** re, im and their slopes of one block. It is written before it is read. */
const scratch = new Float64Array(4 * BLOCK_NS);
const flickerScratch = new Float64Array((2 * BLOCK_NS) / FLICKER_STEP_NS);

/** Writes I in even and Q in odd places of `into`. */
export function sampleWindow(
  chain: ReadoutChain,
  slow: SlowState,
  seed: number,
  request: ReadoutWindow,
  into: Int32Array,
): void {
  const { startNs, lengthNs } = request;
  if (into.length < 2 * lengthNs)
    throw new RangeError(`readout: ${lengthNs} ns are ${2 * lengthNs} numbers; there is room for ${into.length}`);
  const state = stateFor(chain, slow, seed, request);
  const tones = request.source === 'line' ? tonesOf(state, request, seed) : [];
  const window: Window = { state, tones, request, seed, channel: channelsOf(request.line) };
  const endNs = startNs + lengthNs;
  for (let blockNs = Math.floor(startNs / BLOCK_NS) * BLOCK_NS; blockNs < endNs; blockNs += BLOCK_NS) {
    const from = Math.max(0, blockNs - startNs);
    const to = Math.min(lengthNs, blockNs + BLOCK_NS - startNs);
    addSignals(window, from, to);
    convert(window, blockNs, from, to, into);
  }
}

/** The line during a window: its parametric amplifier sees the power of the tones that the window has at most. */
export function stateFor(chain: ReadoutChain, slow: SlowState, seed: number, request: ReadoutWindow): LineState {
  const { line, startNs: timeNs, attenuationDecibels, drive } = request;
  const sent = sendGain(lineOf(chain, line), slow);
  const signalWatts = sent * sent * drive.reduce((sum, tone) => sum + largestSquare(tone), 0);
  return lineState(chain, line, slow, { timeNs, seed, attenuationDecibels, signalWatts });
}

function largestSquare({ amplitude }: ReadoutDrive): number {
  let most = 0;
  for (let i = 0; i + 1 < amplitude.length; i += 2)
    most = Math.max(most, amplitude[i] * amplitude[i] + amplitude[i + 1] * amplitude[i + 1]);
  return most;
}

/** From a drive in full scale to its samples in full scale, as far as it is the same for both states. */
export function toneScale(state: LineState, toneHertz: number, own: number) {
  const turns = state.phaseTurns;
  const size = state.sendGain * state.gain * ripple(state, toneHertz);
  const around = neighbours(state.resonators, own, toneHertz);
  const turned = times(ofTurns(turns), around);
  return { re: size * turned.re, im: size * turned.im };
}

function ripple({ data }: LineState, toneHertz: number): number {
  let decibels = 0;
  for (const part of data.path)
    if (part.kind === 'twpa' && part.rippleDecibels !== 0)
      decibels += part.rippleDecibels * sineOfTurns((data.oscillatorHertz + toneHertz) / part.rippleHertz);
  return powerOfTen(decibels / 20);
}

function tonesOf(state: LineState, request: ReadoutWindow, seed: number): ReflectedTone[] {
  const { drive, startNs, openedNs } = request;
  const { delayNs } = state;
  return drive.map((tone) => {
    const own = tone.channel % TONES_A_LINE;
    const scale = toneScale(state, tone.frequencyQuarterHertz / 4, own);
    const decayNs = openedNs - startNs + decayTime(seed, request, own, state.resonators[own]?.t1Ns);
    return new ReflectedTone(tone, state.resonators[own], { scale, delayNs, decayNs, continues: startNs > openedNs });
  });
}

/** When the qubit of a tone decays, from the opening of the window, in the time of the converter. */
function decayTime(
  seed: number,
  { line, openedNs }: ReadoutWindow,
  own: number,
  t1Ns = Number.POSITIVE_INFINITY,
): number {
  if (t1Ns === Number.POSITIVE_INFINITY) return t1Ns;
  return -t1Ns * ln(uniform(seed, resonatorChannel(line, own) + NoiseChannel.DECAY, openedNs));
}

function addSignals({ state, tones, request }: Window, from: number, to: number): void {
  const { startNs, source, tone } = request;
  scratch.fill(0, 0, 4 * (to - from));
  for (const each of tones) each.addTo(scratch, from, to);
  const isClean = source === 'test-tone';
  if (isClean && tone) addTone(tone.frequencyHertz, tone.amplitude, startNs, from, to);
  if (!isClean && state.intruder > 0) addTone(INTRUDER_HERTZ, state.intruder, startNs, from, to);
}

/** A tone that is there at all times, counted from time 0. */
function addTone(hertz: number, amplitude: number, startNs: number, from: number, to: number): void {
  const pulsation = 2 * Math.PI * hertz * 1e-9;
  for (let n = from; n < to; n++) {
    // Modulo a second, in which a tone of whole hertz has whole turns.
    const { re, im } = ofTurns((((startNs + n) % 1e9) * hertz) / 1e9);
    const place = 4 * (n - from);
    scratch[place] += amplitude * re;
    scratch[place + 1] += amplitude * im;
    scratch[place + 2] -= amplitude * pulsation * im;
    scratch[place + 3] += amplitude * pulsation * re;
  }
}

/** Mixer, noise and converter. Everything is in codes from here on. */
function convert(window: Window, blockNs: number, from: number, to: number, into: Int32Array): void {
  const { state, seed, channel, request } = window;
  const { startNs, source } = request;
  const { converter } = state.data;
  const isLine = source === 'line';
  const analog = isLine ? state.analogCodes : 0;
  const deviation = Math.sqrt(analog * analog + state.thermalCodes * state.thermalCodes);
  const { xx, yx, yy } = isLine ? state.mixing : { xx: 1, yx: 0, yy: 1 };
  const offsetI = state.offset.re + (isLine ? state.leakage.re : 0);
  const offsetQ = state.offset.im + (isLine ? state.leakage.im : 0);
  const cubic = cubicOf(converter.thirdHarmonic);
  const [keyA, keyB] = [
    hash(seed, channel + NoiseChannel.SAMPLES, blockNs),
    hash(seed, ~(channel + NoiseChannel.SAMPLES), blockNs),
  ];
  const tails = channel + NoiseChannel.TAIL;
  const keyJitter = hash(seed, channel + NoiseChannel.JITTER, blockNs);
  const table = normalTable();
  fillFlicker(window, blockNs, startNs + from - blockNs, startNs + to - blockNs);
  const scaleI = FULL_SCALE_CODES * xx;
  const { jitterNs } = state;
  const startAt = startNs - blockNs;
  for (let n = from; n < to; ) {
    const step = Math.floor((startAt + n) / FLICKER_STEP_NS);
    const endOfStep = Math.min(to, (step + 1) * FLICKER_STEP_NS - startAt);
    const flickerI = flickerScratch[2 * step];
    const flickerQ = flickerScratch[2 * step + 1];
    for (; n < endOfStep; n++) {
      const at = startAt + n;
      const word = mix(mix(at ^ keyA) ^ keyB);
      const indexI = word >>> 20;
      const indexQ = (word >>> 8) & (NORMALS - 1);
      let normalI = table[indexI];
      let normalQ = table[indexQ];
      if (Number.isNaN(normalI)) normalI = tailNormal(indexI, hash(seed, tails, startNs + n));
      if (Number.isNaN(normalQ)) normalQ = tailNormal(indexQ, hash(seed, ~tails, startNs + n));
      const place = 4 * (n - from);
      let re = scratch[place];
      let im = scratch[place + 1];
      if (jitterNs > 0) {
        const early = jitterNs * jitterNormal(table, mix(mix(at ^ keyJitter) ^ keyB));
        re += scratch[place + 2] * early;
        im += scratch[place + 3] * early;
      }
      const i = scaleI * re + deviation * normalI + offsetI + flickerI;
      const q = FULL_SCALE_CODES * (yx * re + yy * im) + deviation * normalQ + offsetQ + flickerQ;
      into[2 * n] = nearest(i - cubic * i * i * i);
      into[2 * n + 1] = nearest(q - cubic * q * q * q);
    }
  }
}

/** As Math.round, which takes more than half of the time of a sample. */
const nearest = (value: number): number => Math.floor(value + 0.5);

/** A jitter of more than 3.5 deviations is cut. */
function jitterNormal(table: Float64Array, word: number): number {
  const value = table[word >>> 20];
  return Number.isNaN(value) ? table[word >>> 20 === 0 ? 1 : NORMALS - 2] : value;
}

/** x - c x³: a sine of amplitude A has a third harmonic of c A³ / 4. */
export const cubicOf = (thirdHarmonic: number): number => (4 * thirdHarmonic) / (FULL_SCALE_CODES * FULL_SCALE_CODES);

/** Flicker noise of each line, I and Q, as it was drawn last. */
const lastFlicker = new WeakMap<
  LineData,
  { seed: number; channel: number; quadratures: readonly [Flicker, Flicker] }
>();

function flickerOf({ state: { data }, seed, channel }: Window): readonly [Flicker, Flicker] {
  const last = lastFlicker.get(data);
  if (last && last.seed === seed && last.channel === channel) return last.quadratures;
  const [i, q] = [NoiseChannel.FLICKER_I, NoiseChannel.FLICKER_Q].map((first) => new Flicker(seed, channel + first));
  lastFlicker.set(data, { seed, channel, quadratures: [i, q] });
  return [i, q];
}

/** Flicker and telegraph noise of a part of a block, a value for each of its steps and quadratures. */
function fillFlicker(window: Window, blockNs: number, from: number, to: number): void {
  const { state, seed, channel } = window;
  const { flickerCodes, telegraphCodes, telegraphNs } = state.data.converter;
  const scale = flickerCodes * Math.sqrt(DECADES_A_LATTICE);
  for (const [quadrature, flicker] of flickerOf(window).entries()) {
    const slow = scale === 0 ? 0 : flicker.sum(blockNs, FLICKER_FAST, FLICKER_LATTICES);
    for (let step = Math.floor(from / FLICKER_STEP_NS); step * FLICKER_STEP_NS < to; step++) {
      const timeNs = blockNs + step * FLICKER_STEP_NS;
      const fast = scale === 0 ? 0 : flicker.sum(timeNs, 0, FLICKER_FAST);
      const jump =
        telegraphCodes === 0
          ? 0
          : (telegraphCodes / 2) *
            telegraph(seed, channel + NoiseChannel.TELEGRAPH + quadrature, timeNs, telegraphNs / 2);
      flickerScratch[2 * step + quadrature] = scale * (slow + fast) + jump;
    }
  }
}

/** The field that a tone of amplitude 1 shows at rest in both states, in full scale of the converter: out = u - b. */
export function restingSamples(state: LineState, toneHertz: number, own: number) {
  const scale = toneScale(state, toneHertz, own);
  const resonator = state.resonators[own];
  return ([0, 1] as const).map((qubit) => {
    const field = restingField(resonator, qubit, toneHertz);
    return times(scale, { re: 1 - field.re, im: -field.im });
  });
}
