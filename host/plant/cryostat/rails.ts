// Supply rails of a cold controller: regulators, their decoupling capacitors, and the faults of both.
//
// A ceramic capacitor of class 2 keeps a twentieth of its capacitance at 4 K (22 µF X5R at 0.36 K [R]). So a step of load that has no effect at
// room temperature drops the rail by I t / C until the regulator reacts. Between 300 K and 4 K the loss is taken as linear.
//
//   V ───────┐                             V(t) is written down in closed form from the last event:
//            └╲  slope -ΔI/C               a ramp while the regulator has not noticed, then an exponential to where it settles.
//              ╲____╱‾‾‾‾‾‾‾‾              A surge is added to it, a brown-out caps it.
//            |   |
//          event reaction                  What must stay true: the voltage at a moment is the same, whenever and in whatever order it is read.

import { exp } from '../../../protocol/sensors/elementary.ts';
import type { RailData } from './fridge.ts';
import type { StateVector } from './state-vector.ts';

export const RailFault = { NONE: 0, DEAD: 1, HIGH: 2, SAG: 3 } as const;
export type RailFault = (typeof RailFault)[keyof typeof RailFault];

/** Share of the nominal voltage a failed regulator gives (scenario values). */
const faultShare = { [RailFault.NONE]: 1, [RailFault.DEAD]: 0, [RailFault.HIGH]: 1.25, [RailFault.SAG]: 0.82 };
/** Ramp of a regulator that is switched on, and decay of a rail that is switched off, in ns. */
const SOFT_START_NS = 200_000;
const DISCHARGE_NS = 2_000_000;
const COLD_SHARE = 1 / 20;
/** Rise of a lightning-like surge (IEC 61000-4-5: 1.2 µs front). */
const SURGE_RISE_NS = 400;

const Word = {
  enabled: 0,
  amperes: 1,
  fault: 2,
  eventNs: 3,
  eventVolts: 4,
  rampVoltsPerNs: 5,
  rampNs: 6,
  tauNs: 7,
  surgeNs: 8,
  surgeVolts: 9,
  surgeLengthNs: 10,
  count: 11,
} as const;

export class Rails {
  static wordsFor = (count: number): number => Word.count * count;
  readonly data: readonly RailData[];
  private readonly words: Float64Array[];

  constructor(state: StateVector, data: readonly RailData[]) {
    this.data = data;
    this.words = data.map(() => state.take(Word.count));
  }

  /** Whole microvolts. */
  microvolts(rail: number, timeNs: number): number {
    const words = this.rail(rail);
    const quiet = this.undisturbed(rail, timeNs);
    const since = timeNs - words[Word.surgeNs];
    const [volts, length] = [words[Word.surgeVolts], words[Word.surgeLengthNs]];
    if (volts === 0 || since < 0) return Math.max(0, Math.round(quiet * 1e6));
    if (volts < 0) {
      const capped = since < length ? Math.min(quiet, Math.max(0, this.data[rail].nominalVolts + volts)) : quiet;
      return Math.max(0, Math.round(capped * 1e6));
    }
    // Falls to half in `length`: the tail of the double exponential of the standard.
    const surge = volts * (exp((-Math.LN2 * since) / length) - exp(-since / SURGE_RISE_NS));
    return Math.max(0, Math.round((quiet + surge) * 1e6));
  }

  setEnabled(rail: number, on: boolean, timeNs: number): void {
    const words = this.rail(rail);
    if (words[Word.enabled] === Number(on)) return;
    this.event(rail, timeNs, 0, on ? SOFT_START_NS / 4 : DISCHARGE_NS);
    words[Word.enabled] = Number(on);
  }

  setFault(rail: number, fault: RailFault, timeNs: number): void {
    const words = this.rail(rail);
    if (words[Word.fault] === fault) return;
    this.event(rail, timeNs, 0, fault === RailFault.DEAD ? DISCHARGE_NS : SOFT_START_NS / 4);
    words[Word.fault] = fault;
  }

  setLoad(rail: number, amperes: number, timeNs: number, kelvin: number): void {
    const words = this.rail(rail);
    const step = amperes - words[Word.amperes];
    if (step === 0) return;
    const isSupplied = words[Word.enabled] === 1 && words[Word.fault] !== RailFault.DEAD;
    const slope = isSupplied ? -step / this.capacitance(rail, kelvin) / 1e9 : 0;
    this.event(rail, timeNs, slope, Math.max(1, this.data[rail].responseNs));
    words[Word.amperes] = amperes;
  }

  /** From this moment: a pulse that falls to half in `lengthNs`, or with negative volts a brown-out of that length. */
  surge(rail: number, volts: number, lengthNs: number, timeNs: number): void {
    const words = this.rail(rail);
    words[Word.surgeNs] = timeNs;
    words[Word.surgeVolts] = volts;
    words[Word.surgeLengthNs] = Math.max(1, lengthNs);
  }

  /** The decoupling capacitance at a temperature, in farads. */
  capacitance(rail: number, kelvin: number): number {
    const share = Math.min(1, Math.max(0, (kelvin - 4) / 296));
    return this.data[rail].capacitanceFarads * (COLD_SHARE + share * (1 - COLD_SHARE));
  }

  private event(rail: number, timeNs: number, slope: number, tauNs: number): void {
    const words = this.rail(rail);
    words[Word.eventVolts] = this.undisturbed(rail, timeNs);
    words[Word.eventNs] = timeNs;
    words[Word.rampVoltsPerNs] = slope;
    words[Word.rampNs] = slope === 0 ? 0 : this.data[rail].responseNs;
    words[Word.tauNs] = tauNs;
  }

  private undisturbed(rail: number, timeNs: number): number {
    const words = this.rail(rail);
    const { nominalVolts, outputOhms } = this.data[rail];
    const share = words[Word.enabled] === 1 ? faultShare[words[Word.fault] as RailFault] : 0;
    const settled = share === 0 ? 0 : Math.max(0, nominalVolts * share - words[Word.amperes] * outputOhms);
    const since = timeNs - words[Word.eventNs];
    const ramp = Math.min(since, words[Word.rampNs]);
    const bottom = Math.max(0, words[Word.eventVolts] + ramp * words[Word.rampVoltsPerNs]);
    const tau = words[Word.tauNs];
    if (since <= words[Word.rampNs] || tau === 0) return tau === 0 ? settled : bottom;
    return settled + (bottom - settled) * exp(-(since - words[Word.rampNs]) / tau);
  }

  private rail(rail: number): Float64Array {
    const words = this.words[rail];
    if (!words) throw new RangeError(`cryostat: there is no rail ${rail}; there are ${this.words.length}`);
    return words;
  }
}
