// One instance of the readout's module (firmware/readout): the same for the chip's device and for a run without a chip.
//
// It is checked as an image is, with limits of its own, and not metered: in silicon it is hardware that keeps up with its converters. What must stay true:
// the whole state is one piece of its memory, and no window is under way between two calls from outside.

import { ReadoutFigure, ReadoutLimit, ReadoutPlace, ReadoutSetting } from '../../../protocol/readout/module.ts';
import { prepareReadout } from '../cpu/cpu.ts';

interface Exports {
  memory: WebAssembly.Memory;
  reset(): void;
  configure(item: number, setting: number, value: number): number;
  open(channel: number, phase: number, length: number): void;
  feed(count: number): void;
  figure(which: number, index: number): number;
  place(which: number): number;
}

export class ReadoutModule {
  readonly compiled: WebAssembly.Module;
  /** Where samples are put: I and Q in turn, one piece at a time. */
  readonly samples: Int32Array;
  /** Sums of the last window: two words of I, two of Q, i64 each. */
  readonly sums: Int32Array;
  private readonly exports: Exports;
  private readonly state: Uint8Array;

  /** As after a reset of the chip. Throws ImageRefused when the bytes may not run. */
  constructor(bytes: Uint8Array) {
    this.compiled = prepareReadout(bytes);
    this.exports = new WebAssembly.Instance(this.compiled, {}).exports as unknown as Exports;
    this.exports.reset();
    const { buffer } = this.exports.memory;
    const place = (which: keyof typeof ReadoutPlace) => this.exports.place(ReadoutPlace[which]);
    this.samples = new Int32Array(buffer, place('SAMPLES'), 2 * ReadoutLimit.PIECE);
    this.sums = new Int32Array(buffer, place('SUMS'), 4);
    this.state = new Uint8Array(buffer, place('STATE'), place('STATE_SIZE'));
  }

  configure(item: number, setting: keyof typeof ReadoutSetting | number, value: number): boolean {
    const number = typeof setting === 'number' ? setting : ReadoutSetting[setting];
    return this.exports.configure(item, number, value) === 1;
  }

  /** Integrates a window; `fill` writes the samples of each piece, from `offsetNs` on. The sums are then in `sums`. */
  integrate(
    channel: number,
    phase: number,
    lengthNs: number,
    fill: (into: Int32Array, offsetNs: number, lengthNs: number) => void,
  ): void {
    this.exports.open(channel, phase, lengthNs);
    for (let offset = 0; offset < lengthNs; offset += ReadoutLimit.PIECE) {
      const length = Math.min(ReadoutLimit.PIECE, lengthNs - offset);
      fill(this.samples, offset, length);
      this.exports.feed(length);
    }
  }

  figure(which: keyof typeof ReadoutFigure, index = 0): number {
    return this.figureAt(ReadoutFigure[which], index);
  }

  /** As `figure`, by number; 0 where there is no such figure. */
  figureAt(which: number, index: number): number {
    return this.exports.figure(which, index) >>> 0;
  }

  /** A copy of the state. */
  save(reuse?: Uint8Array): Uint8Array {
    const state = reuse?.length === this.state.length ? reuse : new Uint8Array(this.state.length);
    state.set(this.state);
    return state;
  }

  restore(state: Uint8Array): void {
    this.state.set(state);
  }
}
