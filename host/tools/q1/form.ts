// Finds the form of a mnemonic that fits the operands, and the error message when none fits.

import { type Form, type Instruction, instructions } from '../../../protocol/q1/instructions.ts';
import { newerForm, newerMnemonics } from '../../../protocol/q1/newer.ts';
import { type Operand, operandKinds } from '../../../protocol/q1/operands.ts';
import { closest, quoted, type WrittenOperand } from './operand.ts';

const byMnemonic = new Map(instructions.map((instruction) => [instruction.mnemonic, instruction]));
/** QAT writes it so. */
const spellings = new Map([['acquire_weighted', 'acquire_weighed']]);

export function findInstruction(mnemonic: string): Instruction | undefined {
  return byMnemonic.get(spellings.get(mnemonic) ?? mnemonic);
}

export interface Complaint {
  rule: string;
  message: string;
  /** Index of the operand that the message is about; undefined when it is about the instruction. */
  operand?: number;
}

export function unknownMnemonic(mnemonic: string): Complaint {
  const group = newerMnemonics.get(mnemonic);
  if (group !== undefined) {
    return { rule: 'UNSUPPORTED', message: `${mnemonic} belongs to ${group}, which these sequencers do not have` };
  }
  const lower = mnemonic.toLowerCase();
  if (lower !== mnemonic && byMnemonic.has(lower)) {
    return { rule: 'UNKNOWN', message: `unknown instruction ${quoted(mnemonic)}: mnemonics are lower case, ${lower}` };
  }
  const close = closest(mnemonic, byMnemonic.keys());
  const advice = close === undefined ? '' : `: did you mean ${close}?`;
  return { rule: 'UNKNOWN', message: `unknown instruction ${quoted(mnemonic)}${advice}` };
}

/** The form that fits the operands, or else the most helpful error. */
export function chooseForm(instruction: Instruction, operands: WrittenOperand[]): Form | Complaint {
  const sameCount = instruction.forms.filter((form) => form.operands.length === operands.length);
  const newer = newerForm(
    instruction.mnemonic,
    operands.map(({ kind }) => (kind === 'register' ? 'register' : 'number')),
  );
  if (newer !== undefined) {
    const message = `${instruction.mnemonic} with ${newer.what} belongs to ${newer.group}, which these sequencers do not have: ${usage(instruction)}`;
    return { rule: 'UNSUPPORTED', message };
  }
  if (sameCount.length === 0) return wrongCount(instruction, operands.length);
  const misfits = sameCount.map((form) => ({
    form,
    misfit: form.operands.findIndex((_, at) => !fits(form, operands, at)),
  }));
  const perfect = misfits.find(({ misfit }) => misfit < 0);
  if (perfect) return perfect.form;
  const furthest = misfits.reduce((best, one) => (one.misfit > best.misfit ? one : best));
  return wrongMode(instruction, sameCount, operands, furthest.misfit);
}

function fits({ operands }: Form, written: WrittenOperand[], at: number): boolean {
  return (operands[at].mode === 'immediate') === (written[at].kind !== 'register');
}

function wrongCount(instruction: Instruction, count: number): Complaint {
  const { mnemonic } = instruction;
  const message = `${mnemonic} takes ${countText(instruction.forms[0].operands.length)}, not ${count}: ${usage(instruction)}`;
  return { rule: 'OPERANDS', message };
}

function wrongMode(instruction: Instruction, forms: Form[], written: WrittenOperand[], at: number): Complaint {
  const found = written[at].kind === 'register' ? 'a register' : 'a number';
  const alone = forms.every((form) => form.operands[at].mode === forms[0].operands[at].mode);
  const reason = alone
    ? `operand ${at + 1} of ${instruction.mnemonic} cannot be ${found}`
    : `${instruction.mnemonic} does not take this mixture of numbers and registers`;
  return { rule: 'OPERANDS', operand: at, message: `${reason}: ${usage(instruction)}` };
}

function countText(count: number): string {
  return count === 0 ? 'no operands' : `${count} operand${count === 1 ? '' : 's'}`;
}

/** `expected wait DURATION or wait REGISTER`. */
export function usage({ mnemonic, forms }: Instruction): string {
  const calls = forms.map(({ operands }) => `${mnemonic} ${operands.map(operandName).join(',')}`.trim());
  return `expected ${calls.join(' or ')}`;
}

function operandName({ kind, mode }: Operand): string {
  return mode === 'immediate' ? kind.toUpperCase() : 'REGISTER';
}

/** Why the operand cannot have this number; undefined when it can. */
export function judgeNumber(operand: Operand, written: WrittenOperand): Complaint | undefined {
  if (written.kind === 'register') return undefined;
  const { noun, least, most } = operandKinds[operand.kind];
  const { value } = written;
  const labelMisplaced = written.kind === 'label' && operand.kind !== 'address' && operand.kind !== 'word';
  if (labelMisplaced) {
    return {
      rule: 'OPERANDS',
      message: `@${written.name} is an instruction address: expected ${noun}, ${least} to ${most}`,
    };
  }
  if (value >= least && value <= most) return undefined;
  return { rule: 'RANGE', message: `${value} is not ${noun}: expected ${least} to ${most}` };
}
