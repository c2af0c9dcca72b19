// The readout chain as data: what is between the resonators and the converter, and how each part behaves. chain-file.ts reads it from YAML.
//
//   send ──▶ resonators ──▶ return path (losses, amplifiers, the connector, in their order) ──▶ mixer ──▶ converter
//
// What must stay true: every number has its unit at the end of its name; nothing here changes with time.

import { ReadoutLimit } from '../../../protocol/readout/module.ts';
import type { StageName } from '../cryostat/stages.ts';

export const TONES_A_LINE: number = ReadoutLimit.TONES;
export const LINES_MOST: number = ReadoutLimit.LINES;

export interface ResonatorData {
  name: string;
  /** Centre of both states, from the local oscillator. */
  offsetHertz: number;
  /** Linewidth, kappa / 2 pi. */
  kappaHertz: number;
  /** Half of the distance between both states, chi / 2 pi: state 0 is above the centre, state 1 below. */
  chiHertz: number;
  /** Photons in it under the usual drive. */
  photons: number;
  /** Infinity: the qubit never decays. */
  t1Ns: number;
  /** Change by the temperature of the mixing chamber, from its nominal one. */
  hertzPerKelvin: number;
  drift: Drift;
  /** A two-level system beside it: size of its jumps, and the mean time between two. */
  jumpHertz: number;
  jumpNs: number;
}

/** A slow change: a random one of this standard deviation, and a steady one. */
export interface Drift {
  deviation: number;
  perHour: number;
}

/** Where a part is: at a stage, at room temperature, or at a temperature of its own (a cable between two stages). */
export type Place = StageName | 'RT' | number;

export interface LossData {
  kind: 'loss';
  decibels: number;
  at: Place;
}

/** The connector of the line: its loss is the fridge's, with its age and faults. */
export interface ConnectorData {
  kind: 'connector';
  at: Place;
}

export interface AmplifierData {
  kind: 'amplifier';
  gainDecibels: number;
  /** At the nominal temperature of its place. */
  noiseKelvin: number;
  at: Place;
  /** Temperature at which its noise has doubled: T0 (1 + (T / doubling)²). Infinity: it does not depend on temperature. */
  doublingKelvin: number;
  gainDecibelsPerKelvin: number;
}

export interface TwpaData {
  kind: 'twpa';
  gainDecibels: number;
  noiseKelvin: number;
  /** Input power at which its gain is 1 dB less. */
  saturationWatts: number;
  /** Gain over frequency: amplitude and period of its ripple. */
  rippleDecibels: number;
  rippleHertz: number;
}

export type PathPart = LossData | ConnectorData | AmplifierData | TwpaData;

export interface MixerData {
  at: Place;
  /** I is larger than Q by this ratio. */
  imbalanceDecibels: number;
  /** By how much the angle between I and Q is not 90 degrees. */
  skewTurns: number;
  /** Leakage of the local oscillator, as an amplitude in full scale, and its angle. */
  leakage: number;
  leakageTurns: number;
  imbalanceDecibelsPerKelvin: number;
  leakagePerKelvin: number;
  imbalanceDrift: Drift;
  leakageDrift: Drift;
}

/** Codes are those of the 12-bit converter of the chip: full scale is 2048 of them. */
export interface ConverterData {
  /** Power of a tone of full scale. */
  fullScaleWatts: number;
  /** Noise of its own in codes, rms, at the nominal temperature. */
  thermalCodes: number;
  /** 1/f noise: codes, rms, in each decade of frequency. */
  flickerCodes: number;
  telegraphCodes: number;
  telegraphNs: number;
  /** Third harmonic of a full-scale sine, as a ratio of amplitudes: what its compression makes. */
  thirdHarmonic: number;
  offsetCodes: readonly [i: number, q: number];
  offsetCodesPerKelvin: number;
  gainDecibelsPerKelvin: number;
  offsetDrift: Drift;
}

export interface LineData {
  name: string;
  oscillatorHertz: number;
  /** Power of a tone of full scale at the chip, and what is lost on the way to the resonators. */
  sendFullScaleWatts: number;
  sendLossDecibels: number;
  /** From the output of the chip to its input, with everything in between. */
  delayNs: number;
  delayNsPerKelvin: number;
  /** Noise that comes out of the resonators already. */
  sourceKelvin: number;
  resonators: readonly ResonatorData[];
  path: readonly PathPart[];
  mixer: MixerData;
  converter: ConverterData;
  gainDrift: Drift;
  phaseDriftTurns: Drift;
}

export interface ReadoutChain {
  name: string;
  about: string;
  /** Temperatures at which the numbers hold, by stage index, 50K first. */
  nominalKelvin: readonly number[];
  /** Self-heating of the chip above its plate at its nominal temperature, for small powers. */
  chipKelvinPerWatt: number;
  lines: readonly LineData[];
}

/** The state of everything around the chain that changes slowly. Who has it latches it at fixed times. */
export interface SlowState {
  /** By stage index, 50K first. */
  stageKelvin: ArrayLike<number>;
  chipWatts: number;
  jitterFemtoseconds: number;
  /** Connectors with their age and faults: towards the resonators and back. */
  sendMillidecibel: number;
  returnMillidecibel: number;
  /** A strong signal at the converter that does not belong there: its amplitude in full scale. 0: none. */
  intruder: number;
}

/** Everything at its nominal temperature, without faults. */
export function nominalState(chain: ReadoutChain): SlowState {
  return {
    stageKelvin: chain.nominalKelvin,
    ...{ chipWatts: 0, jitterFemtoseconds: 0, sendMillidecibel: 0, returnMillidecibel: 0, intruder: 0 },
  };
}

/** One tone that is played into a line during a window. */
export interface ReadoutDrive {
  /** line * 8 + tone. */
  channel: number;
  frequencyQuarterHertz: number;
  /** At the begin of the window, in 1/4e9 of a turn. */
  phase: number;
  /** I, Q of each 16 ns in full scale. */
  amplitude: ArrayLike<number>;
  state: 0 | 1;
}

/** A window of samples: what the board asks for (SampleRequest of host/board/samples.ts). */
export interface ReadoutWindow {
  line: number;
  startNs: number;
  lengthNs: number;
  /** When the window opened: earlier than `startNs` in the later pieces of a long window. */
  openedNs: number;
  source: 'line' | 'test-tone';
  attenuationDecibels: number;
  drive: readonly ReadoutDrive[];
  tone?: { frequencyHertz: number; amplitude: number };
}

export const DRIVE_STEP_NS = 16;
export const FULL_SCALE_CODES: number = ReadoutLimit.FULL_SCALE;
/** One sample of each quadrature a nanosecond. */
export const SAMPLES_A_SECOND = 1e9;
