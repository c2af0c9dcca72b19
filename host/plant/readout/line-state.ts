// A line at a moment: its gain, noise, angles and offsets, from the data of the chain, the slow state around it, and drift.
//
//   temperatures, losses, jitter, chip power (latched by who has them)  ┐
//   drift: functions of seed, line and time                             ├─▶ LineState ─▶ sampler and closed predictions
//   attenuation in front of the converter, power of the tones           ┘
//
// The chip heats itself: T = sqrt(Tplate² + 2 R Tnominal P), the conduction of a path whose conductivity grows with T; so its resistance falls
// as it warms ('t Hart 2021 [R abstract]: such a model holds). What must stay true: a state is a function of its arguments alone; drift is
// constant within a millisecond.

import { powerOfTen } from '../../../protocol/sensors/elementary.ts';
import { FOUR, MIXING } from '../cryostat/stages.ts';
import { type Cascade, cascade, kelvinAt, type PathConditions } from './cascade.ts';
import {
  type Drift,
  FULL_SCALE_CODES,
  type LineData,
  type ReadoutChain,
  type ResonatorData,
  SAMPLES_A_SECOND,
  type SlowState,
} from './chain-data.ts';
import { telegraph, wander } from './chance.ts';
import { BOLTZMANN } from './formulas.ts';
import { type Complex, ofTurns, type ResonatorState, times } from './resonator.ts';

export interface LineState {
  data: LineData;
  /** From the field at the resonators in root watts to full scale at the converter, without ripple; with the attenuation in front of it. */
  gain: number;
  path: Cascade;
  /** Of the path and of what comes out of the resonators. */
  noiseKelvin: number;
  /** From the drive in full scale to root watts at the resonators. */
  sendGain: number;
  /** Whole nanoseconds of the way there and back, and all of it in turns of the local oscillator. */
  delayNs: number;
  phaseTurns: number;
  resonators: readonly ResonatorState[];
  /** Deviation of each quadrature before the converter's own noise, in codes. */
  analogCodes: number;
  thermalCodes: number;
  chipKelvin: number;
  /** I' = xx I, Q' = yx I + yy Q. */
  mixing: { xx: number; yx: number; yy: number };
  /** Of the local oscillator, and the offset of the converter, in codes. */
  leakage: Complex;
  offset: Complex;
  jitterNs: number;
  /** Amplitude of a strong foreign signal at the converter, in full scale. */
  intruder: number;
}

/** Channels of the drifting quantities; each takes a few. */
const Channel = { GAIN: 0, PHASE: 16, IMBALANCE: 32, LEAKAGE: 48, OFFSET_I: 64, OFFSET_Q: 80, RESONATOR: 256 } as const;
const CHANNELS_A_LINE = 0x1000;
const CHANNELS_A_RESONATOR = 64;
const JUMP_CHANNEL = 32;
const HOUR_NS = 3.6e12;
const DRIFT_STEP_NS = 1e6;
const AMPLITUDE_DECIBELS = 20;

export interface Moment {
  timeNs: number;
  seed: number;
  attenuationDecibels: number;
  /** Power of all tones at the output of the resonators. */
  signalWatts: number;
}

export const channelsOf = (line: number): number => 0x5_0000 + line * CHANNELS_A_LINE;

export function chipKelvin(chain: ReadoutChain, slow: SlowState): number {
  const plate = slow.stageKelvin[FOUR];
  return Math.sqrt(plate * plate + 2 * chain.chipKelvinPerWatt * chain.nominalKelvin[FOUR] * slow.chipWatts);
}

export function lineOf(chain: ReadoutChain, line: number): LineData {
  const data = chain.lines[line];
  if (data) return data;
  throw new RangeError(`readout: ${chain.name} has no line ${line}; it has ${chain.lines.length}, counted from 0`);
}

/** From the drive in full scale to root watts at the resonators. */
export function sendGain(data: LineData, slow: SlowState): number {
  return Math.sqrt(data.sendFullScaleWatts) * ratioOf(-data.sendLossDecibels - slow.sendMillidecibel / 1000);
}

export function lineState(chain: ReadoutChain, line: number, slow: SlowState, moment: Moment): LineState {
  const data = lineOf(chain, line);
  const { mixer, converter } = data;
  const drift = driftAt(chain, line, moment);
  const chip = chipKelvin(chain, slow);
  const warmer = chip - chain.nominalKelvin[FOUR];
  const path = cascade(data.path, conditionsOf(chain, slow, moment.signalWatts));
  const attenuation = ratioOf(-moment.attenuationDecibels);
  const gainDecibels = drift.gainDecibels + converter.gainDecibelsPerKelvin * warmer;
  const gain = Math.sqrt(path.gain / converter.fullScaleWatts) * ratioOf(gainDecibels) * attenuation;
  const noiseKelvin = data.sourceKelvin + path.noiseKelvin;
  const bandNoise = Math.sqrt((BOLTZMANN * noiseKelvin * SAMPLES_A_SECOND) / 2);
  const mixerWarmer = kelvinAt(mixer.at, slow.stageKelvin) - kelvinAt(mixer.at, chain.nominalKelvin);
  const leakage = mixer.leakage + mixer.leakagePerKelvin * mixerWarmer + drift.leakage;
  const imbalance = mixer.imbalanceDecibels + mixer.imbalanceDecibelsPerKelvin * mixerWarmer + drift.imbalanceDecibels;
  const ratio = ratioOf(imbalance / 2);
  const skew = ofTurns(mixer.skewTurns);
  const offset = converter.offsetCodesPerKelvin * warmer;
  const delay = data.delayNs + data.delayNsPerKelvin * (slow.stageKelvin[FOUR] - chain.nominalKelvin[FOUR]);
  const mixingWarmer = slow.stageKelvin[MIXING] - chain.nominalKelvin[MIXING];
  // Field by field: a spread in this literal takes five times as long as all of the rest, in each window.
  return {
    data,
    gain,
    path,
    noiseKelvin,
    chipKelvin: chip,
    sendGain: sendGain(data, slow),
    delayNs: Math.round(delay),
    phaseTurns: drift.phaseTurns - data.oscillatorHertz * delay * 1e-9,
    resonators: data.resonators.map((each, i) => resonatorAt(each, drift.resonatorHertz[i], mixingWarmer)),
    analogCodes: FULL_SCALE_CODES * gain * bandNoise,
    thermalCodes: converter.thermalCodes * Math.sqrt(chip / chain.nominalKelvin[FOUR]),
    mixing: { xx: ratio, yx: skew.im / ratio, yy: skew.re / ratio },
    leakage: times(ofTurns(mixer.leakageTurns), { re: leakage * attenuation * FULL_SCALE_CODES, im: 0 }),
    offset: {
      re: converter.offsetCodes[0] + offset + drift.offsetI,
      im: converter.offsetCodes[1] + offset + drift.offsetQ,
    },
    jitterNs: slow.jitterFemtoseconds * 1e-6,
    intruder: slow.intruder * attenuation,
  };
}

const ratioOf = (decibels: number): number => powerOfTen(decibels / AMPLITUDE_DECIBELS);

/** Deviations of noise that a peak of many samples reaches. */
const PEAK_DEVIATIONS = 4;

/** Largest sample of a line on which nothing is played, in full scale: noise and leakage, without drift and attenuation. */
export function restPeak(chain: ReadoutChain, line: number, slow: SlowState): number {
  const data = lineOf(chain, line);
  const path = cascade(data.path, conditionsOf(chain, slow, 0));
  const band = (BOLTZMANN * (data.sourceKelvin + path.noiseKelvin) * SAMPLES_A_SECOND) / 2;
  return data.mixer.leakage + PEAK_DEVIATIONS * Math.sqrt((band * path.gain) / data.converter.fullScaleWatts);
}

export function conditionsOf(chain: ReadoutChain, slow: SlowState, signalWatts: number): PathConditions {
  const { stageKelvin, returnMillidecibel } = slow;
  return {
    stageKelvin,
    signalWatts,
    nominalKelvin: chain.nominalKelvin,
    connectorDecibels: returnMillidecibel / 1000,
  };
}

export const resonatorChannel = (line: number, index: number): number =>
  channelsOf(line) + Channel.RESONATOR + CHANNELS_A_RESONATOR * index;

function resonatorAt(data: ResonatorData, driftHertz: number, mixingWarmer: number): ResonatorState {
  const { kappaHertz, chiHertz, t1Ns } = data;
  const centre = data.offsetHertz + data.hertzPerKelvin * mixingWarmer + driftHertz;
  return { kappaHertz, stateHertz: [centre + chiHertz, centre - chiHertz], t1Ns };
}

interface DriftState {
  seed: number;
  line: number;
  timeNs: number;
  gainDecibels: number;
  phaseTurns: number;
  imbalanceDecibels: number;
  leakage: number;
  offsetI: number;
  offsetQ: number;
  resonatorHertz: readonly number[];
}

/** The last drift of each line, because most windows follow one another within a millisecond. */
const lastDrift = new WeakMap<LineData, DriftState>();

function driftAt(chain: ReadoutChain, line: number, moment: Moment): DriftState {
  const data = lineOf(chain, line);
  const { seed } = moment;
  const timeNs = Math.floor(moment.timeNs / DRIFT_STEP_NS) * DRIFT_STEP_NS;
  const last = lastDrift.get(data);
  if (last && last.seed === seed && last.timeNs === timeNs && last.line === line) return last;
  const first = channelsOf(line);
  const drifted = ({ deviation, perHour }: Drift, channel: number): number =>
    (deviation === 0 ? 0 : deviation * wander(seed, channel, timeNs)) + (perHour * timeNs) / HOUR_NS;
  const { mixer, converter } = data;
  const state: DriftState = {
    seed,
    timeNs,
    line,
    gainDecibels: drifted(data.gainDrift, first + Channel.GAIN),
    phaseTurns: drifted(data.phaseDriftTurns, first + Channel.PHASE),
    imbalanceDecibels: drifted(mixer.imbalanceDrift, first + Channel.IMBALANCE),
    leakage: drifted(mixer.leakageDrift, first + Channel.LEAKAGE),
    offsetI: drifted(converter.offsetDrift, first + Channel.OFFSET_I),
    offsetQ: drifted(converter.offsetDrift, first + Channel.OFFSET_Q),
    resonatorHertz: data.resonators.map((resonator, i) => {
      const channel = resonatorChannel(line, i);
      return drifted(resonator.drift, channel) + jumped(resonator, seed, channel + JUMP_CHANNEL, timeNs);
    }),
  };
  lastDrift.set(data, state);
  return state;
}

/** A telegraph signal changes in every second cell on average. */
function jumped({ jumpHertz, jumpNs }: ResonatorData, seed: number, channel: number, timeNs: number): number {
  return jumpHertz === 0 ? 0 : (jumpHertz / 2) * telegraph(seed, channel, timeNs, jumpNs / 2);
}
