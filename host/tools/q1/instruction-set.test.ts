// Which instruction set a program is of: what says it, what shows it, and what is refused.

import { describe, expect, it } from 'vitest';
import { disassemble } from './disassemble.ts';
import { assembleSequence, decodeSequence } from './index.ts';
import { assembled, findingsIn } from './testing.ts';

const formsOf = (...lines: string[]): string[] =>
  decodeSequence(assembled(...lines).binary).instructions.map(({ form }) => form.name);

describe('the instruction set of a program', () => {
  it('takes a program for one of the second set when one line shows it, and then all its lines', () => {
    expect(assembled('asr R1,2,R1', 'stop').program).toMatchObject({ set: 1, setLine: undefined });
    expect(assembled('asr R1,2,R1', 'nop', 'cmp R1,R2', 'stop').program).toMatchObject({ set: 2, setLine: 3 });
    expect(assembled('.DEF INSTRUCTION_SET 2', 'asr R1,2,R1', 'stop').program).toMatchObject({ set: 2, setLine: 1 });
    expect(formsOf('asr R1,2,R1', 'stop')[0]).toBe('ASR_I');
    expect(formsOf('asr R1,2,R1', 'stop 0')[0]).toBe('FLAGGED_ASR_RI');
    expect(assembleSequence('jz @a\na: stop', 'a').profile).toBe('qblox-qcm-2');
    expect(assembleSequence('acquire_weighted 0,0,0,0,4\nstop', 'a').profile).toBe('qblox-qrm-2');
  });

  it.each([
    [
      'qblox-qrm',
      'nop\ncmp R1,R2',
      '2:1: error: cmp belongs to the second instruction set, but the profile qblox-qrm is for the first',
    ],
    ['qblox-qrm', 'jge @x\nx: stop', '1:1: error: jge with a number alone belongs to the second instruction set'],
    ['qblox-qrm', 'stop 7', 'stop with a number alone belongs to the second instruction set'],
    ['qblox-qrm', 'sub 3,R0,R1', 'sub with a number, a register, a register belongs to the second instruction set'],
    ['qblox-qrm', 'upd_param R0', 'upd_param with a register alone belongs to the second instruction set'],
    [
      'qblox-qrm',
      '.DEF INSTRUCTION_SET 2',
      '1:22: error: the program is for instruction set 2, but the profile qblox-qrm is for set 1',
    ],
    [
      'qblox-qrm-2',
      '.DEF INSTRUCTION_SET 1',
      'the program is for instruction set 1, but the profile qblox-qrm-2 is for set 2',
    ],
    [
      'cryo-hrl',
      '.DEF INSTRUCTION_SET 1\nloop R0,@a\na: lsr R1,2,R1',
      '3:4: error: lsr belongs to the second instruction set, but line 1 is for the first',
    ],
    [
      'cryo-hrl',
      '.DEF INSTRUCTION_SET 3',
      '1:22: error: INSTRUCTION_SET says which instruction set the program is for: expected 1 or 2',
    ],
  ] as const)('refuses for %s what is of another set, with the line: %j', (profile, text, message) => {
    expect(() => assembleSequence(text, 'a', profile)).toThrow(message);
  });

  it('is said by the disassembler where no instruction shows it', () => {
    expect(disassemble(assembled('.DEF INSTRUCTION_SET 2', 'asr R1,2,R1', 'stop').binary)).toMatch(
      /^.DEF INSTRUCTION_SET 2\n/,
    );
    expect(disassemble(assembled('asr R1,2,R1', 'cmp R1,R2', 'stop').binary)).not.toContain('.DEF');
    expect(disassemble(assembled('asr R1,2,R1', 'stop').binary)).not.toContain('.DEF');
  });

  it('decides what is warned about: a negative number in the first, a deprecated instruction in the second', () => {
    const program = ['move -5,R0', 'a: nop', 'jge R0,3,@b', 'b: loop R0,@a'];
    expect(findingsIn([...program, 'stop'].join('\n'))).toEqual(['1:6 NEGATIVE']);
    expect(findingsIn([...program, 'stop 0'].join('\n'))).toEqual(['3:1 DEPRECATED', '4:4 DEPRECATED']);
    expect(findingsIn('acquire_weighed 0,0,0,0,400\nstop 0')).toContain('1:1 DEPRECATED');
  });
});
