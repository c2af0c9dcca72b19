// The bound that the code alone gives: never below a run, exact where there is one path, and a place where there is none.

import { describe, expect, it } from 'vitest';
import { chooser } from '../random.ts';
import { seeds } from '../testing/cases.ts';
import { checkImage } from './check.ts';
import { costs } from './costs.ts';
import { Op } from './opcodes.ts';
import { Trap } from './testing/arithmetic.ts';
import { Interpreter, TooLong } from './testing/interpreter.ts';
import { image } from './testing/modules.ts';
import { randomImage } from './testing/random-program.ts';
import { worstCases } from './worst-case.ts';

function worstOfReset(bytes: Uint8Array) {
  const checked = checkImage(bytes);
  return worstCases(checked)[checked.declarations.exports.get('reset')?.index as number];
}

/** The cycles of a run of reset in the reference; undefined where it traps or is too long. */
function cyclesOf(bytes: Uint8Array, read: number): number | undefined {
  const interpreter = new Interpreter(checkImage(bytes), { read32: () => read, write32: () => {} });
  try {
    interpreter.run('reset', 0);
  } catch (error) {
    if (error instanceof Trap || error instanceof TooLong) return undefined;
    throw error;
  }
  return interpreter.cycles;
}

describe('the worst case of a function', () => {
  it('is never below what a run of it takes', () => {
    let compared = 0;
    for (const seed of seeds(300)) {
      const bytes = randomImage(chooser(seed));
      const worst = worstOfReset(bytes);
      const cycles = cyclesOf(bytes, seed);
      if ('unbounded' in worst || cycles === undefined) continue;
      expect(worst.cycles, `seed ${seed}`).toBeGreaterThanOrEqual(cycles);
      compared++;
    }
    expect(compared).toBeGreaterThan(10);
  });

  it('is the dearer arm of a branch (24 cycles more here), calls included, and no path that traps', () => {
    const bytes = image('(func $far (drop (i32.div_u (call $read32 (i32.const 0)) (i32.const 7))))', {
      reset: `(if (call $read32 (i32.const 0))
          (then (call $far))
          (else (call $write32 (i32.const 0) (i32.const 0))))
        (if (call $read32 (i32.const 0)) (then (call $far) (call $far) (unreachable)))`,
    });
    expect(worstOfReset(bytes)).toEqual({ cycles: (cyclesOf(bytes, 0) as number) + 24 });
  });

  it.each([
    ['loop', '(loop (br_if 0 (call $read32 (i32.const 0))))'],
    ['block copy', '(memory.fill (i32.const 0) (i32.const 0) (call $read32 (i32.const 0)))'],
  ])('is not known where there is a %s, and the place is told', (what, reset) => {
    const worst = worstOfReset(image('', { reset }));
    expect(worst).toMatchObject({ unbounded: what, offset: expect.any(Number) });
  });

  it('is known where calls are as deep as the core takes them', () => {
    const deepest = 1900;
    const functions = Array.from({ length: deepest }, (_, i) => `(func $f${i + 1} (call $f${i}))`);
    const bytes = image(`(func $f0) ${functions.join(' ')}`, { reset: `(call $f${deepest})` });
    expect(worstOfReset(bytes)).toEqual({ cycles: (deepest + 1) * costs[Op.CALL] });
  });

  it('is the dearest function that an indirect call may reach, and only of its type', () => {
    const bytes = image(
      `(type $task (func)) (table 3 3 funcref) (elem (i32.const 0) $cheap $dear $other)
       (func $cheap) (func $dear (call $cheap) (call $cheap)) (func $other (param i32) (call $dear) (call $dear))`,
      { reset: '(call_indirect (type $task) (i32.const 1))' },
    );
    expect(worstOfReset(bytes)).toEqual({ cycles: cyclesOf(bytes, 0) });
  });

  it('counts a block copy of a length that is written there', () => {
    const bytes = image('', { reset: '(memory.fill (i32.const 0) (i32.const 0) (i32.const 100))' });
    expect(worstOfReset(bytes)).toEqual({ cycles: cyclesOf(bytes, 0) });
  });
});
