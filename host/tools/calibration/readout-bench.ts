// What a calibration node measures with: a readout channel that plays a tone and shows what comes back, and the corrections that are in force.
//
// The implementation over SMP is smp-readout.ts. What must stay true: amplitudes that come back are in codes of the converter after the corrections in
// force, so a node measures what is left, and adds to what is stored.

import { crc32 } from 'node:zlib';
import type { CalibrationRecord } from '../calibration-record.ts';

export interface Iq {
  i: number;
  q: number;
}

export interface Tone {
  /** Readout channel: line * 8 + tone. */
  channel: number;
  driveHertz: number;
  /** What the channel is demodulated with; the drive's frequency when left out. */
  listenHertz?: number;
  /** In full scale of the output: 0 is silence. */
  amplitude: number;
  windowNs: number;
  /** Windows for each state of the qubit. */
  shots: number;
}

export interface Shots {
  /** Means over the windows in codes, one a window: with the qubit in 0, and in 1. */
  zero: Iq[];
  one: Iq[];
  /** Samples were out of the range of the converter. */
  clipped: boolean;
  /** What the device multiplies its sums by, to make up for the attenuation that gain control has switched in; 1 without. */
  gain: number;
}

export interface ReadoutBench {
  measure(tone: Tone): Promise<Shots>;
  corrections(): Promise<CalibrationRecord>;
  /** Resolves when the device's flash holds it and it is in force. */
  store(record: CalibrationRecord): Promise<void>;
  /** Tells corrections in force from others; ends with `inForceEnd` of their payload. */
  inForce(): Promise<string>;
}

export const inForceEnd = (payload: Uint8Array): string => `-${crc32(payload).toString(16)}`;

export const meanOf = (shots: readonly Iq[]): Iq => ({
  i: shots.reduce((sum, { i }) => sum + i, 0) / shots.length,
  q: shots.reduce((sum, { q }) => sum + q, 0) / shots.length,
});

export const sizeOf = ({ i, q }: Iq): number => Math.hypot(i, q);
export const difference = (a: Iq, b: Iq): Iq => ({ i: a.i - b.i, q: a.q - b.q });

/** Root of the mean square distance from the mean, of each quadrature. */
export function deviationOf(shots: readonly Iq[]): number {
  const mean = meanOf(shots);
  const squares = shots.reduce((sum, shot) => sum + sizeOf(difference(shot, mean)) ** 2, 0);
  return Math.sqrt(squares / (2 * Math.max(1, shots.length - 1)));
}
