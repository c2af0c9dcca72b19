import { describe, expect, it, test } from 'vitest';
import { instructions } from '../../../../protocol/q1/instructions.ts';
import { profiles } from '../../../../protocol/q1/profiles.ts';
import { assembleSequence, findingsOfWalk } from '../index.ts';
import { assembled, corpusPrograms, hasCorpus } from '../testing.ts';
import { operationOf } from './alu.ts';
import { walk } from './walk.ts';

const walked = (...lines: string[]) =>
  findingsOfWalk(assembled(...lines)).map(({ line, column, rule }) => `${line}:${column} ${rule}`);
const messages = (...lines: string[]) => findingsOfWalk(assembled(...lines)).map(({ message }) => message);
/** One value, used by one instruction. */
const used = (value: number | string, instruction: string) =>
  messages(`move ${value},R1`, 'move 0,R2', 'nop', instruction, 'upd_param 20', 'stop');

describe('a register that holds what its instruction cannot take', () => {
  it.each([
    [
      40_000,
      'set_awg_gain R1,R2',
      'R1 is 40000 here, which is not a gain: expected -32768 to 32767; its low 16 bits are taken, -25536',
    ],
    [70_000, 'set_awg_offs R2,R1', 'its low 16 bits are taken, 4464'],
    [
      2_100_000_000,
      'set_freq R1',
      'which is not a frequency: expected -2000000000 to 2000000000; it is used as it is, 525.000 MHz',
    ],
    [16, 'set_mrk R1', 'R1 is 16 here, which is not a marker mask: expected 0 to 15; its low bits are taken, 0'],
    [4_044_967_296, 'set_ph R1', 'R1 is -250000000 (without a sign 4044967296) here, which is not a phase'],
    [4_044_967_296, 'set_ph R1', '44967296 is played, 0.0450 of a turn, and not 0.7500'],
    [1_250_000_000, 'set_ph_delta R1', '250000000 is played, 0.2500 of a turn'],
    [1024, 'play R1,R2,20', 'R1 is 1024 here, which is not a waveform index: expected 0 to 1023'],
    [32_768, 'set_cond R2,R1,R2,4', 'which is not a mask of trigger addresses'],
    [6, 'set_cond R2,R2,R1,4', 'which is not an operator'],
    [3, 'wait R1', 'R1 is 3 here, which is not a duration in ns'],
    [2, 'set_latch_en R1,4', 'which is not 0 or 1'],
  ])('of %i in %s says %s', (value, instruction, message) => {
    expect(used(value, instruction).join('\n')).toContain(message);
  });

  it.each([
    [32_767, 'set_awg_gain R1,R2'],
    [2 ** 32 - 32_768, 'set_awg_offs R1,R2'],
    [2 ** 32 - 2_000_000_000, 'set_freq R1'],
    [15, 'set_mrk R1'],
    [1_000_000_000, 'set_ph R1'],
  ])('is not found for %i in %s', (value, instruction) => {
    expect(used(value, instruction)).toEqual([]);
  });

  it('is told from the low half of a negative number, which a shift leaves', () => {
    // -16 in the upper half, as compilers keep their fractions.
    const shifted = ['move 0xfff00000,R0', 'nop', 'asr R0,16,R1', 'nop', 'set_awg_offs R1,R1', 'upd_param 4', 'stop'];
    expect(walked(...shifted)).toEqual([]);
    const moved = ['move 65520,R1', 'nop', 'set_awg_offs R1,R1', 'upd_param 4', 'stop'];
    expect(walked(...moved)).toEqual(['3:14 VALUE', '3:17 VALUE']);
  });
});

describe('a loop', () => {
  test('is walked through: the first pass that goes too far is named, and how many do', () => {
    const sweep = [
      'move 0,R0',
      'move 45,R2',
      'a: set_awg_gain R0,R9',
      'upd_param 20',
      'add R0,1000,R0',
      'loop R2,@a',
      'stop',
    ];
    expect(messages(...sweep)).toEqual([
      'R0 is 33000 here, in pass 34 over this line, the first of 12 times, which is not a gain: expected -32768 to 32767; its low 16 bits are taken, -32536',
    ]);
  });

  test('that lowers a phase below zero is warned about with what is played', () => {
    const sweep = [
      'move 3,R2',
      'move 50000000,R0',
      'nop',
      'a: set_ph R0',
      'sub R0,50000000,R0',
      'upd_param 20',
      'loop R2,@a',
      'stop',
    ];
    expect(messages(...sweep)).toEqual([
      'R0 is -50000000 (without a sign 4244967296) here, in pass 3 over this line, which is not a phase: expected 0 to 1000000000; 244967296 is played, 0.2450 of a turn, and not 0.9500: add 1000000000 before it goes below zero',
    ]);
    expect(messages(...sweep.map((line) => line.replace('move 3', 'move 2')))).toEqual([]);
  });

  test('that starts at zero repeats 2^32 times', () => {
    expect(walked('a: upd_param 20', 'loop R3,@a', 'stop')).toEqual(['2:6 LOOP_ZERO']);
    expect(walked('move 1,R3', 'nop', 'a: upd_param 20', 'loop R3,@a', 'stop')).toEqual([]);
  });

  test('without end is walked for a while', () => {
    const [message] = messages('a: move 16,R1', 'nop', 'set_mrk R1', 'upd_param 20', 'jmp @a');
    expect(message).toContain('the first of at least 200000 times');
  });
});

test('jumps go where they do on the core: through registers, compared without a sign, and off the end', () => {
  expect(walked('move @a,R0', 'nop', 'jmp R0', 'b: wait R9', 'stop', 'a: jlt R9,4294967295,@b', 'stop')).toEqual([
    ...['4:4 PREAMBLE', '4:9 DURATION'],
  ]);
  const { program } = assembled('jge R0,1,@a', 'jmp 99', 'a: wait R9', 'stop');
  expect(walk(program, profiles['cryo-hrl'])).toEqual([]);
});

test('what the lint finds as well is said once', () => {
  expect(walked('move 2,R0', 'nop', 'wait R0', 'stop')).toEqual(['3:6 DURATION']);
});

test.runIf(hasCorpus)('finds nothing in the programs of the shared corpus', () => {
  for (const { name, text } of corpusPrograms()) expect(findingsOfWalk(assembleSequence(text, name)), name).toEqual([]);
});

describe('a preamble before the first real-time instruction', () => {
  const nops = (count: number) => Array(count).fill('nop');

  it('that is longer than the head start of the queue is warned about, wait_sync or not', () => {
    expect(walked(...nops(9), 'wait_sync 100', 'upd_param 4', 'stop')).toEqual([]);
    expect(walked(...nops(10), 'wait_sync 100', 'upd_param 4', 'stop')).toEqual(['11:1 PREAMBLE']);
    expect(walked(...nops(10), 'upd_param 100', 'stop')).toEqual(['11:1 PREAMBLE']);
    expect(walked('wait_sync 100', ...nops(40), 'upd_param 4', 'stop')).toEqual([]);
    expect(messages(...nops(10), 'wait_sync 100', 'stop')[0]).toContain('needs 44 ns up to this first real-time');
  });

  it('counts the time of its loops, in both sets', () => {
    expect(walked('move 2,R0', 'a: nop', 'loop R0,@a', 'wait_sync 100', 'stop')).toEqual(['4:1 PREAMBLE']);
    expect(walked('cmp R0,1', 'jb @a', 'a: wait_sync 100', 'stop')).toEqual([]);
    expect(walked('cmp R0,1', 'jb @a', 'nop', 'a: nop', 'nop', 'nop', 'wait_sync 100', 'stop')).toEqual([
      '7:1 PREAMBLE',
    ]);
  });
});

describe('the second set', () => {
  it('is walked by its flags, and its results are known', () => {
    const sweep = (condition: string) =>
      walked(
        'wait_sync 100',
        'move 3,R0',
        'a: nop',
        'set_mrk R0',
        'upd_param 4',
        'add R0,13,R0',
        'nop',
        'cmp R0,40',
        `${condition} @a`,
        'stop',
      );
    expect(sweep('jl')).toEqual(['4:9 VALUE']);
    expect(sweep('jg')).toEqual([]);
  });

  it('knows both halves of a product', () => {
    expect(used2('mulu32 R1,R2,R3,R4', 'set_mrk R4')).toContain('R4 is 65536 here');
    expect(used2('mulu32 R1,R2,R3,R4', 'set_mrk R3')).toContain('R3 is 131089 here');
  });

  const used2 = (multiply: string, use: string) =>
    messages(
      'wait_sync 100',
      'move 2147483649,R1',
      'move 131072,R2',
      'nop',
      multiply,
      'add R3,17,R3',
      'nop',
      use,
      'upd_param 4',
      'stop',
    ).join('\n');
});

test('the lint knows what every arithmetic instruction calculates', () => {
  const unknown = instructions.filter((row) => row.class === 'arithmetic' && operationOf(row) === undefined);
  const names = unknown.map(({ mnemonic }) => mnemonic).join(', ');
  expect(unknown, `add a line to first or second in host/tools/q1/lint/alu.ts: ${names}`).toEqual([]);
});
