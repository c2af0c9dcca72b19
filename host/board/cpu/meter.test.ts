// The meter's laws, against the reference interpreter, over random programs. A failure prints the seed; it is all one needs.

import { describe, expect, it } from 'vitest';
import { chooser } from '../random.ts';
import { seeds } from '../testing/cases.ts';
import { checkImage } from './check.ts';
import { Core, prepareImage } from './cpu.ts';
import { prepareUncached } from './image.ts';
import { keyOf } from './opcodes.ts';
import { Trap } from './testing/arithmetic.ts';
import { Interpreter, TooLong } from './testing/interpreter.ts';
import { type Access, recordingBus } from './testing/modules.ts';
import { randomImage } from './testing/random-program.ts';

const programs = 300;
const budget = 100_000_000;

interface Reference {
  interpreter: Interpreter;
  accesses: Access[];
  /** The engine's words if it trapped. */
  trap: string | undefined;
}

/** Runs reset in the interpreter; the accesses carry what is left of `budget` by the sum of executed costs. */
function refer(bytes: Uint8Array): Reference | undefined {
  const bus = recordingBus();
  const interpreter = new Interpreter(checkImage(bytes), {
    read32: (address, cycles) => bus.read32(address, budget - cycles),
    write32: (address, value, cycles) => bus.write32(address, value, budget - cycles),
  });
  try {
    interpreter.run('reset', 0);
    return { interpreter, accesses: bus.accesses, trap: undefined };
  } catch (error) {
    if (error instanceof TooLong) return undefined;
    if (!(error instanceof Trap)) throw error;
    return { interpreter, accesses: bus.accesses, trap: error.message };
  }
}

/** The two mutable globals of a random image: i32, i64. */
function globalsOf(core: Core): [number, bigint] {
  const words = new Uint32Array(3);
  core.saveGlobals(words);
  return [words[0] | 0, BigInt.asIntN(64, (BigInt(words[2]) << 32n) | BigInt(words[1]))];
}

const structural = ['block', 'loop', 'else', 'end'].map(keyOf);

const samples = seeds(programs).map((seed) => ({ seed, bytes: randomImage(chooser(seed)) }));
const references = samples.flatMap(({ seed, bytes }) => {
  const reference = refer(bytes);
  return reference ? [{ seed, bytes, reference }] : [];
});
const returning = references.filter(({ reference }) => reference.trap === undefined);

describe('random programs are worth running', () => {
  it('nearly all terminate, most return, some trap, and many access the bus', () => {
    expect(references.length).toBeGreaterThan(programs * 0.9);
    expect(returning.length).toBeGreaterThan(programs * 0.5);
    expect(references.length - returning.length).toBeGreaterThan(10);
    expect(references.filter(({ reference }) => reference.accesses.length > 5).length).toBeGreaterThan(programs * 0.2);
  });
});

describe('a metered image', () => {
  it('charges a run that returns exactly what it executed', () => {
    for (const { seed, bytes, reference } of returning) {
      const result = new Core(prepareUncached(bytes), recordingBus()).run('reset', 0, budget);
      expect({ seed, ...result }).toEqual({ seed, outcome: 'returned', cyclesUsed: reference.interpreter.cycles });
    }
  });

  it('tells every bus access exactly the cycles left, and makes the same accesses', () => {
    for (const { seed, bytes, reference } of references) {
      const bus = recordingBus();
      new Core(prepareUncached(bytes), bus).run('reset', 0, budget);
      expect({ seed, accesses: bus.accesses }).toEqual({ seed, accesses: reference.accesses });
    }
  });

  it('leaves the same memory and globals, and traps alike', () => {
    for (const { seed, bytes, reference } of references) {
      const core = new Core(prepareUncached(bytes), recordingBus());
      const result = core.run('reset', 0, budget);
      const detail = result.outcome === 'fault' ? result.fault.detail : undefined;
      expect({ seed, detail }).toEqual({ seed, detail: reference.trap });
      expect({ seed, globals: globalsOf(core) }).toEqual({ seed, globals: reference.interpreter.globals.slice(0, 2) });
      expect(Buffer.compare(core.memory, reference.interpreter.memory), `memory, seed ${seed}`).toBe(0);
    }
  });

  it('stops where the budget ends: accesses before it happen, accesses after it do not', () => {
    for (const { seed, bytes, reference } of returning) {
      const total = reference.interpreter.cycles;
      if (total === 0) continue;
      const image = prepareUncached(bytes);
      const small = chooser(seed)(total);
      const bus = recordingBus();
      const result = new Core(image, bus).run('reset', 0, small);
      expect({ seed, outcome: result.outcome }).toEqual({ seed, outcome: 'fault' });
      if (result.outcome === 'fault') expect(result.fault).toMatchObject({ cause: 'budget', cyclesUsed: small });
      const inTime = reference.accesses.filter(({ cyclesLeft }) => budget - cyclesLeft <= small);
      expect({ seed, count: bus.accesses.length }).toEqual({ seed, count: inTime.length });
      expect(new Core(image, recordingBus()).run('reset', 0, total)).toMatchObject({ outcome: 'returned' });
    }
  });

  it('counts blocks without a change to cycles, each as often as its instructions execute', () => {
    for (const { seed, bytes, reference } of returning) {
      const image = prepareUncached(bytes, '', { countBlocks: true });
      const core = new Core(image, recordingBus());
      expect(core.run('reset', 0, budget)).toEqual({ outcome: 'returned', cyclesUsed: reference.interpreter.cycles });
      const counts = core.readBlockCounts();
      const { code } = checkImage(bytes);
      const blockAt = new Map<number, number>();
      for (const [i, { ranges }] of (image.blocks ?? []).entries()) {
        for (let at = 0; at < ranges.length; at += 2)
          for (let o = ranges[at]; o < ranges[at + 1]; o++) blockAt.set(o, i);
      }
      for (const [i, times] of reference.interpreter.executed.entries()) {
        const block = blockAt.get(code.offset[i]);
        if (block !== undefined && times !== counts[block]) expect([seed, i, counts[block]]).toEqual([seed, i, times]);
        if (block === undefined && times > 0) expect(structural, `seed ${seed}`).toContain(code.opcode[i]);
      }
    }
  });

  it('that would never end is stopped, after exactly the accesses that fit', () => {
    let stopped = 0;
    for (const seed of seeds(40)) {
      const bytes = randomImage(chooser(seed), { endless: true });
      const accesses: number[] = [];
      const interpreter = new Interpreter(checkImage(bytes), {
        read32: (address, cycles) => (Math.imul(address, 0x9e37_79b1) ^ accesses.push(cycles)) >>> 0,
        write32: (_address, _value, cycles) => accesses.push(cycles),
      });
      expect(() => {
        interpreter.run('reset', 0);
        throw new TooLong();
      }).toThrow();
      const small = Math.floor(interpreter.cycles / 2);
      const bus = recordingBus();
      const result = new Core(prepareUncached(bytes), bus).run('reset', 0, small);
      if (result.outcome === 'fault' && result.fault.cause === 'budget') stopped++;
      const inTime = accesses.filter((cycles) => cycles <= small);
      expect({ seed, at: bus.accesses.map(({ cyclesLeft }) => small - cyclesLeft) }).toEqual({ seed, at: inTime });
    }
    expect(stopped).toBeGreaterThan(25);
  });
});

describe('the cache of prepared images', () => {
  it('goes by content and purpose', () => {
    const { bytes } = samples[0];
    expect(prepareImage(bytes)).toBe(prepareImage(bytes.slice()));
    expect(prepareImage(bytes, { countBlocks: true })).not.toBe(prepareImage(bytes));
  });

  it('forgets the image not used for longest', () => {
    const first = prepareImage(samples[0].bytes);
    for (const { bytes } of samples.slice(1, 14)) prepareImage(bytes);
    expect(prepareImage(samples[0].bytes)).toBe(first);
    for (const { bytes } of samples.slice(14, 60)) prepareImage(bytes);
    expect(prepareImage(samples[0].bytes)).not.toBe(first);
  });
});
