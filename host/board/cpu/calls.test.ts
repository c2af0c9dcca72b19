// What an image tells of its calls, against the reference interpreter, over random programs.

import { describe, expect, it } from 'vitest';
import { chooser } from '../random.ts';
import { seeds } from '../testing/cases.ts';
import { type CallListener, Core, checkImage, prepareImage } from './cpu.ts';
import { prepareUncached } from './image.ts';
import { keyOf } from './opcodes.ts';
import { Trap } from './testing/arithmetic.ts';
import { Interpreter, TooLong } from './testing/interpreter.ts';
import { image, recordingBus } from './testing/modules.ts';
import { randomImage } from './testing/random-program.ts';

const budget = 100_000_000;

/** Adds up the cycles of each function by itself. */
class Tally implements CallListener {
  readonly called: number[] = [];
  readonly own = new Map<number, number>();
  private readonly stack: number[] = [];
  private last = budget;

  enter(functionIndex: number, _argument: number, cyclesLeft: number): void {
    this.pass(cyclesLeft);
    this.called.push(functionIndex);
    this.stack.push(functionIndex);
  }

  leave(cyclesLeft: number): void {
    this.pass(cyclesLeft);
    this.stack.pop();
  }

  pass(cyclesLeft: number): void {
    const top = this.stack[this.stack.length - 1];
    if (top !== undefined) this.own.set(top, (this.own.get(top) ?? 0) + this.last - cyclesLeft);
    this.last = cyclesLeft;
  }
}

function refer(bytes: Uint8Array) {
  const bus = recordingBus();
  const interpreter = new Interpreter(checkImage(bytes), {
    read32: (address, cycles) => bus.read32(address, budget - cycles),
    write32: (address, value, cycles) => bus.write32(address, value, budget - cycles),
  });
  try {
    interpreter.run('reset', 0);
    return { interpreter, accesses: bus.accesses };
  } catch (error) {
    if (error instanceof TooLong || error instanceof Trap) return undefined;
    throw error;
  }
}

describe('an image that traces calls', () => {
  it('tells each call in order, and the cycles of each function by itself, and does what it does without', () => {
    let calls = 0;
    for (const seed of seeds(60)) {
      const bytes = randomImage(chooser(seed));
      const reference = refer(bytes);
      if (!reference) continue;
      const { interpreter, accesses } = reference;
      const [tally, bus] = [new Tally(), recordingBus()];
      const core = new Core(prepareUncached(bytes, '', { traceCalls: true, countBlocks: seed % 2 === 0 }), bus, tally);
      expect(core.run('reset', 0, budget)).toEqual({ outcome: 'returned', cyclesUsed: interpreter.cycles });
      tally.pass(core.cyclesLeft);
      expect({ seed, accesses: bus.accesses }).toEqual({ seed, accesses });
      expect(Buffer.compare(core.memory, interpreter.memory), `memory, seed ${seed}`).toBe(0);
      expect({ seed, called: tally.called }).toEqual({ seed, called: interpreter.called });
      expect({ seed, own: [...tally.own].sort() }).toEqual({ seed, own: [...interpreter.ownCycles].sort() });
      calls += tally.called.length;
    }
    expect(calls).toBeGreaterThan(100);
  });

  it('gives the first argument of a function when that is a word', () => {
    const fields = '(func $f (param i32)) (func $wide (param i64)) (func $none)';
    const reset = '(call $f (i32.const -7)) (call $wide (i64.const 5)) (call $none)';
    const told: [name: string, argument: number][] = [];
    const prepared = prepareImage(image(fields, { reset }), { traceCalls: true });
    const listener = {
      enter: (index: number, argument: number) => told.push([prepared.functionNames[index], argument]),
      leave() {},
    };
    new Core(prepared, recordingBus(), listener).run('reset', 0, 100);
    expect(told).toEqual([
      ['reset', 0],
      ['f', -7],
      ['wide', 0],
      ['none', 0],
    ]);
  });

  it('tells each time that an instruction is executed which it was prepared to tell of, and does what it does without', () => {
    let told = 0;
    const structure = ['block', 'loop', 'else', 'end'].map(keyOf);
    for (const seed of seeds(30)) {
      const bytes = randomImage(chooser(seed));
      const reference = refer(bytes);
      if (!reference) continue;
      const { interpreter, accesses } = reference;
      const { opcode, offset } = checkImage(bytes).code;
      const some = [...opcode.keys()].filter((at) => at % 3 === seed % 3 && !structure.includes(opcode[at]));
      const counts = new Map(some.map((at) => [offset[at], 0]));
      const bus = recordingBus();
      const step = (place: number) => counts.set(place, (counts.get(place) as number) + 1);
      const listener = { enter() {}, leave() {}, step };
      const core = new Core(prepareUncached(bytes, '', { steps: [...counts.keys()] }), bus, listener);
      expect(core.run('reset', 0, budget)).toEqual({ outcome: 'returned', cyclesUsed: interpreter.cycles });
      expect({ seed, accesses: bus.accesses }).toEqual({ seed, accesses });
      expect({ seed, counts: [...counts.values()] }).toEqual({
        seed,
        counts: some.map((at) => interpreter.executed[at]),
      });
      told += counts.size;
    }
    expect(told).toBeGreaterThan(100);
  });

  it('runs without a listener too, and names the function of a fault as without traces', () => {
    const bytes = image('(func $deep (unreachable))', { reset: '(call $deep)' });
    const faultOf = (traceCalls: boolean) => {
      const result = new Core(prepareImage(bytes, { traceCalls }), recordingBus()).run('reset', 0, 100);
      return result.outcome === 'fault' ? result.fault : undefined;
    };
    expect(faultOf(true)).toEqual(faultOf(false));
    expect(faultOf(true)?.functionName).toBe('deep');
  });
});
