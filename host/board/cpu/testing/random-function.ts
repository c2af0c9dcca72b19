// Random statements, and whole functions of them.

import { EMPTY, fuel, I32, I64, i32Locals, i64Locals, imports, reset, ValueWriter } from './random-values.ts';

export class FunctionWriter extends ValueWriter {
  /** Statements left to write. */
  private budget = 40;

  write(): void {
    this.out.bytesOf(2, i32Locals, I32, i64Locals, I64);
    this.statements(3);
    if (this.index < reset) this.value(2);
    this.op('end');
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
  protected branchOut(): void {
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
}
