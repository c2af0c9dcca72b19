// A call of a pure function that is run once with every access to RAM noted: what it read, what it wrote, what it cost.
//
// It runs on a core of its own, beside the one that asks: a copy of the image that holds the pure functions alone, with the tracer's code in them, and
// RAM and globals as the asking core has them. So the asking core is not touched.

import { AccessTracer, pageBytes } from './access-tracer.ts';
import type { Bus } from './bus.ts';
import { type CheckedImage, checkImage } from './check.ts';
import { NotOnlyLooking, type Sight, type TracedRam, type Watching } from './chip.ts';
import { countedSegments, counterWindow } from './counters.ts';
import { ValueType } from './declarations.ts';
import { helperFunctions } from './helpers.ts';
import { BodyMeter } from './meter-body.ts';
import { MeteredWriter } from './metered-writer.ts';
import { listMutableGlobals } from './mutable-globals.ts';
import { OffsetMap } from './offset-map.ts';
import { Op } from './opcodes.ts';
import type { PureFunction } from './pure-calls.ts';
import { findSegments } from './segments.ts';
import { Writer } from './writer.ts';

const { I32, I64 } = ValueType;

/** Words of RAM, of each the bytes that `masks` has as ones. */
export interface Words {
  places: Uint32Array;
  masks: Uint32Array;
  values: Uint32Array;
}

/** What a call did. */
export interface Trace {
  read: Words;
  wrote: Words;
  /** Words of all mutable globals, before and after. */
  globals: Uint32Array;
  globalsAfter: Uint32Array;
  cycles: number;
  /** 0 where it returns nothing. */
  answer: number;
  /** Executions of each block; empty where blocks are not counted. */
  blocks: Float64Array;
  /** Of a function that looks at the chip. */
  sight: Sight | undefined;
}

/** For functions that work in RAM alone. */
const deaf: Bus = {
  read32: () => notReached(),
  write32: () => notReached(),
};

function notReached(): never {
  throw new Error('a pure function has reached the bus, a defect of pure-calls.ts');
}

interface TracedExports {
  memory: WebAssembly.Memory;
  readCycles(): number;
  writeCycles(cycles: number): void;
  saveGlobals(): void;
  restoreGlobals(): void;
  [name: string]: unknown;
}

export class TracedCalls {
  private readonly exports: TracedExports;
  /** RAM, the map of what was read, and the map of what was written: see access-tracer.ts. */
  private readonly words: Uint32Array;
  private readonly bytes: Uint8Array;
  /** The same, two words each. */
  private readonly pairs: Float64Array;
  private readonly ramWords: number;
  /** For the places of all words of RAM. */
  private readonly room: Uint32Array;
  /** The maps are empty. */
  private isClean = true;
  private readonly globalWords: number;
  private readonly counters: number;
  private bus = deaf;

  constructor(bytes: Uint8Array, functions: readonly PureFunction[], countBlocks: boolean) {
    const image = checkImage(bytes);
    const { module, globalWords, counters } = tracedModule(image, functions, countBlocks);
    const imports = {
      bus: {
        read32: (address: number, cyclesLeft: number) => this.bus.read32(address, cyclesLeft),
        write32: (address: number, value: number, cyclesLeft: number) => this.bus.write32(address, value, cyclesLeft),
      },
    };
    this.exports = new WebAssembly.Instance(module, imports).exports as unknown as TracedExports;
    this.words = new Uint32Array(this.exports.memory.buffer);
    this.bytes = new Uint8Array(this.exports.memory.buffer);
    this.pairs = new Float64Array(this.exports.memory.buffer);
    this.ramWords = (image.memoryPages * pageBytes) / 4;
    this.room = new Uint32Array(this.ramWords);
    this.globalWords = globalWords;
    this.counters = counters;
  }

  /**
   * Calls a function with this RAM, these globals and this budget; undefined when it does not return, or does more than to look. `watch`: gives the bus
   * of a function that looks.
   */
  run(
    functionIndex: number,
    args: readonly number[],
    ram: Uint32Array,
    globals: Uint32Array,
    budget: number,
    watch?: (ram: TracedRam) => Watching,
  ): Trace | undefined {
    const { exports, words, ramWords } = this;
    const watching = watch?.({ bytes: this.bytes.subarray(0, 4 * ramWords), wrote: this.markWritten });
    this.bus = watching ?? deaf;
    this.restoreGlobals(globals);
    words.set(ram);
    // After a call that did not return.
    if (!this.isClean) words.fill(0, ramWords);
    this.isClean = false;
    const before = this.blockCounts();
    exports.writeCycles(budget);
    let answer: number | undefined;
    try {
      answer = (exports[nameOf(functionIndex)] as (...args: readonly number[]) => number | undefined)(...args);
    } catch (error) {
      // A trap, or no room on the host's own stack: the asking core runs the call itself, and finds out.
      if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) return undefined;
      if (error instanceof NotOnlyLooking) return undefined;
      throw error;
    }
    const cycles = budget - exports.readCycles();
    const read = this.marked(1, ram);
    const wrote = this.marked(2, words);
    this.isClean = true;
    const blocks = this.blockCounts().map((count, block) => count - before[block]);
    return {
      ...{ read, wrote, globals: globals.slice(), globalsAfter: this.globals() },
      ...{ cycles, answer: answer ?? 0, blocks, sight: watching?.end() },
    };
  }

  /** For what the chip writes: a block copy. */
  private readonly markWritten = (address: number, length: number): void => {
    const from = 2 * 4 * this.ramWords + address;
    this.bytes.fill(0xff, from, from + length);
  };

  /** The words that a map marks, with what `source` holds there. The map is empty again afterwards. */
  private marked(map: number, source: Uint32Array): Words {
    const { words, pairs, ramWords, room } = this;
    const first = map * ramWords;
    let count = 0;
    // Most words have no mark, so two are looked at together. The bytes of a mark are all ones, so no two words are -0, which would equal 0.
    for (let pair = first / 2; pair < (first + ramWords) / 2; pair++) {
      if (pairs[pair] === 0) continue;
      if (words[2 * pair] !== 0) room[count++] = 2 * pair - first;
      if (words[2 * pair + 1] !== 0) room[count++] = 2 * pair + 1 - first;
    }
    const found = { places: room.slice(0, count), masks: new Uint32Array(count), values: new Uint32Array(count) };
    for (let index = 0; index < count; index++) {
      const place = room[index];
      const mask = words[first + place];
      found.masks[index] = mask;
      found.values[index] = source[place] & mask;
      words[first + place] = 0;
    }
    return found;
  }

  /** Globals move through the first words of RAM (helpers.ts). */
  private globals(): Uint32Array {
    this.exports.saveGlobals();
    return this.words.slice(0, this.globalWords);
  }

  private restoreGlobals(globals: Uint32Array): void {
    this.words.set(globals);
    this.exports.restoreGlobals();
  }

  private blockCounts(): Float64Array {
    const { words, counters, exports } = this;
    const counts = new Float64Array(counters);
    if (counters === 0) return counts;
    const saved = words.slice(0, counterWindow / 4);
    for (let first = 0, helper = 0; first < counters; first += counterWindow / 8, helper++) {
      (exports[`readCounters_${helper}`] as () => void)();
      const last = Math.min(first + counterWindow / 8, counters);
      for (let i = first; i < last; i++) counts[i] = words[2 * (i - first)] + words[2 * (i - first) + 1] * 2 ** 32;
    }
    words.set(saved);
    return counts;
  }
}

const nameOf = (functionIndex: number) => `call_${functionIndex}`;

function tracedModule(image: CheckedImage, functions: readonly PureFunction[], countBlocks: boolean) {
  const { declarations, code, callGraph, memoryPages } = image;
  const segments = findSegments(code, declarations, callGraph);
  const counted = countBlocks ? countedSegments(segments) : new Uint32Array(0);
  const mutableGlobals = listMutableGlobals(image);
  const out = new Writer(image.bytes.length * 2);
  const cycles = declarations.globals.length;
  const ours = helperFunctions(mutableGlobals, cycles, counted.length);
  const accesses = new AccessTracer(memoryPages, declarations.functions.length + ours.length, out);
  const bodies = new BodyMeter(image, segments, counted, cycles, { accesses }, new OffsetMap(), out);
  const reached = new Set(functions.flatMap(({ reaches }) => [...reaches]));
  new MeteredWriter(image, out).write({
    helpers: [...ours, ...accesses.helpers],
    globals: [I32, ...new Array<number>(counted.length).fill(I64)],
    tables: [],
    mutableGlobals,
    functions: functions.map(({ functionIndex }) => ({ name: nameOf(functionIndex), functionIndex })),
    memoryPages: 3 * memoryPages,
    writeBody(body) {
      if (reached.has(body.functionIndex)) bodies.write(body);
      else out.bytesOf(0, Op.UNREACHABLE, Op.END);
    },
  });
  return {
    module: new WebAssembly.Module(out.bytes as Uint8Array<ArrayBuffer>),
    globalWords: mutableGlobals.reduce((sum, { wide }) => sum + (wide ? 2 : 1), 0),
    counters: counted.length,
  };
}
