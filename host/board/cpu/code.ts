// Function bodies as one flat instruction stream for the whole module: three parallel arrays, so that a module of 128 KiB
// is read in a millisecond or two and nothing is allocated per instruction. Opcodes that an image may not use are refused here,
// at once, because the reader does not know their operands.
//
// What holds afterwards: blocks nest and every body ends with its own `end`; every function, type, local, global and label index
// exists. The last is important: the meter appends types, locals, globals and functions, and an image must not reach them.

import { type Declarations, refusalOfValueType, ValueType } from './declarations.ts';
import { EMPTY_BLOCK, Immediate, Op, opcodes, refusalReasons, refusedPrefixes } from './opcodes.ts';
import { Reader } from './reader.ts';
import { ImageRefused, malformed } from './refused.ts';
import { SectionId, type Sections } from './sections.ts';

export interface Code {
  /** Keys of opcodes.ts. */
  opcode: Uint16Array;
  /** Where each instruction starts in the image; one more entry than instructions. */
  offset: Uint32Array;
  /** Block type byte, label depth, index, or position in `labelTables`, as the opcode has it. */
  immediate: Uint32Array;
  labelTables: number[][];
  bodies: Body[];
}

/** One function with code. `first` to `last` are its instructions; `last` is its final `end`. */
export interface Body {
  functionIndex: number;
  /** First byte behind the size: the local declarations. */
  start: number;
  end: number;
  parameters: number;
  /** Parameters and declared locals. */
  locals: number;
  localGroups: { offset: number; type: number }[];
  /** First byte behind the number of local groups, and first instruction byte. */
  groupsStart: number;
  codeStart: number;
  first: number;
  last: number;
}

/** Register allocation and frame size grow with the number of locals; real firmware has fewer than 200. */
export const localsMax = 1024;

const { BLOCK, END, ELSE, IF } = Op;

export function readCode(bytes: Uint8Array, sections: Sections, declarations: Declarations): Code {
  const section = sections.byId[SectionId.CODE] ?? { start: 0, end: 0 };
  const reader = new Reader(bytes, section.start, section.end);
  const capacity = section.end - section.start;
  const code: Code = {
    opcode: new Uint16Array(capacity),
    offset: new Uint32Array(capacity + 1),
    immediate: new Uint32Array(capacity),
    labelTables: [],
    bodies: [],
  };
  const declared = declarations.functions.length - declarations.importedFunctions;
  const count = reader.done ? 0 : reader.count('function bodies');
  if (count !== declared) malformed(section.start, `${declared} functions are declared, but ${count} have a body`);
  let next = 0;
  for (let i = 0; i < count; i++) {
    const functionIndex = declarations.importedFunctions + i;
    const body = readBodyHeader(reader, declarations, functionIndex);
    const decoder = new BodyDecoder(bytes, body, code, declarations, nameOf(sections.names, functionIndex));
    body.first = next;
    next = decoder.decode(next);
    body.last = next - 1;
    code.bodies.push(body);
    reader.offset = body.end;
  }
  if (!reader.done) malformed(reader.offset, 'the code section is longer than its functions');
  code.offset[next] = section.end;
  code.opcode = code.opcode.subarray(0, next);
  code.offset = code.offset.subarray(0, next + 1);
  code.immediate = code.immediate.subarray(0, next);
  return code;
}

export function nameOf(names: Map<number, string>, functionIndex: number): string {
  return names.get(functionIndex) ?? `function[${functionIndex}]`;
}

function readBodyHeader(reader: Reader, declarations: Declarations, functionIndex: number): Body {
  const size = reader.count('bytes of a function body');
  const start = reader.offset;
  const end = start + size;
  const header = new Reader(reader.bytes, start, end);
  const parameters = declarations.types[declarations.functions[functionIndex]]?.parameters.length;
  if (parameters === undefined) malformed(start, `function ${functionIndex} has a type that does not exist`);
  const groups = header.count('groups of locals');
  const groupsStart = header.offset;
  const localGroups: Body['localGroups'] = [];
  let locals = parameters;
  for (let i = 0; i < groups; i++) {
    const offset = header.offset;
    locals += header.u32('a number of locals');
    if (locals > localsMax) {
      throw new ImageRefused('limit', offset, `function ${functionIndex} has over ${localsMax} locals; split it`);
    }
    localGroups.push({ offset, type: header.byte("a local's type") });
  }
  const codeStart = header.offset;
  return { functionIndex, start, end, parameters, locals, localGroups, groupsStart, codeStart, first: 0, last: 0 };
}

class BodyDecoder {
  private readonly reader: Reader;
  private readonly body: Body;
  private readonly code: Code;
  private readonly declarations: Declarations;
  private readonly functionName: string;
  /** Opcodes of the blocks that are open; the body itself is the outermost and counts as a block. */
  private readonly open: number[] = [BLOCK];

  constructor(bytes: Uint8Array, body: Body, code: Code, declarations: Declarations, functionName: string) {
    this.reader = new Reader(bytes, body.codeStart, body.end);
    this.body = body;
    this.code = code;
    this.declarations = declarations;
    this.functionName = functionName;
  }

  /** Appends the body's instructions from position `next` on; returns the position behind them. */
  decode(next: number): number {
    const { reader, code, open } = this;
    while (open.length > 0) {
      const offset = reader.offset;
      let key = reader.byte('an instruction');
      if (key >= 0xfb) key = this.prefixedKey(key, offset);
      const opcode = opcodes[key];
      if (!opcode || opcode.refusal) this.refuse(key, offset);
      code.opcode[next] = key;
      code.offset[next] = offset;
      if (opcode.immediate !== Immediate.NONE) code.immediate[next] = this.immediate(opcode.immediate, key, offset);
      else if (key === END) open.pop();
      else if (key === ELSE) {
        if (open[open.length - 1] !== IF) malformed(offset, 'an else without its if');
        open[open.length - 1] = ELSE;
      }
      next++;
    }
    if (!reader.done) malformed(reader.offset, `${this.functionName} goes on behind its end`);
    return next;
  }

  private prefixedKey(prefix: number, offset: number): number {
    const number = this.reader.u32('an opcode');
    if (prefix === 0xfc && number < 0x20) return 0x100 + number;
    const family = refusedPrefixes.get(prefix);
    const code = family?.refusal ?? 'unknown-opcode';
    const what = `${family ? `${family.family} ` : ''}opcode 0x${prefix.toString(16)} 0x${number.toString(16)}`;
    throw new ImageRefused(code, offset, `${what}; ${refusalReasons[code]}`, this.functionName);
  }

  private refuse(key: number, offset: number): never {
    const opcode = opcodes[key];
    const code = opcode?.refusal ?? 'unknown-opcode';
    const what =
      opcode?.mnemonic ?? `opcode 0x${key >= 0x100 ? `fc 0x${(key - 0x100).toString(16)}` : key.toString(16)}`;
    throw new ImageRefused(code, offset, `${what}: ${refusalReasons[code]}`, this.functionName);
  }

  private immediate(shape: number, key: number, offset: number): number {
    const { reader, declarations } = this;
    switch (shape) {
      case Immediate.BLOCK:
        this.open.push(key);
        return this.blockType(offset);
      case Immediate.LABEL:
        return this.index('label', this.open.length);
      case Immediate.LABEL_TABLE:
        return this.labelTable();
      case Immediate.FUNCTION:
        return this.index('function', declarations.functions.length);
      case Immediate.INDIRECT: {
        const type = this.index('type', declarations.types.length);
        this.zero('the table of call_indirect');
        return type;
      }
      case Immediate.LOCAL:
        return this.index('local', this.body.locals);
      case Immediate.GLOBAL:
        return this.index('global', declarations.globals.length);
      case Immediate.MEMORY_ACCESS: {
        const alignment = reader.u32('an alignment');
        if (alignment > 3) malformed(offset, `alignment 2^${alignment} does not exist, or names a second memory`);
        return reader.u32('an address offset');
      }
      case Immediate.TWO_ZERO_BYTES:
        this.zero('a memory index');
        return this.zero('a memory index');
      case Immediate.ZERO_BYTE:
        return this.zero('a memory index');
      case Immediate.CONST_I32:
        return reader.s32('a constant') >>> 0;
      default:
        reader.skipSigned(64, 'a constant');
        return 0;
    }
  }

  private blockType(offset: number): number {
    const type = this.reader.byte("a block's type");
    if (type === EMPTY_BLOCK || type === ValueType.I32 || type === ValueType.I64) return type;
    const code = refusalOfValueType(type) ?? 'multi-value';
    const text = `a block of type 0x${type.toString(16)}; a block leaves one integer or nothing (build without multivalue)`;
    throw new ImageRefused(code, offset, text, this.functionName);
  }

  private labelTable(): number {
    const count = this.reader.count('labels');
    const labels: number[] = [];
    for (let i = 0; i <= count; i++) labels.push(this.index('label', this.open.length));
    return this.code.labelTables.push(labels) - 1;
  }

  private index(what: string, count: number): number {
    const offset = this.reader.offset;
    const index = this.reader.u32(`a ${what}`);
    if (index >= count) malformed(offset, `${this.functionName} uses ${what} ${index}, but there are only ${count}`);
    return index;
  }

  private zero(what: string): number {
    const offset = this.reader.offset;
    if (this.reader.byte(what) !== 0) malformed(offset, `${what} must be 0: there is one memory and one table`);
    return 0;
  }
}
