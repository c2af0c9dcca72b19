// What an instruction table must be before anything is made of it. Each refusal says which row, what is wrong and what to do.

import {
  type Form,
  type Instruction,
  isInSet,
  opcodeCount,
  REAL_TIME_OPCODE,
  SECOND_SET_OPCODE,
  unusedOpcodes,
} from '../q1/instructions.ts';

/** An opcode is a byte. */
const OPCODES = 256;

export function checkInstructions(instructions: readonly Instruction[], unused = unusedOpcodes): void {
  const forms = instructions.flatMap((instruction) => instruction.forms.map((form) => ({ form, instruction })));
  for (const set of [1, 2] as const) {
    const calls = instructions
      .filter((instruction) => isInSet(instruction, set))
      .flatMap(({ mnemonic, forms }) => forms.map(({ operands }) => callOf(mnemonic, operands)));
    refuseTwice(calls, `in set ${set} two forms are written`);
  }
  refuseTwice(
    forms.map(({ form }) => form.name),
    'two forms have the name',
  );
  const owners = new Map<number, string>();
  for (const { form, instruction } of forms) {
    checkForm(form, instruction);
    const owner = owners.get(form.opcode);
    if (owner !== undefined)
      throw new Error(
        `${form.name} has opcode ${form.opcode}, which is ${owner}'s. Take one that unusedOpcodes lists, or ${opcodeCount(instructions)}`,
      );
    owners.set(form.opcode, form.name);
  }
  if (owners.get(0) !== 'ILLEGAL') throw new Error('opcode 0 is not ILLEGAL: empty memory could run');
  const isUnused = (opcode: number) => unused.some(([first, last]) => opcode >= first && opcode <= last);
  for (let opcode = 0; opcode < opcodeCount(instructions); opcode++) {
    const owner = owners.get(opcode);
    if (owner !== undefined && isUnused(opcode))
      throw new Error(`${owner} has opcode ${opcode}, which unusedOpcodes lists as unused: shorten its row there`);
    if (owner === undefined && !isUnused(opcode))
      throw new Error(
        `no instruction has opcode ${opcode}, and unusedOpcodes does not say why: take it, or list it there`,
      );
  }
}

function checkForm({ name, opcode, operands, steps }: Form, instruction: Instruction): void {
  const refuse = (what: string): never => {
    throw new Error(`${name}: ${what}`);
  };
  if (!Number.isInteger(opcode) || opcode < 0 || opcode >= OPCODES)
    refuse(`its opcode is ${opcode}; an opcode is a byte`);
  if (!Number.isInteger(steps) || steps < 1) refuse(`it takes ${steps} steps; an instruction takes at least one`);
  if ((opcode >= REAL_TIME_OPCODE && opcode < SECOND_SET_OPCODE) !== (instruction.class === 'realTime'))
    refuse(
      `its opcode is ${opcode}; real-time instructions, and only those, have one from ${REAL_TIME_OPCODE} to ${SECOND_SET_OPCODE - 1}`,
    );
  if (opcode >= SECOND_SET_OPCODE && instruction.set !== 2)
    refuse(`its opcode is ${opcode}; from ${SECOND_SET_OPCODE} on they are for the second set alone`);
  if (instruction.class === 'realTime' && operands.filter(({ kind }) => kind === 'duration').length !== 1)
    refuse('a real-time instruction has one duration, which says when the next one is due');
  const fields = operands.map(({ field }) => field);
  if (new Set(fields).size !== fields.length) refuse('two of its operands are in one field of the word');
}

/** How a form is written: `add R,I,R`. */
function callOf(mnemonic: string, operands: Form['operands']): string {
  return `${mnemonic} ${operands.map(({ mode }) => (mode === 'immediate' ? 'I' : 'R')).join()}`.trim();
}

function refuseTwice(names: readonly string[], what: string): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${what} ${twice}: change one of them`);
}
