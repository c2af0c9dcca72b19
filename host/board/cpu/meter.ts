// Rewrites a checked image so that it counts its own cycles, and lets the host save and restore what is not in memory.
//
//   global `cycles`     the cycles left of the budget, appended behind the image's own globals; charged by meter-body.ts
//   bus imports         get `cycles` as one more argument, so the host knows the time of each access without asking
//   globals             mutable ones are exported as global_N, N being their index in the image
//   helper functions    appended behind the image's functions and exported, see helpers.ts
//   block counters      optional: one i64 global a segment. They change no cycle and touch no memory
//   calls               optional: a table behind the image's own, through which functions tell of calls, see calls.ts
//
// Nothing of the image moves: types, functions and globals keep their indices (ours come behind, and code.ts has made
// sure that the image cannot name them), and function bodies only get longer. All exports but the ones above, and
// all custom sections, are dropped.

import { CallTracer, callTable, callTypes } from './calls.ts';
import type { CheckedImage } from './check.ts';
import { countedSegments } from './counters.ts';
import { ExternalKind, ValueType } from './declarations.ts';
import { type Helper, helperFunctions } from './helpers.ts';
import { BodyMeter } from './meter-body.ts';
import { listMutableGlobals, type MutableGlobal } from './mutable-globals.ts';
import { OffsetMap } from './offset-map.ts';
import { Op } from './opcodes.ts';
import { SectionWriter } from './section-writer.ts';
import { SectionId } from './sections.ts';
import { findSegments, type Segments } from './segments.ts';
import { Writer } from './writer.ts';

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

/** `steps`: offsets of instructions to tell of, besides calls; only with traceCalls. */
export function meter(
  image: CheckedImage,
  countBlocks: boolean,
  traceCalls: boolean,
  steps: readonly number[] = [],
): MeteredImage {
  const segments = findSegments(image.code, image.declarations, image.callGraph);
  const counted = countBlocks ? countedSegments(segments) : new Uint32Array(0);
  const mutableGlobals = listMutableGlobals(image);
  const globalWords = mutableGlobals.reduce((words, { wide }) => words + (wide ? 2 : 1), 0);
  const offsets = new OffsetMap();
  const out = new Writer(image.bytes.length * 2);
  const cycles = image.declarations.globals.length;
  const helpers = helperFunctions(mutableGlobals, cycles, counted.length);
  const { types, tables } = image.declarations;
  const firstType = types.length + ownBusTypes.length + helpers.length;
  const calls = traceCalls ? new CallTracer(cycles, firstType, tables.length, out) : undefined;
  const bodies = new BodyMeter(image, segments, counted, cycles, calls, steps, offsets, out);
  new ModuleWriter(image, out).write(mutableGlobals, helpers, bodies, counted.length, traceCalls);
  return { bytes: out.bytes, segments, offsets, mutableGlobals, globalWords, counted };
}

const { I32, I64 } = ValueType;
/** Types of the bus imports once they have `cycles`; helpers' types follow them. */
const busTypes = {
  read32: { parameters: [I32, I32], results: [I32] },
  write32: { parameters: [I32, I32, I32], results: [] },
};
const ownBusTypes = [busTypes.read32, busTypes.write32];

class ModuleWriter extends SectionWriter {
  write(
    mutableGlobals: MutableGlobal[],
    helpers: Helper[],
    bodies: BodyMeter,
    counters: number,
    traceCalls: boolean,
  ): void {
    const { out, image } = this;
    const { declarations, code } = image;
    const ownTypes = [...ownBusTypes, ...helpers, ...(traceCalls ? callTypes : [])];
    this.begin();
    this.extend(SectionId.TYPE, ownTypes, ({ parameters, results }) => {
      out.bytesOf(0x60, parameters.length, ...parameters, results.length, ...results);
    });
    this.imports();
    const firstHelperType = declarations.types.length + ownBusTypes.length;
    this.extend(SectionId.FUNCTION, helpers, (_, index) => out.u32(firstHelperType + index));
    if (traceCalls) this.extend(SectionId.TABLE, [callTable], (table) => out.bytesOf(...table));
    else this.keep(SectionId.TABLE);
    this.keep(SectionId.MEMORY);
    const ownGlobals = [I32, ...new Array<number>(counters).fill(I64)];
    this.extend(SectionId.GLOBAL, ownGlobals, (type) => {
      out.bytesOf(type, 1, type === I32 ? Op.CONST_32 : Op.CONST_64, 0, Op.END);
    });
    this.exports(mutableGlobals, helpers, traceCalls);
    this.keep(SectionId.ELEMENT);
    this.section(SectionId.CODE, () => {
      out.u32(code.bodies.length + helpers.length);
      for (const body of code.bodies) out.sized(() => bodies.write(body));
      for (const helper of helpers) out.sized(() => this.helper(helper));
    });
    this.keep(SectionId.DATA);
  }

  private imports(): void {
    const { out } = this;
    const { imports, types } = this.image.declarations;
    this.section(SectionId.IMPORT, () => {
      out.u32(imports.length);
      for (const { module, field, kind } of imports) {
        out.name(module);
        out.name(field);
        out.byte(kind);
        out.u32(types.length + (field === 'read32' ? 0 : 1));
      }
    });
  }

  private exports(mutableGlobals: MutableGlobal[], helpers: Helper[], traceCalls: boolean): void {
    const { out } = this;
    const { exports, functions, globals, tables } = this.image.declarations;
    const entries: [name: string, kind: number, index: number][] = [['cycles', ExternalKind.GLOBAL, globals.length]];
    for (const name of ['reset', 'interrupt', 'memory']) {
      const entry = exports.get(name);
      if (!entry) throw new Error(`a checked image has lost its export ${name}`);
      entries.push([name, entry.kind, entry.index]);
    }
    for (const { exportName, index } of mutableGlobals) entries.push([exportName, ExternalKind.GLOBAL, index]);
    for (const [i, { name }] of helpers.entries()) entries.push([name, ExternalKind.FUNCTION, functions.length + i]);
    if (traceCalls) entries.push(['calls', ExternalKind.TABLE, tables.length]);
    this.section(SectionId.EXPORT, () => {
      out.u32(entries.length);
      for (const [name, kind, index] of entries) {
        out.name(name);
        out.byte(kind);
        out.u32(index);
      }
    });
  }

  private helper(helper: Helper): void {
    this.out.byte(0); // no locals
    helper.write(this.out);
    this.out.byte(Op.END);
  }
}
