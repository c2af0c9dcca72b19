// One management core: a prepared image, its RAM, and a bus. It runs an export until it returns or faults.
//
// What must stay true: between runs the core's whole state is `memory` and the mutable globals, so copying those two is a
// snapshot. After a run that did not return (fault, power cut) they are not a consistent state; the core
// then refuses to run until restart() or restoreGlobals() has set one.

import type { Bus } from './bus.ts';
import { type CallListener, listenerTable } from './calls.ts';
import type { Chip } from './chip.ts';
import { counterWindow } from './counters.ts';
import { type CoreFault, faultOf, stackFramesMax } from './faults.ts';
import { fillTable } from './host-table.ts';
import type { PreparedImage } from './image.ts';
import type { Found, KnownCall, KnownCalls } from './known-calls.ts';
import { typeOfAsking } from './pure-calls.ts';
import { writeTo } from './ram-content.ts';

export type RunResult =
  | { outcome: 'returned'; cyclesUsed: number }
  | { outcome: 'fault'; cyclesUsed: number; fault: CoreFault };

/** 8.6 seconds at 4 ns; a run gets less, up to the next time at which the board must act. */
export const budgetCyclesMax = 0x7fff_ffff;

interface MeteredExports {
  memory: WebAssembly.Memory;
  reset(): void;
  interrupt(lines: number): void;
  readCycles(): number;
  writeCycles(cycles: number): void;
  saveGlobals(): void;
  restoreGlobals(): void;
  /** Only of an image that traces calls. */
  calls?: WebAssembly.Table;
  /** Only of an image whose calls are shared. */
  knownCalls?: WebAssembly.Table;
  answerCall?(cycles: number, answer: number): void;
  [helper: string]: unknown;
}

export class Core {
  readonly image: PreparedImage;
  /** RAM. Of fixed size, so the view stays valid. */
  readonly memory: Uint8Array;
  private readonly words: Uint32Array;
  private readonly exports: MeteredExports;
  private state: 'idle' | 'running' | 'broken' = 'idle';
  /** Cycles given to this run so far. */
  private granted = 0;
  /** Cycles that were left when the last run ended: kept, because to ask the module takes longer than an access. */
  private rest = 0;
  /** Whether known calls are left out; only of an image whose calls are shared. Off, every call is run. */
  sharesCalls = true;
  /** What is in the words of RAM through which globals are moved. */
  private readonly borrowed: Uint32Array;
  /** For known calls. */
  private readonly held: Found;
  /** Executions of blocks in known calls that were left out. */
  private readonly sharedCounts: Float64Array;

  /**
   * A core whose RAM and globals are as the image has them before any code has run. `listener` is told of calls when the image was prepared with
   * traceCalls. `chip`: for the sharing of calls that look at it.
   */
  constructor(image: PreparedImage, bus: Bus, listener?: CallListener, chip?: Chip) {
    this.image = image;
    const imports = {
      bus: {
        read32: (address: number, cyclesLeft: number) => bus.read32(address, cyclesLeft),
        write32: (address: number, value: number, cyclesLeft: number) => bus.write32(address, value, cyclesLeft),
      },
    };
    this.exports = new WebAssembly.Instance(image.module, imports).exports as unknown as MeteredExports;
    if (this.exports.calls) listenerTable(this.exports.calls, listener);
    this.sharedCounts = new Float64Array(image.blocks?.length ?? 0);
    if (image.knownCalls) this.connectKnown(image.knownCalls);
    const { buffer } = this.exports.memory;
    this.memory = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.borrowed = new Uint32Array(image.globalWords);
    this.held = { ram: this.words, bytes: Buffer.from(buffer), globals: new Uint32Array(image.globalWords), chip };
    if (!image.fresh) {
      const globals = new Uint32Array(image.globalWords);
      this.saveGlobals(globals);
      image.fresh = { memory: this.memory.slice(0, 4 * (this.words.findLastIndex((word) => word !== 0) + 1)), globals };
    }
  }

  /** Runs an export with a budget. Exceptions that the guest did not cause are passed on unchanged. */
  run(entry: 'reset' | 'interrupt', lines: number, budgetCycles: number): RunResult {
    if (this.state !== 'idle') throw new Error(`the core is ${this.state}; let it return, or restart it first`);
    checkBudget(budgetCycles);
    const { exports } = this;
    const stackTraceLimit = Error.stackTraceLimit;
    Error.stackTraceLimit = stackFramesMax;
    this.state = 'running';
    this.granted = budgetCycles;
    exports.writeCycles(budgetCycles);
    try {
      if (entry === 'reset') exports.reset();
      else exports.interrupt(lines);
      this.rest = exports.readCycles();
      this.state = 'idle';
      return { outcome: 'returned', cyclesUsed: this.granted - this.rest };
    } catch (error) {
      const cyclesLeft = exports.readCycles();
      this.rest = cyclesLeft;
      this.state = 'broken';
      const cyclesUsed = this.granted - Math.max(cyclesLeft, 0);
      const fault = faultOf(error, this.image, cyclesLeft, cyclesUsed);
      if (!fault) throw error;
      return { outcome: 'fault', cyclesUsed, fault };
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  /** The rest of the budget; negative once it is used up. Outside a run: the rest after the last run. */
  get cyclesLeft(): number {
    return this.state === 'running' ? this.exports.readCycles() : this.rest;
  }

  /** Extends or shortens the budget of the run at a bus access, at which `cyclesLeft` were left. The count of used cycles does not change. */
  grant(cycles: number, cyclesLeft: number): void {
    if (this.state !== 'running') throw new Error('only a running core has a budget to change; give it to run()');
    checkBudget(cycles);
    this.granted += cycles - cyclesLeft;
    this.exports.writeCycles(cycles);
  }

  /** Cycles the current or last run has used so far. */
  get cyclesUsed(): number {
    return this.usedAt(this.cyclesLeft);
  }

  /** Cycles used at a moment of this run at which so many are left. */
  usedAt(cyclesLeft: number): number {
    return this.granted - Math.max(cyclesLeft, 0);
  }

  /** Sets RAM and globals to their initial values; takes 4 us, a new instance 86. Block counters continue. */
  restart(): void {
    const { fresh } = this.image;
    if (!fresh) throw new Error('an image with a core has a fresh state');
    this.restoreGlobals(fresh.globals);
    this.memory.set(fresh.memory);
    this.memory.fill(0, fresh.memory.length);
  }

  /** Copies the mutable globals to `target` from `at` on: image.globalWords words, the order of image.mutableGlobals. */
  saveGlobals(target: Uint32Array, at = 0): void {
    this.checkRoom(target, at);
    this.readGlobals(target, at);
  }

  /** Restores the mutable globals. Makes a core usable again whose run was broken off; the caller must restore its memory. */
  restoreGlobals(source: Uint32Array, at = 0): void {
    this.checkRoom(source, at);
    this.writeGlobals(source, at);
    this.state = 'idle';
  }

  /** Executions of each block of image.blocks since this core was made. */
  readBlockCounts(): Float64Array {
    const { blocks } = this.image;
    if (!blocks) throw new Error('this image was prepared without countBlocks');
    if (this.state === 'running') throw new Error('counters are read through RAM; let the core return first');
    const { words } = this;
    const counts = new Float64Array(blocks.length);
    const saved = words.slice(0, counterWindow / 4);
    for (let first = 0, helper = 0; first < counts.length; first += counterWindow / 8, helper++) {
      (this.exports[`readCounters_${helper}`] as () => void)();
      const last = Math.min(first + counterWindow / 8, counts.length);
      for (let i = first; i < last; i++) counts[i] = words[2 * (i - first)] + words[2 * (i - first) + 1] * 2 ** 32;
    }
    words.set(saved);
    const { sharedCounts } = this;
    for (let block = 0; block < counts.length; block++) counts[block] += sharedCounts[block];
    return counts;
  }

  private connectKnown(known: KnownCalls): void {
    const { functions } = known;
    fillTable(
      this.exports.knownCalls as WebAssembly.Table,
      functions.map(typeOfAsking),
      functions.map(
        (_, entry) =>
          (...values: number[]) =>
            this.isKnown(known, entry, values),
      ),
    );
  }

  /** Called at the entry of a function. `values`: its arguments, then the cycles that are left. When the call is known, does what it does. */
  private isKnown(known: KnownCalls, entry: number, values: number[]): number {
    if (!this.sharesCalls) return 0;
    const { exports, words, held, sharedCounts } = this;
    const { globals } = held;
    const cyclesLeft = values.pop() as number;
    const usesGlobals = known.usesGlobals[entry];
    if (usesGlobals) this.readGlobals(globals, 0);
    const call = known.find(entry, values, held, cyclesLeft);
    if (call === undefined) return 0;
    writeTo(call.wrote, words);
    if (call.changes.length > 0) {
      for (const { word, value } of call.changes) globals[word] = value;
      this.writeGlobals(globals, 0);
    }
    for (let block = 0; block < sharedCounts.length; block++) sharedCounts[block] += call.blocks[block];
    exports.answerCall?.(this.leftAfter(call, cyclesLeft), call.answer);
    return 1;
  }

  /** Cycles that are left behind a known call. Where the core was stalled in it, its budget was computed again. */
  private leftAfter({ sight, cycles }: KnownCall, cyclesLeft: number): number {
    const { chip } = this.held;
    if (sight === undefined || chip === undefined) return cyclesLeft - cycles;
    const left = chip.pass(sight, cycles, cyclesLeft);
    this.granted += left - (cyclesLeft - cycles);
    return left;
  }

  /** The helpers move globals through the first words of RAM, which is a hundred times faster than WebAssembly.Global. */
  private readGlobals(target: Uint32Array, at: number): void {
    const { words, borrowed } = this;
    const count = borrowed.length;
    for (let i = 0; i < count; i++) borrowed[i] = words[i];
    this.exports.saveGlobals();
    for (let i = 0; i < count; i++) {
      target[at + i] = words[i];
      words[i] = borrowed[i];
    }
  }

  private writeGlobals(source: Uint32Array, at: number): void {
    const { words, borrowed } = this;
    const count = borrowed.length;
    for (let i = 0; i < count; i++) {
      borrowed[i] = words[i];
      words[i] = source[at + i];
    }
    this.exports.restoreGlobals();
    for (let i = 0; i < count; i++) words[i] = borrowed[i];
  }

  private checkRoom(buffer: Uint32Array, at: number): void {
    const count = this.image.globalWords;
    if (this.state === 'running') throw new Error('the globals of a running core are not a state; let it return first');
    if (at < 0 || at + count > buffer.length)
      throw new Error(`${count} words do not fit ${buffer.length} from ${at} on`);
  }
}

function checkBudget(cycles: number): void {
  if (!Number.isInteger(cycles) || cycles < 0 || cycles > budgetCyclesMax) {
    throw new Error(`${cycles} is no cycle budget; it is an integer from 0 to ${budgetCyclesMax}`);
  }
}
