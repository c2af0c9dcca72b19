// The clock of the controller: two references, and a PLL that follows the selected one.
//
// Jitter does not simply fall with temperature: a ring oscillator's Allan deviation falls from 300 K to 150 K and rises again to 11 K,
// because of random telegraph noise (NIST 2023 [R abstract]). The curve here has that shape; its femtoseconds are scenario values,
// near the 62 fs for which a cryogenic PLL was designed. Without a reference the PLL holds its last frequency and drifts away.
// What must stay true: the answer for a moment depends on that moment and on the last changes only.

import { MonotoneCubic } from '../../../protocol/sensors/monotone.ts';
import type { ReferenceData } from './fridge.ts';
import type { StateVector } from './state-vector.ts';

const LOCK_NS = 200_000;
const HOLDOVER_PPB_PER_SECOND = 25;
const HOUR_NS = 3_600_000_000_000;

const jitterFalling = new MonotoneCubic([4, 11, 40, 77, 150], [-190, -185, -130, -90, -58]);
const jitterRising = new MonotoneCubic([150, 220, 300], [58, 85, 120]);

/** Root mean square, in femtoseconds, of a locked PLL. */
export function jitterFemtoseconds(kelvin: number): number {
  const t = Math.min(320, Math.max(4, kelvin));
  return t < 150 ? -jitterFalling.at(t) : jitterRising.at(t);
}

/** Without a reference the loop is not locked. */
export const unlockedJitter = (quiet: number): number => 40 * quiet;

export interface ReferenceChange {
  present?: boolean;
  offsetPpb?: number;
  driftPpbPerHour?: number;
}

export interface ClockState {
  selected: number;
  present: [boolean, boolean];
  locked: boolean;
  /** By how much the output is too fast, in whole parts in 10⁹. */
  errorPpb: number;
  /** Whole femtoseconds. */
  jitterFemtoseconds: number;
}

const Word = {
  present: 0,
  offsetPpb: 1,
  driftPpbPerHour: 2,
  sinceNs: 3,
  count: 4,
} as const;

export class ClockSource {
  static readonly words = 2 * Word.count + 3;
  private readonly references: [Float64Array, Float64Array];
  /** [0] the selected reference, [1] the time when it was selected or came back, [2] the error that is held without a reference, ppb. */
  private readonly lock: Float64Array;

  constructor(state: StateVector, data: readonly [ReferenceData, ReferenceData]) {
    this.references = [state.take(Word.count), state.take(Word.count)];
    this.lock = state.take(3);
    for (const [i, { offsetPpb, driftPpbPerHour }] of data.entries()) {
      this.references[i].set([1, offsetPpb, driftPpbPerHour, 0]);
    }
    this.lock[1] = -LOCK_NS;
  }

  read(timeNs: number, kelvin: number): ClockState {
    const { lock, references } = this;
    const since = timeNs - lock[1];
    const present: [boolean, boolean] = [references[0][Word.present] === 1, references[1][Word.present] === 1];
    const locked = present[lock[0]] && since >= LOCK_NS;
    const held = lock[2] + (HOLDOVER_PPB_PER_SECOND * since) / 1e9;
    const quiet = jitterFemtoseconds(kelvin);
    return {
      selected: lock[0],
      present,
      locked,
      errorPpb: Math.round(locked ? this.error(lock[0], timeNs) : held),
      jitterFemtoseconds: Math.round(locked ? quiet : unlockedJitter(quiet)),
    };
  }

  set(reference: number, change: ReferenceChange, timeNs: number): void {
    const words = this.references[reference];
    if (!words) throw new RangeError(`cryostat: there is no clock reference ${reference}; there are 0 and 1`);
    const present = change.present === undefined ? words[Word.present] : Number(change.present);
    if (reference === this.lock[0] && present !== words[Word.present]) this.relock(timeNs);
    const offset = change.offsetPpb ?? this.error(reference, timeNs);
    words.set([present, offset, change.driftPpbPerHour ?? words[Word.driftPpbPerHour], timeNs]);
  }

  select(reference: number, timeNs: number): void {
    if (reference !== 0 && reference !== 1) throw new RangeError(`cryostat: there is no clock reference ${reference}`);
    if (this.lock[0] === reference) return;
    this.relock(timeNs);
    this.lock[0] = reference;
  }

  private relock(timeNs: number): void {
    const { lock, references } = this;
    const wasLocked = references[lock[0]][Word.present] === 1 && timeNs - lock[1] >= LOCK_NS;
    lock[2] = wasLocked ? this.error(lock[0], timeNs) : lock[2] + (HOLDOVER_PPB_PER_SECOND * (timeNs - lock[1])) / 1e9;
    lock[1] = timeNs;
  }

  private error(reference: number, timeNs: number): number {
    const words = this.references[reference];
    return words[Word.offsetPpb] + (words[Word.driftPpbPerHour] * (timeNs - words[Word.sinceNs])) / HOUR_NS;
  }
}
