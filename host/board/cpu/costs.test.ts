import { describe, expect, it } from 'vitest';
import { costs } from './costs.ts';
import { Core, costTable, prepareImage } from './cpu.ts';
import { keyOf, opcodes } from './opcodes.ts';
import { image, recordingBus } from './testing/modules.ts';

const cyclesOf = (reset: string, fields = '') =>
  new Core(prepareImage(image(fields, { reset })), recordingBus()).run('reset', 0, 1_000_000).cyclesUsed;

describe('the cost table', () => {
  it('has each allowed opcode once, and no other', () => {
    const listed = costTable.flatMap(([, mnemonics]) => mnemonics.split(' '));
    expect(new Set(listed).size).toBe(listed.length);
    const allowed = opcodes.flatMap((opcode) => (opcode && !opcode.refusal ? [opcode.mnemonic] : []));
    expect([...listed].sort()).toEqual([...allowed].sort());
  });

  it('gives a reason for every row', () => {
    for (const [cycles, mnemonics, reason] of costTable) {
      expect(Number.isInteger(cycles) && cycles >= 0, mnemonics).toBe(true);
      expect(reason.length, mnemonics).toBeGreaterThan(10);
    }
  });

  it('charges every way back to a loop’s head, so that no loop is free', () => {
    for (const branch of ['br', 'br_if', 'br_table']) expect(costs[keyOf(branch)], branch).toBeGreaterThan(0);
  });

  it('makes 64 bits dearer than 32', () => {
    for (const name of ['add', 'mul', 'div_u', 'shl', 'eq', 'load', 'store', 'popcnt']) {
      expect(costs[keyOf(`i64.${name}`)], name).toBeGreaterThan(costs[keyOf(`i32.${name}`)]);
    }
  });
});

describe('a run costs what its path costs', () => {
  it.each([
    ['nothing', '', 0],
    ['constants and registers', '(local i32) (local.set 0 (i32.const 5))', 0],
    ['an addition of two loads', '(drop (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 4))))', 5],
    ['a bus access', '(call $write32 (i32.const 0) (i32.const 0))', 6],
    ['an arm taken', '(if (i32.const 1) (then (nop)) (else (nop) (nop) (nop)))', 3],
    ['an arm not taken', '(if (i32.const 0) (then (nop)) (else (nop) (nop) (nop)))', 5],
    ['a call', '(call $f)', 4 + 20],
    ['a way out', '(block $out (br_if $out (i32.const 1)) (drop (i64.div_u (i64.const 1) (i64.const 1))))', 2],
  ])('%s', (_, reset, cycles) => {
    expect(cyclesOf(reset, '(func $f (drop (i32.div_u (i32.const 1) (i32.const 1))))')).toBe(cycles);
  });
});
