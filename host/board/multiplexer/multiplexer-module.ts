// One instance of the multiplexer's module (firmware/multiplexer): the same for the chip's device and for a run without a chip.
//
// It is checked as an image is, with limits of its own, and not metered: its time is the board's. What must stay true: the whole state is
// `memory` without the staging area, which has no meaning once a table was loaded.

import { MuxFigure, MuxPlace, MuxRun, MuxSetting } from '../../../protocol/multiplexer/module.ts';
import { prepareMultiplexer } from '../cpu/cpu.ts';

const wordSpan = 2 ** 32;
/** Services of one call into the module. */
const budgetPerCall = 10_000_000;

interface Exports {
  memory: WebAssembly.Memory;
  reset(): void;
  configure(cell: number, setting: number, value: number): number;
  load_(length: number): number;
  start(timeLow: number, timeHigh: number): number;
  park(timeLow: number, timeHigh: number): void;
  write(cell: number, code: number, timeLow: number, timeHigh: number): number;
  mark(sequencer: number, levels: number, timeLow: number, timeHigh: number): void;
  use(sequencer: number, fromLow: number, fromHigh: number, toLow: number, toHigh: number): void;
  forget(sequencer: number, timeLow: number, timeHigh: number): void;
  run(untilLow: number, untilHigh: number, budget: number, bad: number): number;
  calm(bad: number): number;
  ahead(untilLow: number, untilHigh: number): number;
  readback(cell: number): void;
  figure(which: number, index: number): number;
  place(which: number): number;
}

export interface Service {
  line: number;
  cell: number;
  code: number;
  startNs: number;
  spanNs: number;
}

/** What a run reports, in the order of time. */
export interface MultiplexerListener {
  /**
   * The number, from now, of the next bank change that connects the wrong cell: calm periods before it may be passed over. Left out, or 0: every service
   * is executed.
   */
  wrongSwitch?(): number;
  /** A service has begun; returns the cell that the switch connected. Called only when the setting READBACK is on. */
  served(service: Service): number;
  /** Cells have missed their deadline. */
  late?(timeNs: number): void;
}

export class MultiplexerModule {
  readonly memory: Uint8Array;
  readonly compiled: WebAssembly.Module;
  private readonly exports: Exports;
  private readonly stagingAt: number;
  private readonly stagingSize: number;

  /** As after a reset of the chip. Throws ImageRefused when the bytes may not run. */
  constructor(bytes: Uint8Array) {
    this.compiled = prepareMultiplexer(bytes);
    this.exports = new WebAssembly.Instance(this.compiled, {}).exports as unknown as Exports;
    this.memory = new Uint8Array(this.exports.memory.buffer);
    this.exports.reset();
    this.stagingAt = this.exports.place(MuxPlace.STAGING);
    this.stagingSize = this.exports.place(MuxPlace.STAGING_SIZE);
  }

  configure(cell: number, setting: keyof typeof MuxSetting | number, value: number): boolean {
    return this.exports.configure(cell, typeof setting === 'number' ? setting : MuxSetting[setting], value) === 1;
  }

  /** Puts bytes of a table into the staging area; false when they do not fit. */
  stage(bytes: Uint8Array, offset = 0): boolean {
    if (offset + bytes.length > this.stagingSize) return false;
    this.memory.set(bytes, this.stagingAt + offset);
    return true;
  }

  /** A value of MuxLoad. */
  load(length: number): number {
    return this.exports.load_(length);
  }

  start(timeNs: number): boolean {
    return this.exports.start(timeNs >>> 0, Math.floor(timeNs / wordSpan)) === 1;
  }

  park(timeNs: number): void {
    this.exports.park(timeNs >>> 0, Math.floor(timeNs / wordSpan));
  }

  /** A value of MuxWrite. */
  write(cell: number, code: number, timeNs: number): number {
    return this.exports.write(cell, code, timeNs >>> 0, Math.floor(timeNs / wordSpan));
  }

  /** The markers of a sequencer are at these levels from a time on, which may lie ahead; marks of a sequencer come in the order of time. */
  mark(sequencer: number, levels: number, timeNs: number): void {
    this.exports.mark(sequencer, levels, timeNs >>> 0, Math.floor(timeNs / wordSpan));
  }

  /** A sequencer plays or acquires in this span; it may lie ahead, and ends no earlier than now. */
  use(sequencer: number, fromNs: number, toNs: number): void {
    const [fromHigh, toHigh] = [Math.floor(fromNs / wordSpan), Math.floor(toNs / wordSpan)];
    this.exports.use(sequencer, fromNs >>> 0, fromHigh, toNs >>> 0, toHigh);
  }

  /** What was announced of a sequencer for this time and later will not come; its pulses are not flagged any more. */
  forget(sequencer: number, timeNs: number): void {
    this.exports.forget(sequencer, timeNs >>> 0, Math.floor(timeNs / wordSpan));
  }

  /** Executes what begins before `untilNs`. */
  run(untilNs: number, listener?: MultiplexerListener): void {
    const [low, high] = [untilNs >>> 0, Math.floor(untilNs / wordSpan)];
    for (;;) {
      const outcome = this.exports.run(low, high, budgetPerCall, wordOf(listener?.wrongSwitch?.() ?? 0));
      if (outcome === MuxRun.UNTIL) return;
      if (outcome === MuxRun.LATE) listener?.late?.(untilNs);
      else if (outcome === MuxRun.SERVICE && listener) this.exports.readback(listener.served(this.lastService));
    }
  }

  /** For so many ns only services of the table happen, as planned, before the bank change of this number from now; 0: it is not calm. */
  calmFor(wrongSwitch: number): number {
    return (this.exports.calm(wordOf(wrongSwitch)) >>> 0) * 1000;
  }

  /** Services of the table that are planned from now on before a time; for a span that is calm. */
  plannedBefore(untilNs: number): number {
    return this.exports.ahead(untilNs >>> 0, Math.floor(untilNs / wordSpan)) >>> 0;
  }

  /** Services and changes of a bank since the release. */
  get services(): number {
    return this.figure('SERVICES_HIGH') * wordSpan + this.figure('SERVICES_LOW');
  }

  get switches(): number {
    return this.figure('SWITCHES_HIGH') * wordSpan + this.figure('SWITCHES_LOW');
  }

  get lastService(): Service {
    return {
      line: this.figure('SERVICE_LINE'),
      cell: this.figure('SERVICE_CELL'),
      code: this.figure('SERVICE_CODE'),
      startNs: this.figure('SERVICE_TIME_HIGH') * wordSpan + this.figure('SERVICE_TIME_LOW'),
      spanNs: this.figure('SERVICE_SPAN'),
    };
  }

  figure(which: keyof typeof MuxFigure, index = 0): number {
    return this.figureAt(MuxFigure[which], index);
  }

  /** As `figure`, by number; 0 where there is no such figure. */
  figureAt(which: number, index: number): number {
    return this.exports.figure(which, index) >>> 0;
  }

  /** A copy of the state: what is used of cells and tables, and `staged` bytes of the staging area. */
  save(staged: number, reuse?: Uint8Array): Uint8Array {
    const pieces = this.pieces(staged);
    const length = pieces.reduce((sum, [, size]) => sum + size, 4 * pieces.length);
    const state = reuse?.length === length ? reuse : new Uint8Array(length);
    const sizes = new DataView(state.buffer, state.byteOffset, 4 * pieces.length);
    let at = 4 * pieces.length;
    for (const [index, [from, size]] of pieces.entries()) {
      sizes.setUint32(4 * index, size, true);
      state.set(this.memory.subarray(from, from + size), at);
      at += size;
    }
    return state;
  }

  restore(state: Uint8Array): void {
    const places = this.pieces(0);
    const sizes = new DataView(state.buffer, state.byteOffset, 4 * places.length);
    let at = 4 * places.length;
    // Clears what the previous state used and this one does not. Tables and the staging area are never read beyond their length.
    this.memory.fill(0, places[0][0], this.stagingAt);
    for (const [index, [from]] of places.entries()) {
      const size = sizes.getUint32(4 * index, true);
      this.memory.set(state.subarray(at, at + size), from);
      at += size;
    }
  }

  /** Globals, edges, spans of pulses, cells, prepared values, table in force, table that waits, staging area: where, and how many bytes. */
  private pieces(staged: number): [from: number, size: number][] {
    const place = (which: keyof typeof MuxPlace) => this.exports.place(MuxPlace[which]);
    return [
      [place('GLOBALS'), place('GLOBALS_SIZE')],
      [place('EDGES'), place('EDGES_SIZE')],
      [place('USES'), place('USES_SIZE')],
      [place('CELLS'), place('CELLS_SIZE')],
      [place('VALUES'), place('VALUES_SIZE')],
      [place('TABLE'), place('TABLE_SIZE')],
      [place('NEXT'), place('NEXT_SIZE')],
      [this.stagingAt, staged],
    ];
  }
}

/** A count as one word for the module. A larger count has the same effect as the largest word. */
function wordOf(count: number): number {
  return Math.min(count, wordSpan - 1);
}
