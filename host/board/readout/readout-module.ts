// One instance of the readout's module (firmware/readout): the same for the chip's device and for a run without a chip.
//
// It is checked as an image is, with limits of its own, and not metered: in silicon it is hardware that keeps up with its converters. What must stay true:
// the whole state is one piece of its memory and what was captured; no window is under way between two calls from outside. This file knows
// what is in which slot. That is not part of the state: a slot that may be wrong is filled anew.

import {
  type ReadoutClear,
  ReadoutFigure,
  ReadoutLimit,
  ReadoutPlace,
  ReadoutSetting,
} from '../../../protocol/readout/module.ts';
import { type Moments, momentsFrom } from '../../../protocol/readout/moments.ts';
import { prepareReadout } from '../cpu/cpu.ts';

const wordSpan = 2 ** 32;
const samplesOfWord = 4;

interface Exports {
  memory: WebAssembly.Memory;
  reset(): void;
  configure(index: number, setting: number, value: number): number;
  weigh(slot: number, channel: number, count: number): void;
  open(channel: number, phase: number, length: number, state: number): void;
  openWeighed(channel: number, phase: number, length: number, state: number, slotI: number, slotQ: number): void;
  openFree(line: number, timeLow: number, timeHigh: number, length: number): void;
  feed(count: number): void;
  judge(reached: number): void;
  capture(line: number, count: number): number;
  clear(what: number, line: number): void;
  figure(which: number, index: number): number;
  place(which: number): number;
}

/** Writes `lengthNs` samples from `offsetNs` of a window on: I and Q in turn. */
export type Fill = (into: Int32Array, offsetNs: number, lengthNs: number) => void;

/** Weights in 1/32768, with a number that changes whenever they may have changed. */
export interface WeightSamples {
  samples: Int32Array;
  version: number;
}

interface Slot {
  channel: number;
  version: number;
  buffer: ArrayBufferLike;
  at: number;
  length: number;
}

export class ReadoutModule {
  readonly compiled: WebAssembly.Module;
  /** Sums of the last window: two words of I, two of Q, i64 each. */
  readonly sums: Int32Array;
  private readonly exports: Exports;
  private readonly samples: Int32Array;
  private readonly weights: Int32Array;
  private readonly state: Uint8Array;
  private readonly scope: Uint8Array;
  private readonly scopeView: DataView;
  private slots: (Slot | undefined)[] = [];
  private nextSlot = 0;

  /** As after a reset of the chip. Throws ImageRefused when the bytes may not run. */
  constructor(bytes: Uint8Array) {
    this.compiled = prepareReadout(bytes);
    this.exports = new WebAssembly.Instance(this.compiled, {}).exports as unknown as Exports;
    this.exports.reset();
    const { buffer } = this.exports.memory;
    const place = (which: keyof typeof ReadoutPlace) => this.exports.place(ReadoutPlace[which]);
    this.samples = new Int32Array(buffer, place('SAMPLES'), 2 * ReadoutLimit.PIECE);
    this.weights = new Int32Array(buffer, place('WEIGHTS'), ReadoutLimit.PIECE);
    this.sums = new Int32Array(buffer, place('SUMS'), 4);
    this.state = new Uint8Array(buffer, place('STATE'), place('STATE_SIZE'));
    this.scope = new Uint8Array(buffer, place('SCOPE'), samplesOfWord * ReadoutLimit.SCOPE_MAX);
    this.scopeView = new DataView(buffer, this.scope.byteOffset, this.scope.byteLength);
  }

  configure(index: number, setting: keyof typeof ReadoutSetting | number, value: number): boolean {
    const number = typeof setting === 'number' ? setting : ReadoutSetting[setting];
    // A slot holds the tone of its channel.
    if (number === ReadoutSetting.FREQUENCY) this.slots = [];
    return this.exports.configure(index, number, value) === 1;
  }

  /** Opens a window of a sequencer: square, or weighed. `state`: of its qubit, or ReadoutLimit.STATE_UNKNOWN. */
  open(
    channel: number,
    phase: number,
    lengthNs: number,
    state: number,
    weights?: readonly [WeightSamples, WeightSamples],
  ): void {
    if (!weights) {
      this.exports.open(channel, phase, lengthNs, state);
      return;
    }
    const slotI = this.slotOf(channel, weights[0], undefined);
    const slotQ = this.slotOf(channel, weights[1], slotI);
    this.exports.openWeighed(channel, phase, lengthNs, state, slotI, slotQ);
  }

  /** Opens a window of all tones of TOGETHER, each at its phase at a time. */
  openFree(line: number, timeNs: number, lengthNs: number): void {
    this.exports.openFree(line, timeNs >>> 0, Math.floor(timeNs / wordSpan), lengthNs);
  }

  /**
   * Feeds the window that was opened, piece by piece; its sums are then in `sums`. `scopeSamples`: so many of the first samples are captured, also those
   * behind the end of the window. Returns flags of SequencerFlag that it raises. `piece`: a multiple of ReadoutLimit.BLOCK; it changes no result.
   */
  feed(line: number, lengthNs: number, fill: Fill, scopeSamples = 0, piece: number = ReadoutLimit.PIECE): number {
    let flags = 0;
    for (let offset = 0; offset < lengthNs; offset += piece) {
      const length = Math.min(piece, lengthNs - offset);
      const captured = offset === 0 ? scopeSamples : 0;
      fill(this.samples, offset, Math.max(length, captured));
      if (captured > 0) flags |= this.exports.capture(line, captured);
      this.exports.feed(length);
    }
    return flags | this.figure('FLAGS');
  }

  /** Captures samples without a window; flags of SequencerFlag. */
  capture(line: number, count: number, fill: Fill): number {
    fill(this.samples, 0, count);
    return this.exports.capture(line, count);
  }

  /** The sequencer has compared the window that is complete with its threshold. */
  judge(reached: boolean): void {
    this.exports.judge(reached ? 1 : 0);
  }

  clear(what: (typeof ReadoutClear)[keyof typeof ReadoutClear], line: number): void {
    this.exports.clear(what, line);
  }

  figure(which: keyof typeof ReadoutFigure, index = 0): number {
    return this.figureAt(ReadoutFigure[which], index);
  }

  /** A setting as it was set last: a word, negative numbers in two's complement. */
  setting(which: keyof typeof ReadoutSetting, index = 0): number {
    return this.figureAt(ReadoutFigure.SETTINGS + ReadoutSetting[which], index);
  }

  /** As `figure`, by number; 0 where there is no such figure. */
  figureAt(which: number, index: number): number {
    return this.exports.figure(which, index) >>> 0;
  }

  /** Sums of the last window of a channel, in the units of the bins. */
  sumsOf(channel: number): [i: number, q: number] {
    const sum = (low: keyof typeof ReadoutFigure, high: keyof typeof ReadoutFigure) =>
      (this.figure(high, channel) | 0) * wordSpan + this.figure(low, channel);
    return [sum('SUM_I_LOW', 'SUM_I_HIGH'), sum('SUM_Q_LOW', 'SUM_Q_HIGH')];
  }

  moments(channel: number, state: 0 | 1): Moments {
    const first = state === 0 ? ReadoutFigure.MOMENTS_0 : ReadoutFigure.MOMENTS_1;
    return momentsFrom((moment) => this.figureAt(first + moment, channel));
  }

  /** A captured sample as it lies in memory: I in the low half, Q in the high one; undefined behind the last one. */
  scopeWord(sample: number): number | undefined {
    if (sample >= this.figure('SCOPE_COUNT')) return undefined;
    return this.scopeView.getUint32(sample * samplesOfWord, true);
  }

  /** A copy of the state, and of what was captured. */
  save(reuse?: Uint8Array): Uint8Array {
    const captured = this.figure('SCOPE_COUNT') * samplesOfWord;
    const length = this.state.length + captured;
    const copy = reuse?.length === length ? reuse : new Uint8Array(length);
    copy.set(this.state);
    copy.set(this.scope.subarray(0, captured), this.state.length);
    return copy;
  }

  restore(state: Uint8Array): void {
    this.state.set(state.subarray(0, this.state.length));
    this.scope.set(state.subarray(this.state.length));
    this.slots = [];
  }

  /** The slot that holds the tone of a channel times a weight; filled when there is none, but not over slot `except`. */
  private slotOf(channel: number, { samples, version }: WeightSamples, except: number | undefined): number {
    const { buffer, byteOffset: at, length } = samples;
    const found = this.slots.findIndex(
      (slot) =>
        slot?.channel === channel &&
        slot.version === version &&
        slot.buffer === buffer &&
        slot.at === at &&
        slot.length === length,
    );
    if (found >= 0) return found;
    if (this.nextSlot === except) this.nextSlot = (this.nextSlot + 1) % ReadoutLimit.SLOTS;
    const slot = this.nextSlot;
    this.nextSlot = (slot + 1) % ReadoutLimit.SLOTS;
    this.weights.set(samples);
    this.exports.weigh(slot, channel, length);
    this.slots[slot] = { channel, version, buffer, at, length };
    return slot;
  }
}
