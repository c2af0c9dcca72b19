import { describe, expect, it } from 'vitest';
import { decodeSequence, type Q1Error } from './index.ts';
import { assembled } from './testing.ts';

const decoded = (...lines: string[]) =>
  decodeSequence(assembled(...lines).binary).instructions.map(({ form, values }) => [form.name, ...values]);

function message(text: string): string {
  try {
    assembled(text);
    return '';
  } catch (problem) {
    return (problem as Q1Error).message;
  }
}

describe('a line', () => {
  it('takes operands separated by commas, blanks around them, commas at the end, and comments everywhere', () => {
    const expected = [['ADD_I', 1, 2, 3]];
    for (const text of [
      'add R1,2,R3',
      '  add\tR1, 2 ,R3 # why',
      'add R1,2,R3,,',
      'a :add R1,2,R3#',
      '\uFEFFadd R1,2,R3',
    ])
      expect(decoded(text)).toEqual(expected);
    expect(decoded('# add R1,2,R3', 'nop')).toEqual([['NOP']]);
    expect(decoded('// add R1,2,R3', '  //', 'a: // why', 'jmp @a')).toEqual([['JMP_I', 0]]);
  });

  it('replaces aliases', () => {
    expect(decoded('.DEF GATE 100', '.DEF _r R7 # a register', 'wait $GATE', 'move $GATE,$_r')).toEqual([
      ['WAIT_I', 100],
      ['MOVE_I', 100, 7],
    ]);
  });

  it.each([
    ['.DEF A 4\n.DEF B $A', 'an alias cannot stand for another alias'],
    ['wait $A\n.DEF A 4', 'alias $A is defined further down, in line 2: define it above its first use'],
    ['.DEF A,4', '.DEF takes a name and a value'],
    ['move ,R1', 'nothing before this comma'],
    ['move 1,,R1', 'nothing after this comma'],
    ['move 1 R1', 'test:1:8: error: a comma is missing before this operand'],
    ['set_mrk 010', '010 begins with 0, so the instrument reads it as octal, 8: write 8 or 10'],
    ['set_awg_gain -007,0', '-007 begins with 0, so the instrument reads it as octal, -7: write -7'],
    ['wait 0080', '0080 begins with 0, as an octal number does: write 80'],
    ['move 1,R010', 'R010 begins with 0, so the instrument reads it as octal, R8: write R8 or R10'],
    ['wait +100', '+100 has a plus sign: write 100'],
    ['1a: nop', 'label 1a begins with a digit: expected a letter or _ first'],
    ['wait\u00a0100', 'the character U+00A0 looks like a blank and is none: write a blank'],
    ['wait 4 // why', 'a comment begins with #, not with //'],
    ['; why', 'a comment begins with #, not with ;'],
    ['/* why */ wait 4', 'a comment begins with #, not with /*'],
  ])('%j is refused: %s', (text, expected) => {
    expect(message(text)).toContain(expected);
  });
});
