// A tone that is reflected by a resonator: filling, ringing, and a decay of the qubit within the window.
//
//   b' = -(kappa/2 + i delta) b + kappa u,   out = u - b      (u: incoming, b: leaking field, root watts, in the frame of the tone)
//
// Between two changes of u or of the state this is solved exactly: b moves towards kappa u / (kappa/2 + i delta) by the same factor in each
// nanosecond. The other resonators of the line are far away: they only turn the tone, as they do at rest with their qubits in state 0.
// What must stay true: the tone does not depend on how its window is divided into blocks.

import { exp, sineOfTurns } from '../../../protocol/sensors/elementary.ts';
import { DRIVE_STEP_NS, type ReadoutDrive } from './chain-data.ts';

export interface Complex {
  re: number;
  im: number;
}

export const times = (a: Complex, b: Complex): Complex => ({
  re: a.re * b.re - a.im * b.im,
  im: a.re * b.im + a.im * b.re,
});

export function over(a: Complex, b: Complex): Complex {
  const square = b.re * b.re + b.im * b.im;
  return { re: (a.re * b.re + a.im * b.im) / square, im: (a.im * b.re - a.re * b.im) / square };
}

export const sizeOf = ({ re, im }: Complex): number => Math.sqrt(re * re + im * im);

export const ofTurns = (turns: number): Complex => ({ re: sineOfTurns(turns + 0.25), im: sineOfTurns(turns) });

/** A resonator at a moment, both frequencies from the local oscillator. */
export interface ResonatorState {
  kappaHertz: number;
  stateHertz: readonly [zero: number, one: number];
  t1Ns: number;
}

/** kappa/2 + i delta, per nanosecond. */
function rate({ kappaHertz, stateHertz }: ResonatorState, state: 0 | 1, toneHertz: number): Complex {
  const perNs = 2 * Math.PI * 1e-9;
  return { re: (perNs * kappaHertz) / 2, im: perNs * (stateHertz[state] - toneHertz) };
}

/** The leaking field at rest, for an incoming field of 1. */
export function restingField(resonator: ResonatorState, state: 0 | 1, toneHertz: number): Complex {
  const decay = rate(resonator, state, toneHertz);
  return over({ re: 2 * decay.re, im: 0 }, decay);
}

/** By what the resonators around a tone multiply it. */
export function neighbours(all: readonly (ResonatorState | undefined)[], own: number, toneHertz: number): Complex {
  let product: Complex = { re: 1, im: 0 };
  for (const [index, other] of all.entries()) {
    if (index === own || !other) continue;
    const field = restingField(other, 0, toneHertz);
    product = times(product, { re: 1 - field.re, im: -field.im });
  }
  return product;
}

/** By what the distance to the field at rest is multiplied in a nanosecond. */
export function stepFactor(resonator: ResonatorState, state: 0 | 1, toneHertz: number): Complex {
  const decay = rate(resonator, state, toneHertz);
  const turn = ofTurns(-decay.im / (2 * Math.PI));
  const size = exp(-decay.re);
  return { re: size * turn.re, im: size * turn.im };
}

export interface Way {
  scale: Complex;
  delayNs: number;
  decayNs: number;
  continues: boolean;
}

export class ReflectedTone {
  private readonly drive: ReadoutDrive;
  private readonly resonator: ResonatorState | undefined;
  private readonly steps: readonly { factor: Complex; rest: Complex }[];
  private readonly way: Way;
  private readonly decayNs: number;
  private readonly hertz: number;
  /** By what its carrier is multiplied in a nanosecond. */
  private readonly turn: Complex;
  private fieldRe = 0;
  private fieldIm = 0;

  /**
   * `scale`: from the drive in full scale to the sample in full scale. `delayNs`: whole nanoseconds until the drive is back. `decayNs`: when the
   * qubit leaves state 1, from the first sample on. `continues`: the drive has been as it is at the begin for long; else the resonator is empty.
   * Without a resonator the line reflects everything.
   */
  constructor(drive: ReadoutDrive, resonator: ResonatorState | undefined, way: Way) {
    this.drive = drive;
    this.resonator = resonator;
    this.way = way;
    this.decayNs = Math.max(0, Math.ceil(way.decayNs));
    this.hertz = drive.frequencyQuarterHertz / 4;
    this.turn = ofTurns(this.hertz / 1e9);
    this.steps = resonator
      ? ([0, 1] as const).map((state) => ({
          factor: stepFactor(resonator, state, this.hertz),
          rest: restingField(resonator, state, this.hertz),
        }))
      : [];
    if (!way.continues || !resonator) return;
    const { rest } = this.steps[drive.state === 1 && this.decayNs > 0 ? 1 : 0];
    const field = times(rest, { re: this.incoming(0, 0), im: this.incoming(0, 1) });
    this.fieldRe = field.re;
    this.fieldIm = field.im;
  }

  /** What is played in a step of the drive, its real or its imaginary part; before the first step the first, where the tone continues. */
  private incoming(step: number, part: 0 | 1): number {
    const { amplitude } = this.drive;
    const place = this.way.continues ? Math.max(0, step) : step;
    return place >= 0 && 2 * place + 1 < amplitude.length ? amplitude[2 * place + part] : 0;
  }

  /** Adds samples `from` to `to` of the window, and their slopes per nanosecond: re, im, slope of re, slope of im. */
  addTo(out: Float64Array, from: number, to: number): void {
    const { state } = this.drive;
    const { delayNs } = this.way;
    for (let at = from; at < to; ) {
      const sent = at - delayNs;
      const place = Math.floor(sent / DRIVE_STEP_NS);
      const nextStep = (place + 1) * DRIVE_STEP_NS + delayNs;
      const now = state === 1 && at < this.decayNs ? 1 : 0;
      const nextState = now === 1 ? this.decayNs : to;
      const end = Math.min(to, nextStep, nextState);
      this.run(out, from, at, end, place, now);
      at = end;
    }
  }

  /** A stretch with the same incoming field, that of a step of the drive, and state. Without objects: there are millions of stretches. */
  private run(out: Float64Array, from: number, at: number, end: number, place: number, state: 0 | 1): void {
    const { hertz, drive, turn } = this;
    const { delayNs, scale } = this.way;
    const incomingRe = this.incoming(place, 0);
    const incomingIm = this.incoming(place, 1);
    const turns = drive.phase / 4e9 + ((at - delayNs) * hertz) / 1e9;
    const carrierRe = sineOfTurns(turns + 0.25);
    const carrierIm = sineOfTurns(turns);
    let cr = carrierRe * scale.re - carrierIm * scale.im;
    let ci = carrierRe * scale.im + carrierIm * scale.re;
    const pulsation = 2 * Math.PI * hertz * 1e-9;
    const step = this.resonator ? this.steps[state] : undefined;
    const restRe = step ? step.rest.re * incomingRe - step.rest.im * incomingIm : 0;
    const restIm = step ? step.rest.re * incomingIm + step.rest.im * incomingRe : 0;
    let br = this.fieldRe;
    let bi = this.fieldIm;
    for (let n = at; n < end; n++) {
      const ur = incomingRe - br;
      const ui = incomingIm - bi;
      const re = ur * cr - ui * ci;
      const im = ur * ci + ui * cr;
      const sample = 4 * (n - from);
      out[sample] += re;
      out[sample + 1] += im;
      out[sample + 2] -= pulsation * im;
      out[sample + 3] += pulsation * re;
      const next = cr * turn.re - ci * turn.im;
      ci = cr * turn.im + ci * turn.re;
      cr = next;
      if (!step) continue;
      const dr = br - restRe;
      const di = bi - restIm;
      br = restRe + dr * step.factor.re - di * step.factor.im;
      bi = restIm + dr * step.factor.im + di * step.factor.re;
    }
    this.fieldRe = br;
    this.fieldIm = bi;
  }
}
