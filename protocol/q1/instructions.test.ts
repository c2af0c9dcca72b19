import { describe, expect, test } from 'vitest';
import { instructions, isInSet, opcodeCount, REAL_TIME_OPCODE, SECOND_SET_OPCODE } from './instructions.ts';
import { newerMnemonics } from './newer.ts';
import { profiles } from './profiles.ts';

const forms = instructions.flatMap((instruction) => instruction.forms.map((form) => ({ ...form, instruction })));

describe('the instruction table', () => {
  test('gives every form an opcode of its own, and zero is illegal', () => {
    const opcodes = forms.map(({ opcode }) => opcode);
    expect(new Set(opcodes).size).toBe(opcodes.length);
    expect(Math.max(...opcodes)).toBe(opcodeCount(instructions) - 1);
    expect(forms.find(({ opcode }) => opcode === 0)?.name).toBe('ILLEGAL');
  });

  test('has real-time instructions, and only those, from one opcode on up to those of the second set', () => {
    for (const { name, opcode, instruction } of forms) {
      const isRealTime = opcode >= REAL_TIME_OPCODE && opcode < SECOND_SET_OPCODE;
      expect(isRealTime, name).toBe(instruction.class === 'realTime');
      if (opcode >= SECOND_SET_OPCODE) expect(instruction.set, name).toBe(2);
    }
  });

  test('never puts two operands of a form in one field, and jump targets always in b', () => {
    for (const { name, operands } of forms) {
      expect(new Set(operands.map(({ field }) => field)).size, name).toBe(operands.length);
      for (const { kind, field } of operands) if (kind === 'address') expect(field, name).toBe('b');
    }
  });

  test.each([1, 2] as const)('tells the forms of a mnemonic in set %i apart by their operands', (set) => {
    const calls = forms
      .filter(({ instruction }) => isInSet(instruction, set))
      .map(({ instruction, operands }) =>
        [instruction.mnemonic, ...operands.map(({ mode }) => mode === 'immediate')].join(),
      );
    expect(new Set(calls).size).toBe(calls.length);
    expect(calls.length).toBeGreaterThan(50);
  });

  test('charges one step for the instruction with its first register and one for every further', () => {
    for (const { name, operands, steps, instruction } of forms) {
      if (instruction.class === 'jump' || instruction.class === 'arithmetic') continue;
      const registers = operands.filter(({ mode }) => mode === 'source').length;
      expect(steps, name).toBe(Math.max(1, registers));
    }
  });

  test('has no mnemonic that is listed as not supported', () => {
    for (const { mnemonic } of instructions) expect(newerMnemonics.has(mnemonic), mnemonic).toBe(false);
  });

  test('numbers the profiles from zero without gaps', () => {
    const numbers = Object.values(profiles).map(({ number }) => number);
    expect(numbers.sort()).toEqual(numbers.map((_, index) => index));
  });
});
