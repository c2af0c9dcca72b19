import { describe, expect, test } from 'vitest';
import { type Form, type Instruction, instructions, unusedOpcodes } from '../q1/instructions.ts';
import { checkInstructions } from './check-instructions.ts';

const form: Form = {
  opcode: 83,
  name: 'RAMP_I',
  operands: [{ kind: 'duration', mode: 'immediate', field: 'duration' }],
  steps: 1,
};
const ramp: Instruction = {
  ...{ mnemonic: 'ramp', class: 'realTime', commits: false, forms: [form] },
  ...{ doc: 'Ramps', costSource: 'simulator' },
};
const checked = (changed: Partial<Form>, row: Partial<Instruction> = {}, unused = unusedOpcodes) =>
  checkInstructions([...instructions, { ...ramp, ...row, forms: [{ ...form, ...changed }] }], unused);

describe('the instruction table', () => {
  test('may have a row more, with the next opcode or one that was unused', () => {
    expect(() => checked({})).not.toThrow();
    const arithmetic = { class: 'arithmetic', mnemonic: 'mul' } as const;
    const unused = [[30, 31, 'room'] as const, ...unusedOpcodes.slice(1)];
    expect(() => checked({ opcode: 29, operands: [] }, arithmetic, unused)).not.toThrow();
  });

  const refused: [what: string, form: Partial<Form>, row: Partial<Instruction>, message: RegExp][] = [
    [
      'an opcode that another form has',
      { opcode: 81 },
      {},
      /RAMP_I has opcode 81, which is WAIT_SYNC_I's.*free opcode is 83/,
    ],
    ['an opcode left out without a word', { opcode: 85 }, {}, /no instruction has opcode 83/],
    ['an opcode that is listed as unused', { opcode: 29 }, { class: 'arithmetic' }, /29, which unusedOpcodes lists/],
    ['a real-time opcode for one that is none', {}, { class: 'arithmetic' }, /real-time instructions, and only those/],
    ['an opcode that is no byte', { opcode: 256 }, {}, /an opcode is a byte/],
    ['a mnemonic that another row has', {}, { mnemonic: 'play' }, /two rows have the mnemonic play/],
    ['a name that another form has', { name: 'PLAY_I' }, {}, /two forms have the name PLAY_I/],
    ['no step', { steps: 0 }, {}, /takes 0 steps/],
    ['no duration', { operands: [] }, {}, /has one duration/],
    [
      'two operands in one field',
      { operands: [...form.operands, { kind: 'wave', mode: 'immediate', field: 'duration' }] },
      {},
      /in one field/,
    ],
  ];
  for (const [what, changed, row, message] of refused)
    test(`is refused with ${what}`, () => expect(() => checked(changed, row)).toThrow(message));

  test('is refused when empty memory could run', () => {
    const shifted = instructions.map((row) => (row.mnemonic === 'illegal' ? { ...row, forms: [] } : row));
    expect(() => checkInstructions(shifted)).toThrow(/opcode 0/);
  });
});
