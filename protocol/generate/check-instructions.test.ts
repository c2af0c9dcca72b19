import { describe, expect, test } from 'vitest';
import {
  type Form,
  type Instruction,
  instructions,
  opcodeCount,
  REAL_TIME_OPCODE,
  unusedOpcodes,
} from '../q1/instructions.ts';
import { checkInstructions } from './check-instructions.ts';

/** Unused opcodes of both cores, and the next of the second set: whoever adds an instruction has nothing to change here. */
const [[free]] = unusedOpcodes;
const next = unusedOpcodes.find(([first]) => first >= REAL_TIME_OPCODE)?.[0] ?? Number.NaN;
const nextOfSecondSet = opcodeCount(instructions);
/** The list without an opcode. */
const unusedWithout = (taken: number) =>
  unusedOpcodes.flatMap(([first, last, why]) =>
    first !== taken ? [[first, last, why] as const] : first < last ? [[first + 1, last, why] as const] : [],
  );

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
const checked = (
  changed: Partial<Form>,
  row: Partial<Instruction> = {},
  unused: typeof unusedOpcodes = unusedWithout(next),
) => checkInstructions([...instructions, { ...spare, ...row, forms: [{ ...form, ...changed }] }], unused);

describe('the instruction table', () => {
  test('may have a row more, with an opcode that was unused or the next of the second set', () => {
    expect(() => checked({})).not.toThrow();
    const arithmetic = { class: 'arithmetic', mnemonic: 'spare' } as const;
    expect(() => checked({ opcode: free, operands: [] }, arithmetic, unusedWithout(free))).not.toThrow();
    const second = { ...arithmetic, set: 2 } as const;
    expect(() => checked({ opcode: nextOfSecondSet, operands: [] }, second, unusedOpcodes)).not.toThrow();
  });

  const refused: [what: string, form: Partial<Form>, row: Partial<Instruction>, message: RegExp][] = [
    [
      'an opcode that another form has',
      { opcode: 81 },
      {},
      /SPARE_I has opcode 81, which is WAIT_SYNC_I's. Take one that unusedOpcodes lists/,
    ],
    ['an opcode left out without a word', { opcode: next + 1 }, {}, new RegExp(`no instruction has opcode ${next},`)],
    [
      'an opcode that is listed as unused',
      { opcode: free },
      { class: 'arithmetic' },
      new RegExp(`${free}, which unusedOpcodes lists`),
    ],
    ['a real-time opcode for one that is none', {}, { class: 'arithmetic' }, /real-time instructions, and only those/],
    [
      'an opcode of the second set for one of both',
      { opcode: nextOfSecondSet, operands: [] },
      { class: 'arithmetic' },
      /for the second set alone/,
    ],
    ['an opcode that is no byte', { opcode: 256 }, {}, /an opcode is a byte/],
    ['the operands of another form of its mnemonic', {}, { mnemonic: 'wait' }, /in set 1 two forms are written wait I/],
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
