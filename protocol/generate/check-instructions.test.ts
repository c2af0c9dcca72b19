import { describe, expect, test } from 'vitest';
import { type Form, type Instruction, instructions, opcodeCount, unusedOpcodes } from '../q1/instructions.ts';
import { checkInstructions } from './check-instructions.ts';

/** The next opcode, and one that is listed as unused: whoever adds an instruction has nothing to change here. */
const next = opcodeCount(instructions);
const [[free, lastFree]] = unusedOpcodes;

const form: Form = {
  opcode: next,
  name: 'SPARE_I',
  operands: [{ kind: 'duration', mode: 'immediate', field: 'duration' }],
  steps: 1,
};
const spare: Instruction = {
  ...{ mnemonic: 'spare', class: 'realTime', commits: false, forms: [form] },
  ...{ doc: 'Is one more', costSource: 'simulator' },
};
const checked = (changed: Partial<Form>, row: Partial<Instruction> = {}, unused = unusedOpcodes) =>
  checkInstructions([...instructions, { ...spare, ...row, forms: [{ ...form, ...changed }] }], unused);

describe('the instruction table', () => {
  test('may have a row more, with the next opcode or one that was unused', () => {
    expect(() => checked({})).not.toThrow();
    const arithmetic = { class: 'arithmetic', mnemonic: 'spare' } as const;
    const rest = free < lastFree ? [[free + 1, lastFree, 'room'] as const] : [];
    const unused = [...rest, ...unusedOpcodes.slice(1)];
    expect(() => checked({ opcode: free, operands: [] }, arithmetic, unused)).not.toThrow();
  });

  const refused: [what: string, form: Partial<Form>, row: Partial<Instruction>, message: RegExp][] = [
    [
      'an opcode that another form has',
      { opcode: 81 },
      {},
      new RegExp(`SPARE_I has opcode 81, which is WAIT_SYNC_I's.*free opcode is ${next}`),
    ],
    ['an opcode left out without a word', { opcode: next + 2 }, {}, new RegExp(`no instruction has opcode ${next}`)],
    [
      'an opcode that is listed as unused',
      { opcode: free },
      { class: 'arithmetic' },
      new RegExp(`${free}, which unusedOpcodes lists`),
    ],
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
