// The second instruction set on the classic core: results, flags and jumps, beside a model of its own for random words.

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { SequencerModule } from '../../../host/board/sequencer/sequencer-module.ts';
import { cases } from '../../../host/board/testing/cases.ts';
import { compare, jumpsBy, operationOf } from '../../../host/tools/q1/lint/alu.ts';
import { sequencerModule } from '../../../host/tools/sequencer.ts';
import { instructions } from '../../../protocol/q1/instructions.ts';
import { runOn } from '../../rig/pulse/run.ts';
import { program } from './programs.ts';

let module: SequencerModule;

beforeAll(async () => {
  module = new SequencerModule(await sequencerModule());
});

const second = '.DEF INSTRUCTION_SET 2';

/** Registers and flags after a program that ends in stop. */
function ran(...lines: string[]): { registers: (number: number) => number; flags: number; exitCode: number } {
  runOn(module, [program('second', [second, ...lines].join('\n'))]);
  return {
    registers: (number) => module.figure(0, 'REGISTER', number),
    flags: module.figure(0, 'ALU_FLAGS'),
    exitCode: module.figure(0, 'EXIT_CODE') | 0,
  };
}

/** Words among which carries, overflows and signs are as frequent as anything else. */
const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 31, 32, 33, 63, 64, 0x7fff, 0x8000, 0xffff, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
);
const letters = (flags: number): string => ['Z', 'N', 'C', 'O'].filter((_, bit) => (flags & (1 << bit)) !== 0).join('');

describe('a calculation of the second set', () => {
  const rows = instructions.filter(({ set, class: group }) => set === 2 && group === 'arithmetic');

  test.each(rows.map((row) => [row.mnemonic, row] as const))(
    '%s gives what the model says, in all its forms',
    (name, row) => {
      const operation = operationOf(row);
      if (operation === undefined) throw new Error(`the model does not know ${name}`);
      fc.assert(
        fc.property(word, word, (a, b) => {
          const expected = operation.result(a, b);
          for (const { operands } of row.forms) {
            const inputs = operands.filter(({ mode }) => mode !== 'destination');
            const fits = inputs.every(({ mode, kind }, at) => mode === 'source' || isGiven(kind, [a, b][at]));
            if (!fits) continue;
            const given = inputs.map(({ mode, kind }, at) =>
              mode === 'source' ? `R${at + 1}` : given_(kind, [a, b][at]),
            );
            const outputs = operands.filter(({ mode }) => mode === 'destination').map((_, at) => `R${at + 3}`);
            const { registers, flags } = ran(
              ...[`move ${a},R1`, `move ${b},R2`, 'nop', `${name} ${[...given, ...outputs].join(',')}`, 'stop'],
            );
            const got = outputs.map((_, at) => registers(at + 3));
            expect(got, `${name} ${a},${b}`).toEqual([expected, operation.high?.(a, b)].slice(0, outputs.length));
            expect(letters(flags), `flags of ${name} ${a},${b}`).toBe(letters(operation.flags?.(a, b, expected) ?? 0));
          }
        }),
        cases(60),
      );
    },
  );

  /** Whether a word can be written as a number of this kind, and how. */
  function isGiven(kind: string, value: number): boolean {
    if (kind === 'half') return value <= 0xffff;
    return kind !== 'signedHalf' || Math.abs(value | 0) < 0x8000;
  }
  const given_ = (kind: string, value: number): number =>
    kind === 'signedWord' || kind === 'signedHalf' ? value | 0 : value;
});

describe('flags, by their meaning', () => {
  const flagsOf = (instruction: string, a: number, b: number) =>
    letters(ran(`move ${a},R1`, `move ${b},R2`, 'nop', instruction, 'stop').flags);

  test.each([
    ['add R1,R2,R3', 2 ** 32 - 1, 1, 'ZC'],
    ['add R1,R2,R3', 2 ** 31 - 1, 1, 'NO'],
    ['add R1,R2,R3', 2 ** 31, 2 ** 31, 'ZCO'],
    ['sub R1,R2,R3', 1, 2, 'NC'],
    ['sub R1,R2,R3', -(2 ** 31), 1, 'O'],
    ['cmp R1,R2', 5, 5, 'Z'],
    ['cmp 3,R2', 0, 5, 'NC'],
    ['and R1,R2,R3', 0xf0, 0x0f, 'Z'],
    ['test R1,R2', 2 ** 31, -1, 'N'],
    ['asl R1,1,R3', 2 ** 31, 0, 'ZCO'],
    ['lsl R1,1,R3', 2 ** 30, 0, 'NO'],
    ['asr R1,1,R3', -1, 0, 'NC'],
    ['lsr R1,1,R3', -1, 0, 'C'],
    ['lsr R1,32,R3', 2 ** 31, 0, 'ZC'],
    ['muls16 R1,R2,R3', -2, 3, 'N'],
    ['mulu32l R1,R2,R3', 2 ** 16, 2 ** 16, ''],
    ['muls32 R1,R2,R3,R4', -1, 1, 'N'],
  ])('%s of %i and %i leaves %j', (instruction, a, b, expected) => {
    expect(flagsOf(instruction, a, b)).toBe(expected);
  });

  test('stay as they are over move, nop, jumps, parameters and real-time instructions', () => {
    const text = ['move 1,R1', 'nop', 'cmp R1,2', 'move 0,R2', 'nop', 'jb @a', 'a: set_mrk 1', 'upd_param 4', 'stop'];
    expect(letters(ran(...text).flags)).toBe('NC');
  });

  test('are clear when a sequencer is armed', () => {
    ran('move 1,R1', 'nop', 'cmp R1,2', 'stop 7');
    expect(ran('stop')).toMatchObject({ flags: 0, exitCode: 0 });
  });
});

describe('a jump by flags', () => {
  test.each(Object.entries(jumpsBy))(
    '%s jumps when the numbers compare so, to a label and through a register',
    (name, jumps) => {
      fc.assert(
        fc.property(word, word, (a, b) => {
          const { registers } = ran(
            ...[`move ${a},R1`, `move ${b},R2`, 'move @through,R9', 'cmp R1,R2', `${name} @direct`, 'jmp @next'],
            ...['direct: move 1,R3', `next: ${name} R9`, 'stop', 'through: move 1,R4', 'stop'],
          );
          const taken = jumps(compare.flags(a, b, compare.result(a, b))) ? 1 : 0;
          expect([registers(3), registers(4)], `${a} ${b}`).toEqual([taken, taken]);
        }),
        cases(60),
      );
    },
  );

  test.each([
    ['jg', (a: number, b: number) => (a | 0) > (b | 0)],
    ['jge', (a: number, b: number) => (a | 0) >= (b | 0)],
    ['jl', (a: number, b: number) => (a | 0) < (b | 0)],
    ['jle', (a: number, b: number) => (a | 0) <= (b | 0)],
    ['ja', (a: number, b: number) => a > b],
    ['jae', (a: number, b: number) => a >= b],
    ['jb', (a: number, b: number) => a < b],
    ['jbe', (a: number, b: number) => a <= b],
    ['jz', (a: number, b: number) => a === b],
    ['jnz', (a: number, b: number) => a !== b],
  ] as const)('%s after cmp orders the numbers as its name says', (name, orders) => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(jumpsBy[name](compare.flags(a, b, compare.result(a, b)))).toBe(orders(a, b));
      }),
      cases(300),
    );
  });

  test('to nowhere is an illegal instruction', () => {
    for (const target of [99, 2 ** 28 + 1, 2 ** 32 - 3, 2 ** 32 - 2, 2 ** 32 - 1]) {
      const text = `${second}\nmove ${target},R0\nnop\njge R0\nstop`;
      const { flags, state } = runOn(module, [program('wild', text)]).sequencers[0];
      expect([state, flags]).toEqual(['STOPPED', ['SEQUENCE_PROCESSOR_Q1_ILLEGAL_INSTRUCTION']]);
    }
  });
});

describe('what the second set has besides', () => {
  test('stop gives an exit code, out of a number or a register', () => {
    expect([ran('stop -5').exitCode, ran('move 7,R1', 'nop', 'stop R1').exitCode]).toEqual([-5, 7]);
  });

  test('upd_param takes its duration out of a register', () => {
    const timed = (text: string) =>
      runOn(module, [program('timed', `${second}\nwait_sync 100\nmove 400,R1\nnop\n${text}\nstop`)]);
    const [number, register] = ['upd_param 400', 'upd_param R1'].map((text) => timed(text).sequencers[0].endNs);
    expect(register).toBe(number);
  });

  test('jge, jlt and loop of the first set do the same, take longer, and set the flags', () => {
    const text = [
      'move 3,R0',
      'a: add R1,1,R1',
      'nop',
      'loop R0,@a',
      'jge R1,3,@b',
      'move 1,R2',
      'b: jlt R1,4,@c',
      'move 1,R2',
      'c: stop',
    ];
    const { registers, flags } = ran(...text);
    expect([registers(0), registers(1), registers(2), letters(flags)]).toEqual([0, 3, 0, 'NC']);
  });
});
