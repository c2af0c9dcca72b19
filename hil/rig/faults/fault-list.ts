// The faults of a cryostat and its wiring, and their effects on the readings of the chip.
//
//   record   [kind][place][size][start ns][end ns]     five numbers per fault, for up to `faultsMax` faults, in the memory of the board
//
// Every answer is a function of the list and of the given moment. What must stay true: faults of a kind add up; a fault has no effect outside of
// its times.

import { DisturbanceKind } from '../../../host/board/disturbance.ts';
import type { Disturbance } from '../../../host/board/surroundings.ts';
import { Heater, Rail, railMillivolts } from '../../../protocol/plant/places.ts';
import { exp } from '../../../protocol/sensors/elementary.ts';

const faultsMax = 16;
const stride = 5;
export const faultPlaces = 1 + faultsMax * stride;

/** The rail that feeds the runaway at each stage, 50K first. When the rail is off, the fault has no power. */
export const feedingRail: readonly number[] = [Rail.RF, Rail.DAC, Rail.HEATER, Rail.MULTIPLEXER, Rail.HEATER];
/** The heater whose current monitor shows the runaway at a stage; undefined when a regulator runs away. */
const heaterAt: Readonly<Record<number, number>> = { 2: Heater.STILL, 4: Heater.MXC };
/** Places of MECHANICAL from this number on are thermometers. */
export const contactOfChannel = 8;
/** TIMING_JITTER: below it the reference drifts, from it on it jitters. */
export const jitterOfReference = 2;
const windowNs = 100_000_000;
const minuteNs = 60_000_000_000;

export class CryoFaults {
  private readonly words: Float64Array;

  constructor(words: Float64Array) {
    this.words = words;
  }

  add({ kind, place, size, startNs, endNs }: Disturbance): void {
    const count = this.words[0];
    if (count === faultsMax) throw new Error(`faults: there are ${faultsMax} already; one more does not fit`);
    this.words.set([kind, place, size, startNs, endNs], 1 + count * stride);
    this.words[0] = count + 1;
  }

  /** The runaway power at a stage, while the rail that feeds it is on. */
  heatMicrowatts(stage: number, timeNs: number, rails: number): number {
    const fed = (rails >>> feedingRail[stage]) & 1;
    return fed * this.sum(DisturbanceKind.THERMAL_RISE, stage, timeNs);
  }

  /** The part of that power which flows through a heater. */
  heaterMicrowatts(heater: number, timeNs: number, rails: number): number {
    let sum = 0;
    for (let stage = 0; stage < feedingRail.length; stage++)
      if (heaterAt[stage] === heater) sum += this.heatMicrowatts(stage, timeNs, rails);
    return sum;
  }

  railMicrovolts(rail: number, timeNs: number): number {
    return this.sum(DisturbanceKind.POWER_SURGE, rail, timeNs) * railMillivolts[rail];
  }

  lossMillidecibel(line: number, timeNs: number): number {
    return this.sum(DisturbanceKind.SIGNAL_DROP, line, timeNs);
  }

  isLoose(line: number, timeNs: number): boolean {
    return this.has(DisturbanceKind.MECHANICAL, line, timeNs);
  }

  /** An intermittent contact is open in about half of its tenths of a second; which ones is a function of the moment. */
  isContactOpen(channel: number, timeNs: number): boolean {
    if (!this.has(DisturbanceKind.MECHANICAL, contactOfChannel + channel, timeNs)) return false;
    return Math.imul(Math.floor(timeNs / windowNs) + channel, 0x9e37_79b1) < 0;
  }

  driftKelvin(channel: number, timeNs: number): number {
    let kelvin = 0;
    this.each(DisturbanceKind.CALIBRATION_DRIFT, channel, timeNs, (size, startNs) => {
      kelvin += (size * 1e-6 * (timeNs - startNs)) / minuteNs;
    });
    return kelvin;
  }

  /** Size 0 of TIMING_JITTER means that the reference is gone. */
  isReferenceGone(reference: number, timeNs: number): boolean {
    let gone = false;
    this.each(DisturbanceKind.TIMING_JITTER, reference, timeNs, (size) => {
      if (size === 0) gone = true;
    });
    return gone;
  }

  driftPpb(reference: number, timeNs: number): number {
    return this.sum(DisturbanceKind.TIMING_JITTER, reference, timeNs);
  }

  jitterFemtoseconds(reference: number, timeNs: number): number {
    return this.sum(DisturbanceKind.TIMING_JITTER, jitterOfReference + reference, timeNs);
  }

  /** Largest sample in thousandths of full scale, before the converter clips it. */
  peak(line: number, timeNs: number, usual: number, attenuationDecibels: number): number {
    const peak = Math.max(usual, 1000 * this.intruder(line, timeNs));
    return Math.round(peak * amplitude(-1000 * attenuationDecibels));
  }

  /** Amplitude of the strongest foreign signal on a line, in full scale; 0 where there is none. */
  intruder(line: number, timeNs: number): number {
    let most = 0;
    this.each(DisturbanceKind.ADC_SATURATION, line, timeNs, (size) => {
      most = Math.max(most, amplitude(size));
    });
    return most;
  }

  private sum(kind: number, place: number, timeNs: number): number {
    let sum = 0;
    this.each(kind, place, timeNs, (size) => {
      sum += size;
    });
    return sum;
  }

  private has(kind: number, place: number, timeNs: number): boolean {
    let found = false;
    this.each(kind, place, timeNs, () => {
      found = true;
    });
    return found;
  }

  private each(kind: number, place: number, timeNs: number, visit: (size: number, startNs: number) => void): void {
    const { words } = this;
    for (let at = 1; at < 1 + words[0] * stride; at += stride) {
      if (words[at] !== kind || words[at + 1] !== place) continue;
      if (words[at + 3] <= timeNs && timeNs < words[at + 4]) visit(words[at + 2], words[at + 3]);
    }
  }
}

/** Thousandths of a decibel as a ratio of amplitudes. */
function amplitude(millidecibels: number): number {
  return exp((millidecibels * Math.LN10) / 20_000);
}
