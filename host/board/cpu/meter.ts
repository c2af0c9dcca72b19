// Rewrites a checked image so that it counts its own cycles, and lets the host save and restore what is not in memory.
//
//   global `cycles`     the cycles left of the budget, appended behind the image's own globals. At the head of each segment:
//                       cycles -= charge; if (cycles < 0) unreachable
//   bus imports         get `cycles` as one more argument, so the host knows the time of each access without asking
//   globals             mutable ones are exported as global_N, N being their index in the image
//   helper functions    exported, appended behind the image's functions; see `helpers` below
//   block counters      optional: one i64 global a segment. They change no cycle and touch no memory
//
// Nothing of the image moves: types, functions and globals keep their indices (ours come behind, and code.ts has made
// sure that the image cannot name them), and function bodies only get longer. All exports but the ones above, and
// all custom sections, are dropped.

import { type CheckedImage, pageBytes } from './check.ts';
import type { Body } from './code.ts';
import { blockBytesPerCycle } from './costs.ts';
import { ValueType } from './declarations.ts';
import { OffsetMap } from './offset-map.ts';
import { keyOf } from './opcodes.ts';
import { type Section, SectionId } from './sections.ts';
import { countedSegments, findSegments, type Segments } from './segments.ts';
import { Writer } from './writer.ts';

/** A mutable global of the image. In the flat buffers of Core it has one word (i32) or two, the low one first. */
export interface MutableGlobal {
  index: number;
  exportName: string;
  wide: boolean;
  /** Position of its first word. */
  word: number;
}

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

/** Counters are read through this many bytes of RAM at a time: half a page, which every image has. */
export const counterWindow = pageBytes / 2;
const countersPerHelper = counterWindow / 8;

const I32 = ValueType.I32;
const [CALL, COPY, FILL] = [keyOf('call'), keyOf('memory.copy'), keyOf('memory.fill')];
const op = {
  ...{ unreachable: 0x00, if: 0x04, end: 0x0b, localGet: 0x20, localTee: 0x22, globalGet: 0x23, globalSet: 0x24 },
  ...{ load32: 0x28, load64: 0x29, store32: 0x36, store64: 0x37, const32: 0x41, const64: 0x42 },
  ...{ less32: 0x48, add32: 0x6a, sub32: 0x6b, shiftRight32: 0x76, add64: 0x7c },
  empty: 0x40,
} as const;

export function meter(image: CheckedImage, countBlocks: boolean): MeteredImage {
  return new Meter(image, countBlocks).write();
}

class Meter {
  private readonly image: CheckedImage;
  private readonly out: Writer;
  private readonly segments: Segments;
  private readonly counted: Uint32Array;
  private readonly mutableGlobals: MutableGlobal[];
  private readonly globalWords: number;
  private readonly offsets = new OffsetMap();
  /** Index of the `cycles` global; counters follow it. */
  private readonly cycles: number;
  private readonly firstOwnType: number;

  constructor(image: CheckedImage, countBlocks: boolean) {
    this.image = image;
    this.out = new Writer(image.bytes.length * 2);
    this.segments = findSegments(image.code, image.declarations, image.callGraph);
    this.counted = countBlocks ? countedSegments(this.segments) : new Uint32Array(0);
    this.mutableGlobals = [];
    let word = 0;
    for (const [index, global] of image.declarations.globals.entries()) {
      if (!global.mutable) continue;
      const wide = global.type === ValueType.I64;
      this.mutableGlobals.push({ index, exportName: `global_${index}`, wide, word });
      word += wide ? 2 : 1;
    }
    this.globalWords = word;
    this.cycles = image.declarations.globals.length;
    this.firstOwnType = image.declarations.types.length;
  }

  write(): MeteredImage {
    const { out, image } = this;
    const { byId } = image.sections;
    out.bytesOf(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
    const helpers = this.helpers();
    this.extend(SectionId.TYPE, this.ownTypes.length, () => {
      for (const { parameters, results } of this.ownTypes) {
        out.bytesOf(0x60, parameters.length, ...parameters, results.length, ...results);
      }
    });
    this.imports();
    this.extend(SectionId.FUNCTION, helpers.length, () => {
      for (const helper of helpers) out.u32(this.firstOwnType + helper.type);
    });
    for (const id of [SectionId.TABLE, SectionId.MEMORY]) this.keep(byId[id]);
    this.extend(SectionId.GLOBAL, 1 + this.counted.length, () => {
      out.bytesOf(I32, 1, op.const32, 0, op.end);
      for (let i = 0; i < this.counted.length; i++) out.bytesOf(ValueType.I64, 1, op.const64, 0, op.end);
    });
    this.exports(helpers);
    this.keep(byId[SectionId.ELEMENT]);
    this.code(helpers);
    this.keep(byId[SectionId.DATA]);
    const { segments, offsets, mutableGlobals, globalWords, counted } = this;
    return { bytes: out.bytes, segments, offsets, mutableGlobals, globalWords, counted };
  }

  private readonly ownTypes = [
    { parameters: [I32, I32], results: [I32] }, // bus.read32 with cycles
    { parameters: [I32, I32, I32], results: [] }, // bus.write32 with cycles
    { parameters: [], results: [] },
    { parameters: [], results: [I32] },
    { parameters: [I32], results: [] },
  ];

  /** Functions for the host, which calls them only while the guest's stack is empty, except readCycles and writeCycles. */
  private helpers(): { name: string; type: number; write: () => void }[] {
    const { out, cycles, mutableGlobals } = this;
    const counterHelpers = Math.ceil(this.counted.length / countersPerHelper);
    return [
      { name: 'readCycles', type: 3, write: () => this.globalOp(op.globalGet, cycles) },
      {
        name: 'writeCycles',
        type: 4,
        write: () => {
          out.bytesOf(op.localGet, 0);
          this.globalOp(op.globalSet, cycles);
        },
      },
      {
        name: 'saveGlobals',
        type: 2,
        write: () => {
          for (const { index, wide, word } of mutableGlobals) this.spill(index, wide, word * 4);
        },
      },
      {
        name: 'restoreGlobals',
        type: 2,
        write: () => {
          for (const { index, wide, word } of mutableGlobals) {
            out.bytesOf(op.const32, 0, wide ? op.load64 : op.load32, 2);
            out.u32(word * 4);
            this.globalOp(op.globalSet, index);
          }
        },
      },
      ...Array.from({ length: counterHelpers }, (_, helper) => ({
        name: `readCounters_${helper}`,
        type: 2,
        write: () => {
          const first = helper * countersPerHelper;
          const last = Math.min(first + countersPerHelper, this.counted.length);
          for (let i = first; i < last; i++) this.spill(cycles + 1 + i, true, (i - first) * 8);
        },
      })),
    ];
  }

  private globalOp(opcode: number, index: number): void {
    this.out.byte(opcode);
    this.out.u32(index);
  }

  /** Stores a global at a fixed address of RAM. */
  private spill(index: number, wide: boolean, address: number): void {
    this.out.bytesOf(op.const32, 0);
    this.globalOp(op.globalGet, index);
    this.out.bytesOf(wide ? op.store64 : op.store32, 2);
    this.out.u32(address);
  }

  private section(id: number, contents: () => void): void {
    this.out.byte(id);
    this.out.sized(contents);
  }

  private keep(section: Section | undefined): void {
    if (section) this.section(section.id, () => this.out.copy(this.image.bytes, section.start, section.end));
  }

  /** Writes a vector section again with `added` elements behind its own. */
  private extend(id: number, added: number, elements: () => void): void {
    const { bytes, sections } = this.image;
    this.section(id, () => {
      const { count, start, end } = vectorOf(bytes, sections.byId[id]);
      this.out.u32(count + added);
      this.out.copy(bytes, start, end);
      elements();
    });
  }

  private imports(): void {
    const { out } = this;
    const { imports } = this.image.declarations;
    this.section(SectionId.IMPORT, () => {
      out.u32(imports.length);
      for (const { module, field, kind } of imports) {
        out.name(module);
        out.name(field);
        out.byte(kind);
        out.u32(this.firstOwnType + (field === 'read32' ? 0 : 1));
      }
    });
  }

  private exports(helpers: { name: string }[]): void {
    const { out } = this;
    const { exports, functions } = this.image.declarations;
    const entries: [name: string, kind: number, index: number][] = [['cycles', 3, this.cycles]];
    for (const name of ['reset', 'interrupt', 'memory']) {
      const entry = exports.get(name);
      if (!entry) throw new Error(`a checked image has lost its export ${name}`);
      entries.push([name, entry.kind, entry.index]);
    }
    for (const { exportName, index } of this.mutableGlobals) entries.push([exportName, 3, index]);
    for (const [i, helper] of helpers.entries()) entries.push([helper.name, 0, functions.length + i]);
    this.section(SectionId.EXPORT, () => {
      out.u32(entries.length);
      for (const [name, kind, index] of entries) {
        out.name(name);
        out.byte(kind);
        out.u32(index);
      }
    });
  }

  private code(helpers: { write: () => void }[]): void {
    const { out, image, segments } = this;
    const heads = new Map<number, number>();
    for (const [segment, head] of segments.heads.entries()) heads.set(head, segment);
    const counterOf = new Map<number, number>();
    for (const [counter, segment] of this.counted.entries()) counterOf.set(segment, counter);
    this.section(SectionId.CODE, () => {
      out.u32(image.code.bodies.length + helpers.length);
      for (const body of image.code.bodies) out.sized(() => this.body(body, heads, counterOf));
      for (const helper of helpers) {
        out.sized(() => {
          out.byte(0); // no locals
          helper.write();
          out.byte(op.end);
        });
      }
    });
  }

  private body(body: Body, heads: Map<number, number>, counterOf: Map<number, number>): void {
    const { out, image, segments } = this;
    const { opcode, offset, immediate } = image.code;
    this.locals(body);
    let copied = body.codeStart;
    const copyTo = (end: number) => {
      this.offsets.add(out.length, copied);
      out.copy(image.bytes, copied, end);
      copied = end;
    };
    for (let i = body.first; i <= body.last; i++) {
      const segment = heads.get(i);
      if (segment !== undefined) {
        copyTo(offset[i]);
        const counter = counterOf.get(segment);
        if (counter !== undefined) this.count(counter);
        if (segments.charges[segment] > 0) this.charge(segments.charges[segment]);
      }
      if (opcode[i] === CALL && immediate[i] < image.declarations.importedFunctions) {
        copyTo(offset[i]);
        this.globalOp(op.globalGet, this.cycles);
      } else if ((opcode[i] === COPY || opcode[i] === FILL) && segments.owner[i] >= 0) {
        copyTo(offset[i]);
        out.byte(op.localTee);
        out.u32(body.locals);
        copyTo(offset[i + 1]);
        this.chargeLength(body.locals);
      }
    }
    copyTo(body.end);
  }

  /** The body's locals and, where a block operation needs it, one more for its length. */
  private locals(body: Body): void {
    const { out, image } = this;
    let blockOperations = false;
    for (let i = body.first; i <= body.last && !blockOperations; i++) {
      blockOperations = image.code.opcode[i] === COPY || image.code.opcode[i] === FILL;
    }
    out.u32(body.localGroups.length + (blockOperations ? 1 : 0));
    out.copy(image.bytes, body.groupsStart, body.codeStart);
    if (blockOperations) out.bytesOf(1, I32);
  }

  private charge(cost: number): void {
    this.globalOp(op.globalGet, this.cycles);
    this.out.byte(op.const32);
    this.out.s32(cost);
    this.subtractAndTest();
  }

  /** After a block operation has succeeded, and so with a length within RAM: a cycle for every 8 bytes begun. */
  private chargeLength(lengthLocal: number): void {
    const { out } = this;
    this.globalOp(op.globalGet, this.cycles);
    out.byte(op.localGet);
    out.u32(lengthLocal);
    out.bytesOf(
      op.const32,
      blockBytesPerCycle - 1,
      op.add32,
      op.const32,
      Math.log2(blockBytesPerCycle),
      op.shiftRight32,
    );
    this.subtractAndTest();
  }

  private subtractAndTest(): void {
    this.out.byte(op.sub32);
    this.globalOp(op.globalSet, this.cycles);
    this.globalOp(op.globalGet, this.cycles);
    this.out.bytesOf(op.const32, 0, op.less32, op.if, op.empty, op.unreachable, op.end);
  }

  private count(counter: number): void {
    const global = this.cycles + 1 + counter;
    this.globalOp(op.globalGet, global);
    this.out.bytesOf(op.const64, 1, op.add64);
    this.globalOp(op.globalSet, global);
  }
}

/** The count of a checked vector section, and where its elements are. */
function vectorOf(bytes: Uint8Array, section: Section | undefined): { count: number; start: number; end: number } {
  if (!section) return { count: 0, start: 0, end: 0 };
  let count = 0;
  let start = section.start;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[start++];
    count |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { count, start, end: section.end };
  }
}
