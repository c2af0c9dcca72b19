// One instance of the sequencers' module (firmware/sequencer): the same for the chip's devices and for a run without a chip.
//
// It is checked as an image is, with limits of its own, and compiled once per content. It is not metered: the time of the sequencers
// follows from the instruction table. What must stay true: the whole state is `memory`, without the records, which are taken before a run goes
// on, and without the bins that are not in use.

import {
  SequencerFigure,
  SequencerInput,
  SequencerOutput,
  SequencerPlace,
  SequencerRun,
} from '../../../protocol/q1/module.ts';
import { SequencerRecord } from '../../../protocol/q1/records.ts';
import { SequencerSetting } from '../../../protocol/q1/settings.ts';
import { prepareSequencer } from '../cpu/cpu.ts';
import type { InputSource, InputWindow, Weight } from './input.ts';

export const sequencerCount = 6;
export const recordWords = SequencerRecord.SIZE / 4;
const wordSpan = 2 ** 32;
/** Instructions of one call into the module: so many that the cost of the call does not matter, so few that the limits are checked often. */
const budgetPerCall = 20_000_000;

interface Exports {
  memory: WebAssembly.Memory;
  reset(): void;
  recordKinds(mask: number): void;
  recordsTaken(): void;
  configure(core: number, setting: number, index: number, value: number): number;
  load_(core: number, length: number, crc: number): number;
  arm(mask: number): void;
  start(mask: number, timeLow: number, timeHigh: number): void;
  stop(mask: number): void;
  run(untilLow: number, untilHigh: number, budget: number): number;
  supply(flags: number): number;
  relyInVain(mask: number): void;
  deleteBins(core: number): void;
  figure(core: number, which: number, index: number): number;
  output(core: number, which: number, timeLow: number, timeHigh: number): number;
  place(which: number): number;
}

export interface Bin {
  /** Sums over the windows, in sample units times ns. */
  sum0: number;
  sum1: number;
  count: number;
  /** Acquisitions that reached the threshold. */
  thresholdCount: number;
}

let versions = 0;

/** No two are equal, of all modules of this process. */
function nextVersion(): number {
  return ++versions;
}

/** Takes a batch of records; the view is good until it returns. Eight words each, protocol/q1/records.ts. */
export type RecordSink = (words: Int32Array, count: number) => void;

/** The records of some kinds: the same view where there are no others. */
export function recordsOf(words: Int32Array, count: number, kinds: readonly number[]): Int32Array {
  const mask = kinds.reduce((sum, kind) => sum | (1 << kind), 0);
  const isWanted = (record: number) => ((mask >>> (words[record * recordWords] & 0xff)) & 1) === 1;
  let kept = 0;
  while (kept < count && isWanted(kept)) kept++;
  if (kept === count) return words.subarray(0, count * recordWords);
  const own = words.slice(0, count * recordWords);
  for (let record = kept; record < count; record++) {
    if (!isWanted(record)) continue;
    own.copyWithin(kept * recordWords, record * recordWords, (record + 1) * recordWords);
    kept++;
  }
  return own.subarray(0, kept * recordWords);
}

export class SequencerModule {
  readonly memory: Uint8Array;
  readonly compiled: WebAssembly.Module;
  private readonly exports: Exports;
  private readonly words: Int32Array;
  private readonly recordCountAt: number;
  private readonly records: Int32Array;
  /** Behind the records comes the staging area. */
  private readonly recordsTo: number;
  private readonly stagingSize: number;
  private sink: RecordSink | undefined;
  /** Of the weights in memory. */
  private version = nextVersion();

  /** As after a reset of the chip. Throws ImageRefused when the bytes may not run. */
  constructor(bytes: Uint8Array) {
    this.compiled = prepareSequencer(bytes);
    this.exports = new WebAssembly.Instance(this.compiled, {}).exports as unknown as Exports;
    const { buffer } = this.exports.memory;
    this.memory = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.exports.reset();
    this.recordCountAt = this.exports.place(SequencerPlace.RECORD_COUNT) / 4;
    const records = this.exports.place(SequencerPlace.RECORDS);
    this.recordsTo = this.exports.place(SequencerPlace.STAGING);
    this.stagingSize = this.exports.place(SequencerPlace.STAGING_SIZE);
    this.records = this.words.subarray(records / 4, this.recordsTo / 4);
  }

  /** From now on records of these kinds go to the sink; undefined: none are made. */
  listen(kinds: readonly number[], sink: RecordSink | undefined): void {
    this.sink = sink;
    this.exports.recordKinds(sink === undefined ? 0 : kinds.reduce((mask, kind) => mask | (1 << kind), 0));
  }

  configure(core: number, setting: keyof typeof SequencerSetting | number, value: number, index = 0): boolean {
    const number = typeof setting === 'number' ? setting : SequencerSetting[setting];
    return this.exports.configure(core, number, index, value) === 1;
  }

  /** Puts bytes of a sequence into the staging area; false when they do not fit. */
  stage(bytes: Uint8Array, offset = 0): boolean {
    if (offset + bytes.length > this.stagingSize) return false;
    this.memory.set(bytes, this.recordsTo + offset);
    return true;
  }

  /** A value of SequencerLoad. */
  load(core: number, length: number, crc: number): number {
    this.version = nextVersion();
    return this.exports.load_(core, length, crc);
  }

  arm(mask: number): void {
    this.exports.arm(mask);
  }

  start(mask: number, timeNs = 0): void {
    this.exports.start(mask, timeNs >>> 0, Math.floor(timeNs / wordSpan));
    this.drain();
  }

  stop(mask: number): void {
    this.exports.stop(mask);
    this.drain();
  }

  /**
   * Runs until `untilNs` (of the classic cores), or for `budget` instructions, or to the end. A value of SequencerRun; never RECORDS or INPUT,
   * for records are taken and sums supplied on the way.
   */
  run(untilNs = Number.POSITIVE_INFINITY, budget = Number.POSITIVE_INFINITY, input?: InputSource): number {
    const until = Math.min(untilNs, 2 ** 62);
    // To count takes as long as a short run does.
    const isBounded = budget !== Number.POSITIVE_INFINITY;
    const last = isBounded ? this.executed + budget : Number.POSITIVE_INFINITY;
    for (;;) {
      const left = isBounded ? last - this.executed : last;
      const outcome = this.exports.run(until >>> 0, Math.floor(until / wordSpan), Math.min(left, budgetPerCall));
      this.drain();
      if (outcome === SequencerRun.RECORDS) continue;
      if (outcome === SequencerRun.INPUT) {
        this.supply(input);
        continue;
      }
      if (outcome === SequencerRun.BUDGET && (!isBounded || this.executed < last)) continue;
      return outcome;
    }
  }

  figure(core: number, which: keyof typeof SequencerFigure, index = 0): number {
    return this.figureAt(core, SequencerFigure[which], index);
  }

  /** As `figure`, by number; 0 where there is no such figure. */
  figureAt(core: number, which: number, index: number): number {
    return this.exports.figure(core, which, index) >>> 0;
  }

  /** The outputs of a sequencer at a time that it has reached. */
  output(core: number, which: keyof typeof SequencerOutput, timeNs: number): number {
    return this.exports.output(core, SequencerOutput[which], timeNs >>> 0, Math.floor(timeNs / wordSpan));
  }

  /** Time of a real-time core, in ns since the release. */
  timeNs(core: number): number {
    return this.figure(core, 'TIME_HIGH') * wordSpan + this.figure(core, 'TIME_LOW');
  }

  instructionsExecuted(core: number): number {
    return this.figure(core, 'EXECUTED_HIGH') * wordSpan + this.figure(core, 'EXECUTED_LOW');
  }

  /** A word of a bin as it lies in memory; undefined where there is no such bin. */
  binWord(core: number, acquisition: number, bin: number, word: number): number | undefined {
    if (bin >= this.figure(core, 'BINS', acquisition)) return undefined;
    const size = this.exports.place(SequencerPlace.BIN_SIZE);
    const at = this.exports.place(SequencerPlace.BINS) + (this.figure(core, 'FIRST_BIN', acquisition) + bin) * size;
    return this.words[at / 4 + word] >>> 0;
  }

  /** Bins of an acquisition, from `first` on; fewer than `count` where they end. */
  bins(core: number, acquisition: number, first = 0, count = Number.POSITIVE_INFINITY): Bin[] {
    const end = Math.min(this.figure(core, 'BINS', acquisition), first + count);
    const size = this.exports.place(SequencerPlace.BIN_SIZE);
    const base = this.exports.place(SequencerPlace.BINS) + this.figure(core, 'FIRST_BIN', acquisition) * size;
    const view = new DataView(this.memory.buffer);
    return Array.from({ length: Math.max(0, end - first) }, (_, index) => {
      const at = base + (first + index) * size;
      return {
        sum0: Number(view.getBigInt64(at, true)),
        sum1: Number(view.getBigInt64(at + 8, true)),
        count: view.getUint32(at + 16, true),
        thresholdCount: view.getUint32(at + 20, true),
      };
    });
  }

  /** These sequencers played or acquired while a cell that they rely on did not hold its value. */
  relyInVain(mask: number): void {
    this.exports.relyInVain(mask);
  }

  deleteBins(core: number): void {
    this.exports.deleteBins(core);
  }

  /** A copy of the state: all memory but the record buffer, which is empty between runs, and the bins that are not in use. */
  save(reuse?: Uint8Array): Uint8Array {
    const { memory, records, recordsTo } = this;
    const binsTo =
      this.exports.place(SequencerPlace.BINS) + this.binsUsed * this.exports.place(SequencerPlace.BIN_SIZE);
    const length = binsTo - records.byteLength;
    const state = reuse?.length === length ? reuse : new Uint8Array(length);
    state.set(memory.subarray(0, records.byteOffset));
    state.set(memory.subarray(recordsTo, binsTo), records.byteOffset);
    return state;
  }

  restore(state: Uint8Array): void {
    this.version = nextVersion();
    this.memory.set(state.subarray(0, this.records.byteOffset));
    this.memory.set(state.subarray(this.records.byteOffset), this.recordsTo);
  }

  /** Has the window integrated that waits for its sums. */
  private supply(input: InputSource | undefined): void {
    const { words } = this;
    const at = this.exports.place(SequencerPlace.INPUT) / 4;
    const word = (which: keyof typeof SequencerInput) => words[at + SequencerInput[which] / 4] >>> 0;
    const window: InputWindow = {
      core: word('CORE') - 1,
      channel: word('CHANNEL'),
      timeNs: words[at + SequencerInput.TIME / 4 + 1] * wordSpan + word('TIME'),
      lengthNs: word('LENGTH'),
      weights:
        word('WEIGHT_0') === 0
          ? undefined
          : [
              this.weight(word('WEIGHT_0'), word('WEIGHT_0_LENGTH')),
              this.weight(word('WEIGHT_1'), word('WEIGHT_1_LENGTH')),
            ],
    };
    if (!input)
      throw new Error(
        `sequencer ${window.core}: its setting INPUT is ${window.channel + 1}, but there is no converter without a board; set INPUT to 0, or run it on a board`,
      );
    const { sums, flags } = input.measure(this, window);
    words.set(sums, at + SequencerInput.SUM_0 / 4);
    const outcome = this.exports.supply(flags);
    this.drain();
    input.judged?.(window, outcome);
  }

  private weight(address: number, length: number): Weight {
    return { samples: this.words.subarray(address / 4, address / 4 + length), version: this.version };
  }

  private get binsUsed(): number {
    return this.words[this.exports.place(SequencerPlace.BINS_USED) / 4];
  }

  private get executed(): number {
    let sum = 0;
    for (let core = 0; core < sequencerCount; core++) sum += this.instructionsExecuted(core);
    return sum;
  }

  private drain(): void {
    const count = this.words[this.recordCountAt];
    if (count === 0) return;
    this.sink?.(this.records.subarray(0, (count * SequencerRecord.SIZE) / 4), count);
    this.exports.recordsTaken();
  }
}
