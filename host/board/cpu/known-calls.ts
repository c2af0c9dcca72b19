// A cache of calls: when RAM, and of a function that looks at the chip the chip as well, holds all that a known call has read, the call need not run
// again.
//
//   a core is about to run a call -> find: agrees with all that a known call read?  -> its outcome, to be applied to the core
//                                                                              no  -> the core runs it. When the same was asked for often, the
//                                                                                     call is traced (traced-calls.ts) and known from then on.
//                                                                                     What was read is not known before the first trace: that is
//                                                                                     made when the same arguments have come often
//
// What must stay true: a known call is compared with every byte that it read before it wrote it, and with every global that it may read. A call that
// would use up the budget is not known: it ends in the middle.

import { pageBytes } from './access-tracer.ts';
import type { CheckedImage } from './check.ts';
import type { Chip, Sight, TracedRam } from './chip.ts';
import { listMutableGlobals } from './mutable-globals.ts';
import { type PureFunction, pureFunctions } from './pure-calls.ts';
import { type Content, contentOf, digestOf, holds } from './ram-content.ts';
import { type Trace, TracedCalls, type Words } from './traced-calls.ts';

/** Which functions' calls are shared. */
export interface SharedCalls {
  /** Names of functions, without their path; a name that an image does not have, or that is of another kind of function, is left out. */
  functions: readonly string[];
  /** The same of functions that look at the chip besides: that read flash and fuses. */
  looking?: readonly string[];
  /** An address of RAM whose word is left out of what calls read, and one of flash that is left out of what they see: for canaries. */
  blindTo?: number;
  looksBlindTo?: number;
  /**
   * Index of a global. It and those behind it make no difference to a call: whoever runs the core vouches for that, and runs every call where they do
   * (glitch.ts).
   */
  indifferentFrom?: number;
}

/** What a call does. */
export interface KnownCall {
  read: Content;
  /** Words of globals, and what they hold before the call. */
  globals: readonly { word: number; value: number }[];
  wrote: Content;
  /** Words of globals that it changes. */
  changes: readonly { word: number; value: number }[];
  cycles: number;
  answer: number;
  blocks: Float64Array;
  /** What it saw of the chip, where its function looks at that. */
  sight: Sight | undefined;
}

/** What a core holds that is about to run a call. */
export interface Found {
  ram: Uint32Array;
  /** The same as bytes. */
  bytes: Buffer;
  /** The words of all mutable globals, where the function uses any. */
  globals: Uint32Array;
  /** Undefined where no call is shared that looks at it. */
  chip: Chip | undefined;
}

/** Calls of one function with the same arguments. */
interface Calls {
  args: readonly number[];
  /** How often they were asked for, and after how many asks the next attempt is made to trace the first one. */
  asks: number;
  tracedAfter: number;
  /** What the first known one read, without constants: by the digest of what is there, calls are found. */
  reads: Content | undefined;
  /** What it saw of the chip. */
  sight: Sight | undefined;
  /** By digest: how often it was asked for and not known, up to `asksOfSame`. */
  asked: Map<number, number>;
  /** By digest. */
  known: Map<number, KnownCall[]>;
}

/** Known calls of all functions of an image; with more, all are forgotten. A call takes up to 10 kB. */
export const keptMax = 8192;
/** Digests of calls that are not known; with more, all are forgotten. */
const askedMax = 65536;
/** To trace a call takes as long as to run it many times: rare arguments are not worth it. */
export const asksFirst = 64;
/**
 * A call is traced when it was asked for so often. By then running it has taken about as long as tracing it, so at worst the two together take twice as
 * long as only running it. (Hashing a block: 18 us to run it, 6 where it is known, 100 to trace it.)
 */
export const asksOfSame = 8;
/** The same for a function that looks: to verify an image takes 0.2 ms where its hash is known, and 20 to trace it. */
export const asksOfSameLook = 64;
const prime = 0x0100_0193;
/** Combinations of arguments of one function; calls with others are not shared. */
const argumentsMax = 64;

export class KnownCalls {
  readonly functions: readonly PureFunction[];
  /** Whether a function reads or writes any mutable global. */
  readonly usesGlobals: readonly boolean[];
  private readonly bytes: Uint8Array;
  private readonly constants: Uint8Array;
  private readonly countBlocks: boolean;
  private readonly blindTo: number | undefined;
  private readonly looksBlindTo: number | undefined;
  private readonly calls: Calls[][];
  /** By function: the words of the globals that it may read, or leave as they are. */
  private readonly globalWords: readonly (readonly number[])[];
  private traced: TracedCalls | undefined;
  private kept = 0;
  private asked = 0;

  constructor(
    image: CheckedImage,
    { functions, looking, blindTo, looksBlindTo, indifferentFrom = Number.POSITIVE_INFINITY }: SharedCalls,
    countBlocks: boolean,
  ) {
    this.bytes = image.bytes;
    this.constants = constantWords(image);
    this.countBlocks = countBlocks;
    this.blindTo = blindTo;
    this.looksBlindTo = looksBlindTo;
    this.functions = pureFunctions(image, functions, looking);
    this.calls = this.functions.map(() => []);
    const globals = listMutableGlobals(image);
    this.usesGlobals = this.functions.map(({ reads, writes }) =>
      globals.some(({ index }) => reads.has(index) || writes.has(index)),
    );
    this.globalWords = this.functions.map(({ reads, writes }) =>
      globals.flatMap(({ index, word, wide }) =>
        (reads.has(index) || writes.has(index)) && index < indifferentFrom ? [word, ...(wide ? [word + 1] : [])] : [],
      ),
    );
  }

  find(entry: number, args: readonly number[], held: Found, budget: number): KnownCall | undefined {
    const { ram, bytes, globals, chip } = held;
    const { looks } = this.functions[entry];
    if (looks && chip === undefined) return undefined;
    const calls = this.callsWith(entry, args);
    if (calls === undefined) return undefined;
    calls.asks++;
    if (calls.reads === undefined) {
      if (calls.asks < calls.tracedAfter) return undefined;
      // Where it cannot be traced, attempts become rare.
      calls.tracedAfter *= 2;
      return this.trace(entry, calls, held, budget);
    }
    const asked = digest(calls.reads, ram, globals, this.globalWords[entry]);
    for (const call of calls.known.get(asked) ?? []) {
      if (!holds(call.read, ram, bytes) || !agrees(call, globals)) continue;
      if (call.sight === undefined) return call.cycles <= budget ? call : undefined;
      if (chip?.shows(call.sight, call.cycles, budget)) return call;
    }
    return this.isWorthTracing(calls, asked, chip) ? this.trace(entry, calls, held, budget) : undefined;
  }

  /** How many calls of a function with these arguments are known. */
  known(entry: number, args: readonly number[]): number {
    const known = this.callsWith(entry, args)?.known.values() ?? [];
    return [...known].reduce((sum, calls) => sum + calls.length, 0);
  }

  /** Counts that this digest was asked for and not known. */
  private isWorthTracing({ asked: counts, sight }: Calls, asked: number, chip: Chip | undefined): boolean {
    const seen = sight === undefined ? 0 : chip?.digestAt(sight);
    // What depends on chance is not shared.
    if (seen === undefined) return false;
    const most = sight === undefined ? asksOfSame : asksOfSameLook;
    const key = Math.imul(asked, prime) ^ seen;
    const asks = (counts.get(key) ?? 0) + 1;
    // What is known may have been forgotten. A look may be disturbed each time.
    if (asks > most) return sight === undefined;
    if (asks === 1 && ++this.asked > askedMax) {
      for (const { asked } of this.calls.flat()) asked.clear();
      this.asked = 1;
    }
    counts.set(key, asks);
    return asks === most;
  }

  private keep({ known }: Calls, asked: number, call: KnownCall): void {
    if (++this.kept > keptMax) {
      for (const { known } of this.calls.flat()) known.clear();
      this.kept = 1;
    }
    const calls = known.get(asked) ?? [];
    calls.push(call);
    known.set(asked, calls);
  }

  private callsWith(entry: number, args: readonly number[]): Calls | undefined {
    const all = this.calls[entry];
    const found = all.find((each) => isSame(each.args, args));
    if (found !== undefined || all.length === argumentsMax) return found;
    const fresh: Calls = {
      ...{ args: args.slice(), asks: 0, tracedAfter: asksFirst, reads: undefined, sight: undefined },
      ...{ asked: new Map(), known: new Map() },
    };
    all.push(fresh);
    return fresh;
  }

  private trace(entry: number, calls: Calls, { ram, globals, chip }: Found, budget: number): KnownCall | undefined {
    const { bytes, functions, countBlocks } = this;
    const { functionIndex, looks } = functions[entry];
    this.traced ??= new TracedCalls(bytes, functions, countBlocks);
    const watch =
      looks && chip ? (tracedRam: TracedRam) => chip.watch(tracedRam, budget, this.looksBlindTo) : undefined;
    const trace = this.traced.run(functionIndex, calls.args, ram, globals, budget, watch);
    if (trace === undefined) return undefined;
    const call = this.knownOf(entry, trace);
    calls.reads ??= contentOf(this.varying(trace.read));
    calls.sight ??= trace.sight;
    this.keep(calls, digest(calls.reads, ram, globals, this.globalWords[entry]), call);
    // Something may happen while it runs, which the trace did not see.
    return trace.sight === undefined || chip?.shows(trace.sight, trace.cycles, budget) ? call : undefined;
  }

  private knownOf(entry: number, trace: Trace): KnownCall {
    const { read, wrote, globals, globalsAfter, cycles, answer, blocks, sight } = trace;
    return {
      read: contentOf(this.noted(read)),
      globals: this.globalWords[entry].map((word) => ({ word, value: globals[word] })),
      wrote: contentOf(wrote),
      changes: [...globals.keys()].flatMap((word) =>
        globals[word] === globalsAfter[word] ? [] : [{ word, value: globalsAfter[word] }],
      ),
      ...{ cycles, answer, blocks, sight },
    };
  }

  /** What is noted of what a call read: all of it, but for a canary. */
  private noted(read: Words): Words {
    return this.blindTo === undefined ? read : selected(read, (place) => place * 4 !== this.blindTo);
  }

  /** What a call read that the image does not begin with. */
  private varying(read: Words): Words {
    return selected(this.noted(read), (place) => this.constants[place] === 0);
  }
}

function selected({ places, masks, values }: Words, isWanted: (place: number) => boolean): Words {
  const wanted = Uint32Array.from(places.keys()).filter((index) => isWanted(places[index]));
  const pick = (list: Uint32Array) => wanted.map((index) => list[index]);
  return { places: pick(places), masks: pick(masks), values: pick(values) };
}

/** By word of RAM: 1 where the image begins with data of its own. */
function constantWords({ memoryPages, declarations }: CheckedImage): Uint8Array {
  const words = new Uint8Array((memoryPages * pageBytes) / 4);
  for (const { memoryOffset, length } of declarations.data)
    words.fill(1, memoryOffset >>> 2, (memoryOffset + length + 3) >>> 2);
  return words;
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false;
  return true;
}

function agrees({ globals: known }: KnownCall, globals: Uint32Array): boolean {
  for (const { word, value } of known) if (globals[word] !== value) return false;
  return true;
}

/** Of what is where a known call has read. Two that are taken for one are traced once more, and no more comes of it. */
function digest(reads: Content, ram: Uint32Array, globals: Uint32Array, globalWords: readonly number[]): number {
  let hash = digestOf(reads, ram);
  for (const word of globalWords) hash = Math.imul(hash ^ globals[word], prime);
  return hash;
}
