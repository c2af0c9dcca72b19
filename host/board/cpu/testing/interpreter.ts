// A reference for the tests: runs a checked image one instruction at a time, exactly as the wasm specification describes, and
// adds up the cost of each. It shares the decoder and the cost table with the core, and nothing else: neither segments nor meter.

import type { CheckedImage } from '../check.ts';
import type { Body } from '../code.ts';
import { blockBytesPerCycle, busAccessCycles, costs } from '../costs.ts';
import { ValueType } from '../declarations.ts';
import { EMPTY_BLOCK, keyOf, Op, opcodes } from '../opcodes.ts';
import { Reader } from '../reader.ts';
import { binary, Trap, typed, unary, type Value } from './arithmetic.ts';

/** The program is too long to be worth a test. */
export class TooLong extends Error {}

const stepsMax = 300_000;

export interface InterpreterBus {
  /** `cycles`: all executed so far, this access included. */
  read32(address: number, cycles: number): number;
  write32(address: number, value: number, cycles: number): void;
}

const { BLOCK, LOOP, IF, ELSE, END, CALL } = Op;

/** A function under way: its instructions, its open blocks, and where it is. */
interface Activation {
  body: Body;
  results: number;
  base: number;
  labels: { opener: number; height: number; arity: number }[];
  next: number;
}

export class Interpreter {
  readonly memory: Uint8Array;
  readonly globals: Value[];
  /** Times each instruction has executed. */
  readonly executed: Float64Array;
  cycles = 0;
  /** Functions in the order of their calls, and the cycles of each by itself, by index. */
  readonly called: number[] = [];
  readonly ownCycles = new Map<number, number>();
  /** Cycles of the functions that the present one has called. */
  private inner = 0;
  private steps = 0;
  private readonly image: CheckedImage;
  private readonly bus: InterpreterBus;
  private readonly table: (number | undefined)[];
  private readonly stack: Value[] = [];
  /** By instruction: for block, loop, if and else the position of the `end`; for if also its else. */
  private readonly ends = new Map<number, number>();
  private readonly elses = new Map<number, number>();

  constructor(image: CheckedImage, bus: InterpreterBus) {
    this.image = image;
    this.bus = bus;
    const { bytes, declarations, code } = image;
    this.memory = new Uint8Array(image.memoryPages * 65536);
    this.executed = new Float64Array(code.opcode.length);
    for (const { offset, memoryOffset, length } of declarations.data) {
      const reader = new Reader(bytes, offset);
      reader.u32('flags');
      reader.byte('i32.const');
      reader.s32('offset');
      reader.byte('end');
      reader.u32('length');
      this.memory.set(bytes.subarray(reader.offset, reader.offset + length), memoryOffset);
    }
    this.globals = declarations.globals.map(({ offset, type }) => {
      const reader = new Reader(bytes, offset + 3);
      return type === ValueType.I64 ? readS64(reader) : reader.s32('a global');
    });
    this.table = new Array(declarations.tables[0]?.minimum ?? 0).fill(undefined);
    for (const segment of declarations.elements) {
      for (const [i, index] of segment.functions.entries()) this.table[segment.tableOffset + i] = index;
    }
    for (const body of code.bodies) this.match(body);
  }

  run(name: 'reset' | 'interrupt', lines: number): void {
    const index = this.image.declarations.exports.get(name)?.index as number;
    if (name === 'interrupt') this.stack.push(lines | 0);
    this.call(index);
    if (this.stack.length !== 0) throw new Error('the interpreter left operands behind');
  }

  private match(body: Body): void {
    const { opcode } = this.image.code;
    const open: number[] = [];
    for (let i = body.first; i < body.last; i++) {
      if (opcode[i] === BLOCK || opcode[i] === LOOP || opcode[i] === IF) open.push(i);
      else if (opcode[i] === ELSE) this.elses.set(open[open.length - 1], i);
      else if (opcode[i] === END) this.ends.set(open.pop() as number, i);
    }
  }

  private call(functionIndex: number): void {
    const { declarations, code } = this.image;
    const type = declarations.types[declarations.functions[functionIndex]];
    const parameters = this.stack.splice(this.stack.length - type.parameters.length);
    if (functionIndex < declarations.importedFunctions) {
      if (declarations.imports[functionIndex].field === 'read32') {
        this.stack.push(this.bus.read32(parameters[0] as number, this.cycles) | 0);
      } else this.bus.write32(parameters[0] as number, parameters[1] as number, this.cycles);
      return;
    }
    const body = code.bodies[functionIndex - declarations.importedFunctions];
    const locals: Value[] = [...parameters];
    const reader = new Reader(this.image.bytes, body.groupsStart, body.codeStart);
    while (!reader.done) {
      const count = reader.u32('count');
      const zero = reader.byte('type') === ValueType.I64 ? 0n : 0;
      for (let i = 0; i < count; i++) locals.push(zero);
    }
    this.called.push(functionIndex);
    const [before, outerInner] = [this.cycles, this.inner];
    this.inner = 0;
    this.execute(body, locals, type.results.length);
    const all = this.cycles - before;
    this.ownCycles.set(functionIndex, (this.ownCycles.get(functionIndex) ?? 0) + all - this.inner);
    this.inner = outerInner + all;
  }

  private execute(body: Body, locals: Value[], results: number): void {
    const { code, declarations } = this.image;
    const { stack } = this;
    const activation: Activation = { body, results, base: stack.length, labels: [], next: body.first };
    while (activation.next < body.last) {
      if (++this.steps > stepsMax) throw new TooLong();
      const at = activation.next++;
      const key = code.opcode[at];
      const immediate = code.immediate[at];
      const busAccess = key === CALL && immediate < declarations.importedFunctions;
      this.executed[at]++;
      this.cycles += busAccess ? busAccessCycles : costs[key];
      const mnemonic = opcodes[key]?.mnemonic as string;
      if (mnemonic === 'call') this.call(immediate);
      else if (mnemonic === 'call_indirect') this.callIndirect(immediate);
      else if (mnemonic === 'local.get') stack.push(locals[immediate]);
      else if (mnemonic === 'local.set') locals[immediate] = stack.pop() as Value;
      else if (mnemonic === 'local.tee') locals[immediate] = stack[stack.length - 1];
      else if (!this.control(mnemonic, at, activation)) this.plain(mnemonic, at);
    }
    if (stack.length !== activation.base + results) throw new Error('the interpreter lost count of its operands');
  }

  /** Executes an instruction of control flow; false if it is none. */
  private control(mnemonic: string, at: number, activation: Activation): boolean {
    const { code } = this.image;
    const { stack } = this;
    const immediate = code.immediate[at];
    const { labels } = activation;
    switch (mnemonic) {
      case 'block':
      case 'loop':
      case 'if': {
        const condition = mnemonic === 'if' ? stack.pop() : 1;
        labels.push({ opener: at, height: stack.length, arity: immediate === EMPTY_BLOCK ? 0 : 1 });
        const otherwise = this.elses.get(at);
        if (condition === 0) activation.next = otherwise === undefined ? this.endOf(at) : otherwise + 1;
        return true;
      }
      case 'else':
        activation.next = this.endOf(labels[labels.length - 1].opener);
        return true;
      case 'end':
        labels.pop();
        return true;
      case 'br_if':
        if (stack.pop() !== 0) this.branch(immediate, activation);
        return true;
      case 'br_table': {
        const targets = code.labelTables[immediate];
        this.branch(targets[Math.min((stack.pop() as number) >>> 0, targets.length - 1)], activation);
        return true;
      }
      case 'br':
      case 'return':
        this.branch(mnemonic === 'br' ? immediate : labels.length, activation);
        return true;
      default:
        return false;
    }
  }

  private endOf(opener: number): number {
    return this.ends.get(opener) as number;
  }

  private branch(depth: number, activation: Activation): void {
    const { labels, body, results, base } = activation;
    const keep = (count: number, height: number) => this.stack.splice(height, this.stack.length - height - count);
    if (depth >= labels.length) {
      keep(results, base);
      activation.next = body.last;
      return;
    }
    labels.length -= depth;
    const { opener, height, arity } = labels[labels.length - 1];
    const loop = this.image.code.opcode[opener] === LOOP;
    keep(loop ? 0 : arity, height);
    activation.next = loop ? opener + 1 : this.endOf(opener);
  }

  private callIndirect(type: number): void {
    const { types, functions } = this.image.declarations;
    const index = (this.stack.pop() as number) >>> 0;
    if (index >= this.table.length) throw new Trap('table index is out of bounds');
    const callee = this.table[index];
    const shape = (at: number) => `${types[at].parameters}->${types[at].results}`;
    if (callee === undefined || shape(functions[callee]) !== shape(type)) {
      throw new Trap('null function or function signature mismatch');
    }
    this.call(callee);
  }

  private plain(mnemonic: string, at: number): void {
    const { stack, globals, image } = this;
    const immediate = image.code.immediate[at];
    switch (mnemonic) {
      case 'nop':
        return;
      case 'unreachable':
        throw new Trap('unreachable');
      case 'drop':
        stack.pop();
        return;
      case 'select': {
        const [first, second, condition] = stack.splice(stack.length - 3);
        stack.push(condition === 0 ? second : first);
        return;
      }
      case 'global.get':
        stack.push(globals[immediate]);
        return;
      case 'global.set':
        globals[immediate] = stack.pop() as Value;
        return;
      case 'memory.size':
        stack.push(image.memoryPages);
        return;
      case 'i32.const':
        stack.push(immediate | 0);
        return;
      case 'i64.const':
        stack.push(readS64(new Reader(image.bytes, image.code.offset[at] + 1)));
        return;
      case 'memory.copy':
      case 'memory.fill': {
        const [to, from, length] = (stack.splice(stack.length - 3) as number[]).map((value) => value >>> 0);
        const source = mnemonic === 'memory.copy' ? from : 0;
        if (Math.max(to, source) + length > this.memory.length) throw new Trap('memory access out of bounds');
        if (mnemonic === 'memory.copy') this.memory.copyWithin(to, from, from + length);
        else this.memory.fill(from & 0xff, to, to + length);
        this.cycles += Math.ceil(length / blockBytesPerCycle);
        return;
      }
    }
    if (/\.(load|store)/.test(mnemonic)) this.access(mnemonic, immediate);
    else if (opcodes[keyOf(mnemonic)]?.stackDelta === -1) {
      const [left, right] = stack.splice(stack.length - 2);
      stack.push(binary(mnemonic, left, right));
    } else stack.push(unary(mnemonic, stack.pop() as Value));
  }

  private access(mnemonic: string, addressOffset: number): void {
    const [, type, operation, width, sign] = /^(i32|i64)\.(load|store)(8|16|32)?(_[su])?$/.exec(mnemonic) as string[];
    const bits = Number(width ?? type.slice(1));
    const value = operation === 'store' ? (this.stack.pop() as Value) : 0;
    const address = ((this.stack.pop() as number) >>> 0) + addressOffset;
    if (address + bits / 8 > this.memory.length) throw new Trap('memory access out of bounds');
    if (operation === 'store') {
      for (let i = 0; i < bits / 8; i++) this.memory[address + i] = Number((BigInt(value) >> BigInt(8 * i)) & 0xffn);
      return;
    }
    let loaded = 0n;
    for (let i = bits / 8 - 1; i >= 0; i--) loaded = (loaded << 8n) | BigInt(this.memory[address + i]);
    if (sign !== '_u') loaded = BigInt.asIntN(bits, loaded);
    this.stack.push(typed(type, loaded));
  }
}

function readS64(reader: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = reader.byte('a constant');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asIntN(64, byte & 0x40 ? value | (-1n << (shift + 7n)) : value);
  }
}
