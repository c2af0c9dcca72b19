// A reference for the tests: runs a checked image one instruction at a time, as slowly and plainly as the wasm specification reads, and
// adds up the cost of each. It shares the decoder and the cost table with the core, and nothing else: neither segments nor meter.

import type { CheckedImage } from '../check.ts';
import type { Body } from '../code.ts';
import { blockBytesPerCycle, busAccessCycles, costs } from '../costs.ts';
import { ValueType } from '../declarations.ts';
import { keyOf, opcodes } from '../opcodes.ts';
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

const kindOf = (mnemonic: string) => keyOf(mnemonic);
const BLOCK = kindOf('block');
const LOOP = kindOf('loop');
const IF = kindOf('if');
const ELSE = kindOf('else');
const END = kindOf('end');

export class Interpreter {
  readonly memory: Uint8Array;
  readonly globals: Value[];
  /** Times each instruction has executed. */
  readonly executed: Float64Array;
  cycles = 0;
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
    this.execute(body, locals, type.results.length);
  }

  private execute(body: Body, locals: Value[], results: number): void {
    const { code, declarations } = this.image;
    const { stack } = this;
    const labels: { opener: number; height: number; arity: number }[] = [];
    const base = stack.length;
    let i = body.first;
    const keep = (count: number, height: number) => stack.splice(height, stack.length - height - count);
    const branch = (depth: number): void => {
      if (depth >= labels.length) {
        keep(results, base);
        i = body.last;
        return;
      }
      labels.length -= depth;
      const label = labels[labels.length - 1];
      const loop = code.opcode[label.opener] === LOOP;
      keep(loop ? 0 : label.arity, label.height);
      if (loop) i = label.opener + 1;
      else i = this.ends.get(label.opener) as number;
    };
    while (i < body.last) {
      if (++this.steps > stepsMax) throw new TooLong();
      const key = code.opcode[i];
      const immediate = code.immediate[i];
      this.executed[i]++;
      const importCall = key === keyOf('call') && immediate < declarations.importedFunctions;
      this.cycles += importCall ? busAccessCycles : costs[key];
      const mnemonic = opcodes[key]?.mnemonic as string;
      const at = i++;
      switch (mnemonic) {
        case 'block':
        case 'loop':
          labels.push({ opener: at, height: stack.length, arity: immediate === 0x40 ? 0 : 1 });
          break;
        case 'if': {
          const condition = stack.pop();
          labels.push({ opener: at, height: stack.length, arity: immediate === 0x40 ? 0 : 1 });
          if (condition === 0)
            i = this.elses.has(at) ? (this.elses.get(at) as number) + 1 : (this.ends.get(at) as number);
          break;
        }
        case 'else':
          i = this.ends.get(labels[labels.length - 1].opener) as number;
          break;
        case 'end':
          labels.pop();
          break;
        case 'br':
          branch(immediate);
          break;
        case 'br_if':
          if (stack.pop() !== 0) branch(immediate);
          break;
        case 'br_table': {
          const targets = code.labelTables[immediate];
          const index = (stack.pop() as number) >>> 0;
          branch(targets[Math.min(index, targets.length - 1)]);
          break;
        }
        case 'return':
          branch(labels.length);
          break;
        case 'call':
          this.call(immediate);
          break;
        case 'call_indirect': {
          const index = (stack.pop() as number) >>> 0;
          if (index >= this.table.length) throw new Trap('table index is out of bounds');
          const callee = this.table[index];
          const shape = (type: number) => JSON.stringify({ ...declarations.types[type], offset: 0 });
          if (callee === undefined || shape(declarations.functions[callee]) !== shape(immediate)) {
            throw new Trap('null function or function signature mismatch');
          }
          this.call(callee);
          break;
        }
        case 'local.get':
          stack.push(locals[immediate]);
          break;
        case 'local.set':
          locals[immediate] = stack.pop() as Value;
          break;
        case 'local.tee':
          locals[immediate] = stack[stack.length - 1];
          break;
        default:
          this.plain(mnemonic, at);
      }
    }
    if (stack.length !== base + results) throw new Error('the interpreter lost count of its operands');
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
