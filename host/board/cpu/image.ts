// From bytes in flash to something a core can run: check, meter, compile. The result depends on the bytes alone, so it is
// kept by their SHA-256: a chip that resets a thousand times pays once.

import { createHash } from 'node:crypto';
import { checkImage } from './check.ts';
import { nameOf } from './code.ts';
import { type Block, blocksOf } from './counters.ts';
import { KnownCalls, type SharedCalls } from './known-calls.ts';
import { meter } from './meter.ts';
import type { MutableGlobal } from './mutable-globals.ts';
import { ImageRefused } from './refused.ts';
import { type ImageRules, multiplexerRules, readoutRules, sequencerRules } from './rules.ts';

export interface PreparedImage {
  module: WebAssembly.Module;
  /** SHA-256 of the image's bytes, in hex. */
  hash: string;
  /** As it was flashed. */
  bytes: Uint8Array;
  meteredByteLength: number;
  /** By function index, bus imports first. */
  functionNames: string[];
  mutableGlobals: MutableGlobal[];
  /** Words a buffer for the mutable globals needs. */
  globalWords: number;
  memoryPages: number;
  /** Stack of the deepest call path, in the model of stack.ts. */
  stackBytes: number;
  /** In the order of the counters; only with countBlocks. */
  blocks: Block[] | undefined;
  /** Whether its functions tell of their calls. */
  tracesCalls: boolean;
  /** Whether they tell of instructions. */
  tracesSteps: boolean;
  /** As it was prepared with. */
  sharedCalls: SharedCalls | undefined;
  /** Only with sharedCalls, and where it has one of these functions. */
  knownCalls: KnownCalls | undefined;
  /** Offset in the image of an offset in the metered module, for fault records. */
  originalOffset(meteredOffset: number): number;
  /** What a new instance holds before any code has run; filled in by the first core. */
  fresh: { memory: Uint8Array; globals: Uint32Array } | undefined;
}

export interface PrepareOptions {
  /** Counts how often each block executes, for coverage. Changes no cycle. */
  countBlocks?: boolean;
  /** Tells of every call and return, for profiles (calls.ts). Changes no cycle. */
  traceCalls?: boolean;
  /** Offsets of the instructions that are told of as well, for a debugger. Calls are traced then. */
  steps?: readonly number[];
  /** Runs a call of these functions only once for each content that it reads (known-calls.ts). Changes no cycle. Not while calls are traced. */
  sharedCalls?: SharedCalls;
}

/** Bootloader and a few firmwares, each with and without counters or traces. */
const cacheEntriesMax = 16;
const cache = new Map<string, PreparedImage>();

/** Checks, meters and compiles an image, or finds it in the cache. Throws ImageRefused. */
export function prepareImage(bytes: Uint8Array, options: PrepareOptions = {}): PreparedImage {
  const hash = createHash('sha256').update(bytes).digest('hex');
  const key = `${hash}${options.countBlocks ? ' counted' : ''}${options.traceCalls ? ' traced' : ''}${stepsKey(options.steps)}${options.sharedCalls ? ` sharing ${JSON.stringify(options.sharedCalls)}` : ''}`;
  const cached = cache.get(key);
  if (cached) {
    cache.delete(key); // to put it last: the first entry is the one not used for longest
    cache.set(key, cached);
    return cached;
  }
  const prepared = prepareUncached(bytes, hash, options);
  cache.set(key, prepared);
  const [oldest] = cache.keys();
  if (cache.size > cacheEntriesMax) cache.delete(oldest);
  return prepared;
}

const stepsKey = (steps?: readonly number[]) =>
  steps === undefined ? '' : ` steps ${createHash('sha256').update(Uint32Array.from(steps)).digest('hex')}`;

/** As prepareImage, but always does the work; `hash` is what the result is to carry. */
export function prepareUncached(
  bytes: Uint8Array,
  hash = '',
  { countBlocks = false, traceCalls = false, steps, sharedCalls }: PrepareOptions = {},
): PreparedImage {
  const image = checkImage(bytes);
  const tracesCalls = traceCalls || steps !== undefined;
  const calls = sharedCalls && !tracesCalls ? new KnownCalls(image, sharedCalls, countBlocks) : undefined;
  const knownCalls = calls?.functions.length === 0 ? undefined : calls;
  const metered = meter(image, { countBlocks, traceCalls: tracesCalls, steps, shared: knownCalls?.functions });
  const functionNames = image.declarations.functions.map((_, index) => nameOf(image.sections.names, index));
  for (const [index, { field }] of image.declarations.imports.entries()) functionNames[index] = `bus.${field}`;
  return {
    module: compile(bytes, metered.bytes),
    hash,
    bytes,
    meteredByteLength: metered.bytes.length,
    functionNames,
    mutableGlobals: metered.mutableGlobals,
    globalWords: metered.globalWords,
    memoryPages: image.memoryPages,
    stackBytes: image.stackBytes,
    blocks: countBlocks ? blocksOf(image, metered.segments, metered.counted, functionNames) : undefined,
    tracesCalls,
    tracesSteps: steps !== undefined,
    ...{ sharedCalls, knownCalls },
    originalOffset: (offset) => metered.offsets.originalOf(offset),
    fresh: undefined,
  };
}

/** Sequencers, multiplexers and readouts of a few firmwares are about what a board sees. */
const partsMax = 12;
const parts = new Map<string, WebAssembly.Module>();

/** Checks and compiles the sequencers' module, as it is: its time is not its own execution's. Throws ImageRefused. */
export function prepareSequencer(bytes: Uint8Array): WebAssembly.Module {
  return preparePart(bytes, 'sequencer', sequencerRules);
}

/** Likewise the multiplexer's module. */
export function prepareMultiplexer(bytes: Uint8Array): WebAssembly.Module {
  return preparePart(bytes, 'multiplexer', multiplexerRules);
}

/** Likewise the readout's module. */
export function prepareReadout(bytes: Uint8Array): WebAssembly.Module {
  return preparePart(bytes, 'readout', readoutRules);
}

function preparePart(bytes: Uint8Array, kind: string, rules: ImageRules): WebAssembly.Module {
  const key = `${kind} ${createHash('sha256').update(bytes).digest('hex')}`;
  const known = parts.get(key);
  if (known) return known;
  checkImage(bytes, rules);
  const module = compile(bytes, bytes);
  parts.set(key, module);
  const [oldest] = parts.keys();
  if (parts.size > partsMax) parts.delete(oldest);
  return module;
}

function compile(bytes: Uint8Array, run: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(run as Uint8Array<ArrayBuffer>);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    throw invalid(bytes, error);
  }
}

/** Lets the engine judge the bytes as they were flashed, so that its words and its offset are about them. */
function invalid(bytes: Uint8Array, meteredError: WebAssembly.CompileError): Error {
  try {
    new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    const [, offset] = /@\+(\d+)/.exec(error.message) ?? [];
    const reason = error.message.replace(/^WebAssembly\.Module\(\): /, '').replace(/ @\+\d+$/, '');
    return new ImageRefused(
      'invalid',
      Number(offset ?? 0),
      `${reason}; the compiler that wrote this module is at fault`,
    );
  }
  return new Error(`metering broke a valid image, a defect of meter.ts: ${meteredError.message}`);
}
