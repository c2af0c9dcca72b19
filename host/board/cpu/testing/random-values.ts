// Random expressions: what a random function computes with. Statements are in random-function.ts.

import type { Choose } from '../../random.ts';
import { keyOf, opcodes } from '../opcodes.ts';
import type { Writer } from '../writer.ts';

export const types = { nothing: 0, lines: 1, worker: 2, write32: 3 };
export const imports = { read32: 0, write32: 1 };
export const workers = 5; // functions 2..6, (i32) -> i32; each calls only later ones
export const firstWorker = 2;
export const reset = firstWorker + workers;
export const interrupt = reset + 1;
/** Workers in the table; they are the last, so that an indirect call cannot recurse. */
export const tableWorkers = 2;
export const fuel = 0; // global: loops go on while it lasts
export const i32Locals = 4;
export const i64Locals = 2;

export const [I32, I64, EMPTY] = [0x7f, 0x7e, 0x40];
const isPure = (type: string, delta: number) =>
  opcodes.filter((o) => o && !o.refusal && o.immediate === 0 && o.stackDelta === delta && o.mnemonic.startsWith(type));
const binary32 = isPure('i32', -1).map((o) => o?.mnemonic as string);
const binary64 = isPure('i64', -1).map((o) => o?.mnemonic as string);
const unary32 = isPure('i32', 0).flatMap((o) => (o?.mnemonic === 'i32.wrap_i64' ? [] : [o?.mnemonic as string]));
const unary64 = isPure('i64', 0).flatMap((o) => (/eqz|i32/.test(o?.mnemonic ?? '') ? [] : [o?.mnemonic as string]));
const returns32 = /\.(eq|ne|lt|gt|le|ge)(_|$)/;

/** A construct that is open: its label takes nothing, is a loop's head, or takes an i32. */
export type Label = 'block' | 'loop' | 'valued';

export abstract class ValueWriter {
  protected readonly choose: Choose;
  protected readonly out: Writer;
  protected readonly index: number;
  protected readonly parameters: number;
  /** Innermost last; the body is the first. */
  protected readonly labels: Label[];

  constructor(choose: Choose, out: Writer, index: number) {
    this.choose = choose;
    this.out = out;
    this.index = index;
    this.parameters = index === reset ? 0 : 1;
    this.labels = [index < reset ? 'valued' : 'block'];
  }

  /** A branch out of an arm, now and then. */
  protected abstract branchOut(): void;

  protected op(mnemonic: string, ...immediates: number[]): void {
    const key = keyOf(mnemonic);
    if (key >= 0x100) this.out.bytesOf(0xfc, key - 0x100);
    else this.out.byte(key);
    for (const immediate of immediates) this.out.u32(immediate);
  }

  protected constant(value: number): void {
    this.op('i32.const');
    this.out.s32(value);
  }

  protected local32(): number {
    const count = i32Locals + this.parameters;
    return this.choose(count);
  }

  protected local64(): number {
    return this.parameters + i32Locals + this.choose(i64Locals);
  }

  protected construct(opcode: string, type: number, label: Label, contents: () => void): void {
    this.op(opcode);
    this.out.byte(type);
    this.labels.push(label);
    contents();
    this.labels.pop();
    this.op('end');
  }

  protected value(depth: number): void {
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

  protected binary(depth: number, type: 'i32' | 'i64'): void {
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

  protected call(depth: number): void {
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

  protected valuedBlock(depth: number): void {
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

  protected valuedIf(depth: number): void {
    this.value(depth - 1);
    this.construct('if', I32, 'valued', () => {
      if (this.choose(3) === 0) this.branchOut();
      this.value(depth - 1);
      this.op('else');
      this.value(depth - 1);
    });
  }

  protected value64(depth: number): void {
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
