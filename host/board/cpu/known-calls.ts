// A cache of calls of pure functions: when RAM holds all that a known call has read, the call need not run again.
//
//   a core is about to run a call -> find: agrees with all that a known call read?  -> its outcome, to be applied to the core
//                                                                              no  -> the core runs it. The second time that it is asked for the
//                                                                                     same, the call is traced (traced-calls.ts) and known from
//                                                                                     then on. What was read is not known before the first trace:
//                                                                                     that is made when the same arguments have come often
//
// What must stay true: a known call is compared with every byte that it read before it wrote it, and with every global that it may read. A call that
// would use up the budget is not known: it ends in the middle.

import { pageBytes } from './access-tracer.ts';
import type { CheckedImage } from './check.ts';
import { listMutableGlobals } from './mutable-globals.ts';
import { type PureFunction, pureFunctions } from './pure-calls.ts';
import { type Content, contentOf, holds } from './ram-content.ts';
import { type Trace, TracedCalls, type Words } from './traced-calls.ts';

/** Which functions' calls are shared. */
export interface SharedCalls {
  /** Names of functions, without their path; a name that an image does not have, or that is of another kind of function, is left out. */
  functions: readonly string[];
  /** An address of RAM whose word is left out of what calls read, for a canary. */
  blindTo?: number;
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
}

/** What a core holds that is about to run a call. */
export interface Found {
  ram: Uint32Array;
  /** The same as bytes. */
  bytes: Buffer;
  /** The words of all mutable globals, where the function uses any. */
  globals: Uint32Array;
}

/** Calls of one function with the same arguments. */
interface Calls {
  args: readonly number[];
  known: KnownCall[];
  /** How often they were asked for. */
  asks: number;
  /** What the first known one read. */
  reads: Words | undefined;
  /** Digests of what was asked for and was not known. */
  asked: Set<number>;
}

/** Known calls of one function; with more, all are forgotten. */
const knownMax = 1024;
const askedMax = 16_384;
/** To trace a call takes as long as to run it many times: rare arguments are not worth it. */
export const asksFirst = 16;
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
  private readonly calls: Calls[][];
  /** By function: the words of the globals that it may read. */
  private readonly globalWords: readonly (readonly number[])[];
  private traced: TracedCalls | undefined;

  constructor(image: CheckedImage, { functions, blindTo }: SharedCalls, countBlocks: boolean) {
    this.bytes = image.bytes;
    this.constants = constantWords(image);
    this.countBlocks = countBlocks;
    this.blindTo = blindTo;
    this.functions = pureFunctions(image, functions);
    this.calls = this.functions.map(() => []);
    const globals = listMutableGlobals(image);
    this.usesGlobals = this.functions.map(({ reads, writes }) =>
      globals.some(({ index }) => reads.has(index) || writes.has(index)),
    );
    this.globalWords = this.functions.map(({ reads }) =>
      globals.flatMap(({ index, word, wide }) => (reads.has(index) ? [word, ...(wide ? [word + 1] : [])] : [])),
    );
  }

  find(entry: number, args: readonly number[], { ram, bytes, globals }: Found, budget: number): KnownCall | undefined {
    const calls = this.callsWith(entry, args);
    if (calls === undefined || ++calls.asks < asksFirst) return undefined;
    for (const call of calls.known)
      if (holds(call.read, ram, bytes) && agrees(call, globals)) return call.cycles <= budget ? call : undefined;
    if (
      calls.reads !== undefined &&
      !isAskedAgain(calls.asked, digest(calls.reads, ram, globals, this.globalWords[entry]))
    )
      return undefined;
    return this.trace(entry, calls, ram, globals, budget);
  }

  /** How many calls of a function with these arguments are known. */
  known(entry: number, args: readonly number[]): number {
    return this.callsWith(entry, args)?.known.length ?? 0;
  }

  private callsWith(entry: number, args: readonly number[]): Calls | undefined {
    const all = this.calls[entry];
    const found = all.find((each) => each.args.every((value, index) => value === args[index]));
    if (found !== undefined || all.length === argumentsMax) return found;
    const fresh: Calls = { args: args.slice(), known: [], asks: 0, reads: undefined, asked: new Set() };
    all.push(fresh);
    return fresh;
  }

  private trace(
    entry: number,
    calls: Calls,
    ram: Uint32Array,
    globals: Uint32Array,
    budget: number,
  ): KnownCall | undefined {
    const { bytes, functions, countBlocks } = this;
    this.traced ??= new TracedCalls(bytes, functions, countBlocks);
    const trace = this.traced.run(functions[entry].functionIndex, calls.args, ram, globals, budget);
    if (trace === undefined) return undefined;
    const call = this.knownOf(entry, trace);
    calls.reads ??= trace.read;
    if (calls.known.length === knownMax) calls.known.length = 0;
    calls.known.push(call);
    return call;
  }

  private knownOf(entry: number, { read, wrote, globals, globalsAfter, cycles, answer, blocks }: Trace): KnownCall {
    return {
      read: contentOf(this.constantsLast(read)),
      globals: this.globalWords[entry].map((word) => ({ word, value: globals[word] })),
      wrote: contentOf(wrote),
      changes: [...globals.keys()].flatMap((word) =>
        globals[word] === globalsAfter[word] ? [] : [{ word, value: globalsAfter[word] }],
      ),
      ...{ cycles, answer, blocks },
    };
  }

  /** What a call read, with that last which the image begins with: most calls agree on it, and the others are told apart sooner. */
  private constantsLast({ places, masks, values }: Words): Words {
    const [order, last]: [number[], number[]] = [[], []];
    for (let index = 0; index < places.length; index++)
      if (places[index] * 4 !== this.blindTo) (this.constants[places[index]] === 1 ? last : order).push(index);
    order.push(...last);
    const inOrder = (list: Uint32Array) => Uint32Array.from(order, (index) => list[index]);
    return { places: inOrder(places), masks: inOrder(masks), values: inOrder(values) };
  }
}

/** By word of RAM: 1 where the image begins with data of its own. */
function constantWords({ memoryPages, declarations }: CheckedImage): Uint8Array {
  const words = new Uint8Array((memoryPages * pageBytes) / 4);
  for (const { memoryOffset, length } of declarations.data)
    words.fill(1, memoryOffset >>> 2, (memoryOffset + length + 3) >>> 2);
  return words;
}

function agrees({ globals: known }: KnownCall, globals: Uint32Array): boolean {
  for (const { word, value } of known) if (globals[word] !== value) return false;
  return true;
}

/** Of what is where a known call has read. Two that are taken for one are traced once more, and no more comes of it. */
function digest(
  { places, masks }: Words,
  ram: Uint32Array,
  globals: Uint32Array,
  globalWords: readonly number[],
): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < places.length; index++)
    hash = Math.imul(hash ^ (ram[places[index]] & masks[index]), 0x0100_0193);
  for (const word of globalWords) hash = Math.imul(hash ^ globals[word], 0x0100_0193);
  return hash;
}

function isAskedAgain(asked: Set<number>, what: number): boolean {
  if (asked.has(what)) return true;
  if (asked.size === askedMax) asked.clear();
  asked.add(what);
  return false;
}
