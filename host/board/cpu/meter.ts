// Rewrites a checked image so that it counts its own cycles, and lets the host save and restore what is not in memory.
//
//   global `cycles`     the cycles left of the budget, appended behind the image's own globals; charged by meter-body.ts
//   bus imports         get `cycles` as one more argument, so the host knows the time of each access without asking
//   globals             mutable ones are exported as global_N, N being their index in the image
//   helper functions    appended behind the image's functions and exported, see helpers.ts
//   block counters      optional: one i64 global a segment. They change no cycle and touch no memory
//   calls               optional: a table behind the image's own, through which functions tell of calls, see calls.ts
//   known calls         optional: likewise, through which functions ask whether they need to run at all, see pure-calls.ts
//
// Nothing of the image moves: types, functions and globals keep their indices (ours come behind, and code.ts has made
// sure that the image cannot name them), and function bodies only get longer. All exports but the ones above, and
// all custom sections, are dropped.

import { CallTracer, callTable, callTypes } from './calls.ts';
import type { CheckedImage } from './check.ts';
import { countedSegments } from './counters.ts';
import { ValueType } from './declarations.ts';
import { helperFunctions } from './helpers.ts';
import { BodyMeter } from './meter-body.ts';
import { MeteredWriter, ownBusTypes } from './metered-writer.ts';
import { listMutableGlobals, type MutableGlobal } from './mutable-globals.ts';
import { OffsetMap } from './offset-map.ts';
import { CallSharer, type PureFunction } from './pure-calls.ts';
import { findSegments, type Segments } from './segments.ts';
import { Writer } from './writer.ts';

const { I32, I64 } = ValueType;

export interface MeteredImage {
  bytes: Uint8Array;
  segments: Segments;
  /** Metered code offset -> offset in the image. */
  offsets: OffsetMap;
  mutableGlobals: MutableGlobal[];
  globalWords: number;
  /** By counter: its segment. Empty without counters. */
  counted: Uint32Array;
}

export interface MeterOptions {
  countBlocks?: boolean;
  traceCalls?: boolean;
  /** Offsets of instructions to tell of, besides calls; only with traceCalls. */
  steps?: readonly number[];
  /** Functions that ask whether they need to run. */
  shared?: readonly PureFunction[];
}

export function meter(
  image: CheckedImage,
  { countBlocks = false, traceCalls = false, steps = [], shared = [] }: MeterOptions = {},
): MeteredImage {
  const segments = findSegments(image.code, image.declarations, image.callGraph);
  const counted = countBlocks ? countedSegments(segments) : new Uint32Array(0);
  const mutableGlobals = listMutableGlobals(image);
  const globalWords = mutableGlobals.reduce((words, { wide }) => words + (wide ? 2 : 1), 0);
  const offsets = new OffsetMap();
  const out = new Writer(image.bytes.length * 2);
  const cycles = image.declarations.globals.length;
  const { types, tables } = image.declarations;
  const answer = shared.length === 0 ? undefined : cycles + 1 + counted.length;
  const helpers = helperFunctions(mutableGlobals, cycles, counted.length, answer);
  const firstType = types.length + ownBusTypes.length + helpers.length;
  const calls = traceCalls ? new CallTracer(cycles, firstType, tables.length, out) : undefined;
  const behindCalls = { firstType: firstType + (calls ? callTypes.length : 0), table: tables.length + (calls ? 1 : 0) };
  const sharer = answer === undefined ? undefined : new CallSharer(shared, { cycles, answer, ...behindCalls }, out);
  const bodies = new BodyMeter(image, segments, counted, cycles, { calls, steps, sharer }, offsets, out);
  new MeteredWriter(image, out).write({
    helpers,
    globals: [I32, ...new Array<number>(counted.length).fill(I64), ...(sharer ? [I32] : [])],
    tables: [
      ...(calls ? [{ name: 'calls', types: callTypes, declaration: callTable }] : []),
      ...(sharer ? [{ name: 'knownCalls', types: sharer.types, declaration: sharer.declaration }] : []),
    ],
    mutableGlobals,
    writeBody: (body) => bodies.write(body),
  });
  return { bytes: out.bytes, segments, offsets, mutableGlobals, globalWords, counted };
}
