// Thermometers as the converter measures them: whole microvolts of a diode, whole milliohms of a resistor.
//
//   true temperature + offset (calibration lost) + self-heating + the pulse tube's beat  ──curve──▶  signal + noise  ──▶  whole number
//
// Excitation is Lake Shore's: 10 µA through a diode, so little through a resistor that it warms by less than a millikelvin [R];
// thermal resistances are scenario values. Noise is a pure function of seed, channel and moment: two readings at one moment are equal, and a
// reading never changes a later one. What must stay true: a broken sensor shows an end of the scale.

import { curves, type SensorType } from '../../../protocol/sensors/curves.ts';
import { power, sineOfTurns } from '../../../protocol/sensors/elementary.ts';
import type { SensorData } from './fridge.ts';
import { normal } from './noise.ts';
import type { StateVector } from './state-vector.ts';

const isDiode = (type: SensorType): boolean => curves[type].unit === 'volt';

export const SensorFault = { NONE: 0, OPEN: 1, SHORT: 2, ZERO_KELVIN: 3, STUCK: 4 } as const;
export type SensorFault = (typeof SensorFault)[keyof typeof SensorFault];

/** Full scale of the converter, which an open circuit shows. */
export const OPEN_MICROVOLTS = 6_553_500;
export const OPEN_MILLIOHMS = 0xffff_ffff;

const BEAT_HERTZ = 1.4;
const BEAT_NS = Math.round(1e9 / BEAT_HERTZ);

interface Physics {
  /** Standard deviation of a reading: in volts for a diode, as a fraction of the resistance for a resistor. */
  noise: number;
  /** K/W between the element and its block, at 1 K; it falls with a power of T. */
  selfHeatingAtOneKelvin: number;
  selfHeatingExponent: number;
  /** The power in the element for a signal. */
  excitationWatts: (signal: number) => number;
}

/** Constant voltage, as in bridges for cold resistors. */
const driven = (volts: number) => (ohms: number) => (volts * volts) / ohms;

const physics: Record<SensorType, Physics> = {
  'DT-670': {
    ...{ noise: 5e-6, selfHeatingAtOneKelvin: 600, selfHeatingExponent: -1 },
    excitationWatts: (volts) => 10e-6 * volts,
  },
  // 1 mK of noise at 4.2 K; 1e-7 W at 4.2 K is what the catalogue says.
  'CX-1010': { noise: 1.8e-4, selfHeatingAtOneKelvin: 8000, selfHeatingExponent: -1, excitationWatts: driven(2e-3) },
  'CX-1030': { noise: 1.8e-4, selfHeatingAtOneKelvin: 8000, selfHeatingExponent: -1, excitationWatts: driven(2e-3) },
  'RX-102A': { noise: 5e-4, selfHeatingAtOneKelvin: 400, selfHeatingExponent: -3, excitationWatts: driven(6.3e-6) },
};

export class Sensors {
  static wordsFor = (count: number): number => 3 * count;
  readonly data: readonly SensorData[];
  private readonly seed: number;
  private readonly fault: Float64Array;
  private readonly offsetKelvin: Float64Array;
  private readonly stuckAt: Float64Array;

  constructor(state: StateVector, data: readonly SensorData[], seed: number) {
    this.data = data;
    this.seed = seed;
    this.fault = state.take(data.length);
    this.offsetKelvin = state.take(data.length);
    this.stuckAt = state.take(data.length);
  }

  /** The reading of the converter at a moment, with the stage at `kelvin`. */
  reading(channel: number, kelvin: number, timeNs: number): number {
    const { type } = this.sensor(channel);
    const open = isDiode(type) ? OPEN_MICROVOLTS : OPEN_MILLIOHMS;
    switch (this.fault[channel]) {
      case SensorFault.OPEN:
        return open;
      case SensorFault.SHORT:
        return 0;
      case SensorFault.ZERO_KELVIN:
        return open - 1;
      case SensorFault.STUCK:
        return this.stuckAt[channel];
    }
    const signal = curves[type].readingOf(this.feltKelvin(channel, kelvin, timeNs));
    const noise = normal(this.seed, channel, timeNs) * physics[type].noise;
    const scaled = isDiode(type) ? (signal + noise) * 1e6 : signal * (1 + noise) * 1e3;
    return Math.min(open - 1, Math.max(1, Math.round(scaled)));
  }

  /** `readingNow` is stored when the fault is a reading that no longer changes. */
  setFault(channel: number, fault: SensorFault, readingNow: number): void {
    this.sensor(channel);
    this.stuckAt[channel] = readingNow;
    this.fault[channel] = fault;
  }

  setOffset(channel: number, kelvin: number): void {
    this.sensor(channel);
    this.offsetKelvin[channel] = kelvin;
  }

  sensor(channel: number): SensorData {
    const sensor = this.data[channel];
    if (!sensor) throw new RangeError(`cryostat: there is no sensor ${channel}; there are ${this.data.length}`);
    return sensor;
  }

  private feltKelvin(channel: number, kelvin: number, timeNs: number): number {
    const { type, rippleKelvin } = this.data[channel];
    const { excitationWatts, selfHeatingAtOneKelvin, selfHeatingExponent } = physics[type];
    const beat = rippleKelvin * sineOfTurns((timeNs % BEAT_NS) / BEAT_NS);
    const place = Math.max(1e-3, kelvin + this.offsetKelvin[channel] + beat);
    const resistance = selfHeatingAtOneKelvin * power(Math.max(place, 0.02), selfHeatingExponent);
    return place + excitationWatts(curves[type].readingOf(place)) * resistance;
  }
}

/** The temperature of a reading by the standard curve; 0 for a sensor that is open, shorted or has no temperature. */
export function readingKelvin(type: SensorType, reading: number): number {
  const open = isDiode(type) ? OPEN_MICROVOLTS : OPEN_MILLIOHMS;
  if (reading <= 0 || reading >= open - 1) return 0;
  return curves[type].kelvinOf(reading / curves[type].stepsPerUnit);
}
