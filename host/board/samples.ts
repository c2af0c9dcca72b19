// What the converter of a readout line is asked for, and what it is given: samples in codes, one a nanosecond, in two quadratures.
//
//   a window opens --> SampleRequest --> Surroundings.sample --> codes, I and Q in turn --> clipped to 12 bits by the chip
//
// What must stay true: the samples follow from the request, and from slow state of the surroundings that is latched at fixed times. So a run's result does
// not depend on how the run is cut up, and a snapshot, a fork and a replay give the same samples. Noise is a hash of seed, line and time.

import { ReadoutLimit } from '../../protocol/readout/module.ts';
import { sineOfTurns } from '../../protocol/sensors/elementary.ts';

/** Nanoseconds between two amplitudes of a drive. */
export const driveStepNs = 16;

/** What one sequencer plays into the line. */
export interface Drive {
  /** Readout channel that it measures: line * 8 + tone. */
  channel: number;
  /** Of its oscillator, in quarters of a hertz. */
  frequencyQuarterHertz: number;
  /** Of its oscillator at `startNs`, in 1/4e9 turn. */
  phase: number;
  /** I and Q in turn, one pair for each 16 ns from `startNs` on, in full scale: -1 to 1. The oscillator is not in it. */
  amplitude: Float64Array;
  /** State of its qubit when the window opened, as its marker 3 says: the marker stands for an ideal pi pulse. */
  state: 0 | 1;
}

export interface SampleRequest {
  /** Readout line, 0 or 1. */
  line: number;
  /** Time of the first sample on the board's clock; never after the present time, except in the later pieces of a long window. */
  startNs: number;
  /** Samples, one a nanosecond. */
  lengthNs: number;
  /** When the window opened; a long window is asked for in pieces, and this is the same in all of them. */
  openedNs: number;
  /** The line, or the tone that the chip makes for its own test. */
  source: 'line' | 'test-tone';
  /** Switched in before the converter. */
  attenuationDecibels: number;
  /** What is played into the line during the window, as far as it is known when the window opens. */
  drive: readonly Drive[];
  /** The test tone; its phase is 0 at time 0 of the board. Amplitude in full scale. */
  tone?: { frequencyHertz: number; amplitude: number };
}

/** An ideal converter: silence on the line, and the test tone rounded to codes. Writes I into even places and Q into odd ones. */
export function idealSamples({ startNs, lengthNs, source, tone }: SampleRequest, into: Int32Array): void {
  if (source === 'line' || !tone) {
    into.fill(0, 0, 2 * lengthNs);
    return;
  }
  for (let index = 0; index < lengthNs; index++) {
    const turns = tonePhase(tone.frequencyHertz, startNs + index);
    into[2 * index] = Math.round(tone.amplitude * ReadoutLimit.FULL_SCALE * sineOfTurns(turns + 0.25));
    into[2 * index + 1] = Math.round(tone.amplitude * ReadoutLimit.FULL_SCALE * sineOfTurns(turns));
  }
}

/** Turns of a tone at a time, without the whole ones, for frequencies in quarters of a hertz; good to 1e-7. */
export function tonePhase(frequencyHertz: number, timeNs: number): number {
  // Every tone repeats after 4 s. Seconds and nanoseconds are multiplied separately, so that each product stays exact in a float.
  const into = timeNs % 4e9;
  const seconds = Math.floor(into / 1e9);
  const turns = ((frequencyHertz * seconds) % 1) + (frequencyHertz * (into - seconds * 1e9)) / 1e9;
  return turns - Math.floor(turns);
}
