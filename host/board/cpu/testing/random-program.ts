// Random images for the tests: valid, terminating, and as crooked as bytes can be (dead code, branches out of everything, values under
// blocks), which a compiler's output never is. Written as bytes, so that no assembler tidies them up.

import { keyOf, opcodes } from '../opcodes.ts';
import { Writer } from '../writer.ts';

/** A number from 0 to n - 1. */
export type Choose = (n: number) => number;

/** Mulberry32: small, and good enough to pick shapes. */
export function chooser(seed: number): Choose {
  let state = seed | 0;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const types = { nothing: 0, lines: 1, worker: 2, write32: 3 };
const imports = { read32: 0, write32: 1 };
const workers = 5; // functions 2..6, (i32) -> i32; each calls only later ones
const firstWorker = 2;
const reset = firstWorker + workers;
const interrupt = reset + 1;
/** Workers in the table; they are the last, so that an indirect call cannot recurse. */
const tableWorkers = 2;
const fuel = 0; // global: loops go on while it lasts
const i32Locals = 4;
const i64Locals = 2;

const [I32, I64, EMPTY] = [0x7f, 0x7e, 0x40];
const isPure = (type: string, delta: number) =>
  opcodes.filter((o) => o && !o.refusal && o.immediate === 0 && o.stackDelta === delta && o.mnemonic.startsWith(type));
const binary32 = isPure('i32', -1).map((o) => o?.mnemonic as string);
const binary64 = isPure('i64', -1).map((o) => o?.mnemonic as string);
const unary32 = isPure('i32', 0).flatMap((o) => (o?.mnemonic === 'i32.wrap_i64' ? [] : [o?.mnemonic as string]));
const unary64 = isPure('i64', 0).flatMap((o) => (/eqz|i32/.test(o?.mnemonic ?? '') ? [] : [o?.mnemonic as string]));
const returns32 = /\.(eq|ne|lt|gt|le|ge)(_|$)/;

/** Loops go on for some hundred iterations in all, or, `endless`, for about ever. */
export function randomImage(choose: Choose, { endless = false } = {}): Uint8Array {
  const out = new Writer(4096);
  const section = (id: number, contents: () => void) => {
    out.byte(id);
    out.sized(contents);
  };
  out.bytesOf(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
  section(1, () => out.bytesOf(4, 0x60, 0, 0, 0x60, 1, I32, 0, 0x60, 1, I32, 1, I32, 0x60, 2, I32, I32, 0));
  section(2, () => {
    out.u32(2);
    for (const [name, type] of Object.entries({ read32: types.worker, write32: types.write32 })) {
      out.name('bus');
      out.name(name);
      out.bytesOf(0, type);
    }
  });
  section(3, () => out.bytesOf(workers + 2, ...new Array(workers).fill(types.worker), types.nothing, types.lines));
  section(4, () => out.bytesOf(1, 0x70, 0, tableWorkers + 1));
  section(5, () => out.bytesOf(1, 1, 1, 1));
  section(6, () => {
    out.bytesOf(3, I32, 1, 0x41);
    out.s32(endless ? 0x7fff_ffff : 20 + choose(100));
    out.bytesOf(0x0b, I64, 1, 0x42, choose(64), 0x0b, I32, 0, 0x41, choose(64), 0x0b);
  });
  section(7, () => {
    out.u32(3);
    for (const [name, kind, index] of [
      ['reset', 0, reset],
      ['interrupt', 0, interrupt],
      ['memory', 2, 0],
    ] as const) {
      out.name(name);
      out.bytesOf(kind, index);
    }
  });
  section(9, () => out.bytesOf(1, 0, 0x41, 0, 0x0b, tableWorkers, interrupt - 3, interrupt - 2));
  section(10, () => {
    out.u32(workers + 2);
    for (let index = firstWorker; index <= interrupt; index++) {
      out.sized(() => new FunctionWriter(choose, out, index).write());
    }
  });
  return out.bytes.slice();
}

class FunctionWriter {
  private readonly choose: Choose;
  private readonly out: Writer;
  private readonly index: number;
  private readonly parameters: number;
  /** Kinds of the open constructs, innermost last; the body is the first. */
  private readonly labels: ('block' | 'loop' | 'valued')[];
  private budget = 40;

  constructor(choose: Choose, out: Writer, index: number) {
    this.choose = choose;
    this.out = out;
    this.index = index;
    this.parameters = index === reset ? 0 : 1;
    this.labels = [index < reset ? 'valued' : 'block'];
  }

  write(): void {
    this.out.bytesOf(2, i32Locals, I32, i64Locals, I64);
    this.statements(3);
    if (this.index < reset) this.value(2);
    this.op('end');
  }

  private op(mnemonic: string, ...immediates: number[]): void {
    const key = keyOf(mnemonic);
    if (key >= 0x100) this.out.bytesOf(0xfc, key - 0x100);
    else this.out.byte(key);
    for (const immediate of immediates) this.out.u32(immediate);
  }

  private constant(value: number): void {
    this.op('i32.const');
    this.out.s32(value);
  }

  private local32(): number {
    const count = i32Locals + this.parameters;
    return this.choose(count);
  }

  private local64(): number {
    return this.parameters + i32Locals + this.choose(i64Locals);
  }

  private statements(depth: number): void {
    const count = 1 + this.choose(4);
    for (let i = 0; i < count && this.budget > 0; i++) this.statement(depth);
  }

  private statement(depth: number): void {
    this.budget--;
    const kind = this.choose(depth > 0 ? 21 : 12);
    if (kind < 3) {
      this.value(2);
      this.op('local.set', this.local32());
    } else if (kind === 3) {
      this.value64(2);
      this.op('local.set', this.local64());
    } else if (kind === 4) this.store();
    else if (kind === 5) this.busWrite();
    else if (kind === 6) this.blockOperation();
    else if (kind === 7) this.branchOut();
    else if (kind === 8) {
      this.value(1);
      this.op('drop');
    } else if (kind === 9) this.rare();
    else if (kind === 10) {
      this.value64(1);
      this.op('global.set', 1);
    } else if (kind === 11) this.busWrite();
    else if (kind < 14) this.block(depth);
    else if (kind < 17) this.ifElse(depth);
    else this.loop(depth);
  }

  private store(): void {
    this.value(1);
    this.constant(0xffc);
    this.op('i32.and');
    if (this.choose(2)) {
      this.value(2);
      this.op(['i32.store', 'i32.store8', 'i32.store16'][this.choose(3)], 0, this.choose(64));
    } else {
      this.value64(2);
      this.op(['i64.store', 'i64.store8', 'i64.store16', 'i64.store32'][this.choose(4)], 0, this.choose(64));
    }
  }

  private busWrite(): void {
    this.value(1);
    this.value(1);
    this.op('call', imports.write32);
  }

  private blockOperation(): void {
    this.constant(this.choose(2048));
    this.constant(this.choose(2048));
    this.value(1);
    this.constant(0xff);
    this.op('i32.and');
    if (this.choose(2)) this.op('memory.copy', 0, 0);
    else this.op('memory.fill', 0);
  }

  /** Traps and dead ends, seldom and mostly behind a condition. */
  private rare(): void {
    const kind = this.choose(12);
    if (kind === 0) {
      this.value(1);
      this.construct('if', EMPTY, 'block', () => this.op('unreachable'));
    } else if (kind === 1) {
      this.value(1);
      this.value(1);
      this.op('i32.div_s');
      this.op('drop');
    } else if (kind === 2) {
      this.value(1);
      this.op('i64.load', 3, 0);
      this.op('drop');
    } else this.op('nop');
  }

  /** Leaves for some open block, loop heads only while there is fuel. What follows a plain branch is dead, and stays. */
  private branchOut(): void {
    const depth = this.choose(this.labels.length);
    const label = this.labels[this.labels.length - 1 - depth];
    if (label === 'valued') {
      if (this.choose(3) === 0 && this.index < reset) {
        this.value(1);
        this.op('return');
      }
      return;
    }
    const kind = this.choose(4);
    if (label === 'loop') this.again(depth);
    else if (kind === 0) this.op('br', depth);
    else if (kind === 1) this.table(depth);
    else {
      this.value(1);
      this.op('br_if', depth);
    }
  }

  private table(depth: number): void {
    const candidates = [...this.labels.keys()].filter((at) => this.labels[this.labels.length - 1 - at] === 'block');
    this.value(1);
    const count = this.choose(4);
    this.op('br_table', count);
    for (let i = 0; i < count; i++) this.out.u32(candidates[this.choose(candidates.length)]);
    this.out.u32(depth);
  }

  private burn(): void {
    this.op('global.get', fuel);
    this.constant(1);
    this.op('i32.sub');
    this.op('global.set', fuel);
  }

  private hasFuel(): void {
    this.op('global.get', fuel);
    this.constant(0);
    this.op('i32.gt_s');
  }

  /** Back to a loop's head, by either kind of branch. */
  private again(depth: number): void {
    this.burn();
    this.hasFuel();
    if (this.choose(2)) this.op('br_if', depth);
    else this.construct('if', EMPTY, 'block', () => this.op('br', depth + 1));
  }

  private construct(opcode: string, type: number, label: 'block' | 'loop' | 'valued', contents: () => void): void {
    this.op(opcode);
    this.out.byte(type);
    this.labels.push(label);
    contents();
    this.labels.pop();
    this.op('end');
  }

  private block(depth: number): void {
    this.construct('block', EMPTY, 'block', () => this.statements(depth - 1));
  }

  private ifElse(depth: number): void {
    this.value(2);
    this.construct('if', EMPTY, 'block', () => {
      if (this.choose(6)) this.statements(depth - 1);
      if (this.choose(2)) return;
      this.op('else');
      if (this.choose(6)) this.statements(depth - 1);
    });
  }

  /** The shapes compilers give loops, and a free one. */
  private loop(depth: number): void {
    const shape = this.choose(4);
    if (shape === 0) {
      this.construct('loop', EMPTY, 'loop', () => {
        if (this.choose(2)) this.statements(depth - 1);
        this.hasFuel();
        this.construct('if', EMPTY, 'block', () => {
          this.burn();
          this.statements(depth - 1);
          this.op('br', 1);
        });
      });
    } else if (shape === 1) {
      this.construct('block', EMPTY, 'block', () => {
        this.construct('loop', EMPTY, 'loop', () => {
          if (this.choose(2)) this.statements(depth - 1);
          this.burn();
          this.hasFuel();
          this.op('i32.eqz');
          this.op('br_if', 1);
          this.statements(depth - 1);
          this.op('br', 0);
        });
      });
    } else {
      this.construct('loop', EMPTY, 'loop', () => {
        this.statements(depth - 1);
        if (shape === 2) this.again(0);
      });
    }
  }

  private value(depth: number): void {
    const { choose } = this;
    const kind = choose(depth > 0 ? 16 : 4);
    if (kind < 1) this.constant(choose(3) ? choose(200) - 100 : choose(2 ** 31) * 2);
    else if (kind < 3) this.op('local.get', this.local32());
    else if (kind === 3) this.op('global.get', choose(2) ? fuel : 2);
    else if (kind < 7) this.binary(depth, 'i32');
    else if (kind === 7) {
      this.value(depth - 1);
      this.op(unary32[choose(unary32.length)]);
    } else if (kind === 8) {
      this.value64(depth - 1);
      this.op(choose(2) ? 'i32.wrap_i64' : 'i64.eqz');
    } else if (kind === 9) {
      this.value(depth - 1);
      this.constant(0xffc);
      this.op('i32.and');
      this.op(['i32.load', 'i32.load8_s', 'i32.load8_u', 'i32.load16_s', 'i32.load16_u'][choose(5)], 0, choose(64));
    } else if (kind === 10) {
      for (let i = 0; i < 3; i++) this.value(depth - 1);
      this.op('select');
    } else if (kind === 11) {
      this.value(depth - 1);
      this.op('call', imports.read32);
    } else if (kind === 12) this.call(depth);
    else if (kind === 13) this.valuedBlock(depth);
    else if (kind === 14) this.valuedIf(depth);
    else {
      this.value(depth - 1);
      this.op('local.tee', this.local32());
    }
  }

  private binary(depth: number, type: 'i32' | 'i64'): void {
    const { choose } = this;
    const names = type === 'i32' ? binary32 : binary64.filter((name) => !returns32.test(name));
    const name = names[choose(names.length)];
    const operand = () => (type === 'i32' ? this.value(depth - 1) : this.value64(depth - 1));
    operand();
    operand();
    if (/div|rem/.test(name)) {
      // An odd divisor is not zero, and half of it is not -1.
      this.op(`${type}.const`);
      this.out.s32(1);
      this.op(`${type}.or`);
      this.op(`${type}.const`);
      this.out.s32(1);
      this.op(`${type}.shr_u`);
      this.op(`${type}.const`);
      this.out.s32(1);
      this.op(`${type}.or`);
    }
    this.op(name);
  }

  private call(depth: number): void {
    const { choose, index } = this;
    const last = index < reset ? index : firstWorker - 1;
    const later = reset - 1 - last;
    this.value(depth - 1);
    if (index >= reset - tableWorkers && index < reset) return;
    if (later > tableWorkers && choose(3) === 0) {
      this.constant(choose(20) ? choose(tableWorkers) : choose(5));
      this.op('call_indirect', types.worker, 0);
    } else this.op('call', last + 1 + choose(later));
  }

  private valuedBlock(depth: number): void {
    this.construct('block', I32, 'valued', () => {
      this.value(depth - 1);
      this.value(depth - 1);
      this.op('br_if', 0);
      if (this.choose(2)) {
        this.op('drop');
        this.value(depth - 1);
      }
      if (this.choose(4) === 0) this.op('br', 0);
    });
  }

  private valuedIf(depth: number): void {
    this.value(depth - 1);
    this.construct('if', I32, 'valued', () => {
      if (this.choose(3) === 0) this.branchOut();
      this.value(depth - 1);
      this.op('else');
      this.value(depth - 1);
    });
  }

  private value64(depth: number): void {
    const { choose } = this;
    const kind = choose(depth > 0 ? 7 : 3);
    if (kind === 0) {
      this.op('i64.const');
      this.out.s32(choose(2 ** 31) - 2 ** 30);
    } else if (kind === 1) this.op('local.get', this.local64());
    else if (kind === 2) this.op('global.get', 1);
    else if (kind === 3) {
      this.value(depth - 1);
      this.op(choose(2) ? 'i64.extend_i32_s' : 'i64.extend_i32_u');
    } else if (kind === 4) {
      this.value64(depth - 1);
      this.op(unary64[choose(unary64.length)]);
    } else if (kind === 5) {
      this.value(depth - 1);
      this.constant(0xff8);
      this.op('i32.and');
      this.op(['i64.load', 'i64.load8_s', 'i64.load16_u', 'i64.load32_s', 'i64.load32_u'][choose(5)], 0, choose(64));
    } else this.binary(depth, 'i64');
  }
}
