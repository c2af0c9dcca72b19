// Finds the form of a mnemonic that fits the operands, and the error message when none fits.

import {
  type Form,
  type Instruction,
  type InstructionSet,
  instructions,
  isInSet,
} from '../../../protocol/q1/instructions.ts';
import { newerMnemonics } from '../../../protocol/q1/newer.ts';
import { type Operand, operandKinds } from '../../../protocol/q1/operands.ts';
import { closest, quoted, type WrittenOperand } from './operand.ts';

/** The rows of each set by mnemonic. */
const rows = { 1: rowsOf(1), 2: rowsOf(2) };

function rowsOf(set: InstructionSet): ReadonlyMap<string, Instruction[]> {
  const found = new Map<string, Instruction[]>();
  for (const row of instructions) {
    if (isInSet(row, set)) found.set(row.mnemonic, [...(found.get(row.mnemonic) ?? []), row]);
  }
  return found;
}

export interface Complaint {
  rule: string;
  message: string;
  /** Index of the operand that the message is about; undefined when it is about the instruction. */
  operand?: number;
  /** Only the second instruction set has what is written. */
  needsSecondSet?: true;
}

/** Rows of the table that a mnemonic has in a set, or why there are none. */
export function findRows(mnemonic: string, set: InstructionSet): Instruction[] | Complaint {
  const found = rows[set].get(mnemonic);
  if (found !== undefined) return found;
  return rows[2].has(mnemonic) ? needsSecondSet(mnemonic) : unknownMnemonic(mnemonic, set);
}

function needsSecondSet(what: string): Complaint {
  const message = `${what} belongs to the second instruction set`;
  return { rule: 'INSTRUCTION_SET', message, needsSecondSet: true };
}

function unknownMnemonic(mnemonic: string, set: InstructionSet): Complaint {
  const group = newerMnemonics.get(mnemonic);
  if (group !== undefined) {
    return { rule: 'UNSUPPORTED', message: `${mnemonic} belongs to ${group}, which these sequencers do not have` };
  }
  const lower = mnemonic.toLowerCase();
  if (lower !== mnemonic && rows[2].has(lower)) {
    return { rule: 'UNKNOWN', message: `unknown instruction ${quoted(mnemonic)}: mnemonics are lower case, ${lower}` };
  }
  const close = closest(mnemonic, rows[set].keys());
  const advice = close === undefined ? '' : `: did you mean ${close}?`;
  return { rule: 'UNKNOWN', message: `unknown instruction ${quoted(mnemonic)}${advice}` };
}

export interface Chosen {
  instruction: Instruction;
  form: Form;
}

/** The form that fits the operands, or else the most helpful error. */
export function chooseForm(candidates: Instruction[], operands: Pick<WrittenOperand, 'kind'>[]): Chosen | Complaint {
  const chosen = fittingForm(candidates, operands);
  if (chosen !== undefined) return chosen;
  const [{ mnemonic }] = candidates;
  if (fittingForm(rows[2].get(mnemonic) ?? [], operands) !== undefined) {
    return needsSecondSet(`${mnemonic} with ${operandsText(operands)}`);
  }
  const forms = candidates.flatMap((row) => row.forms);
  const sameCount = forms.filter((form) => form.operands.length === operands.length);
  if (sameCount.length === 0) return wrongCount(candidates, operands.length);
  const misfits = sameCount.map((form) => form.operands.findIndex((_, at) => !fits(form, operands, at)));
  return wrongMode(candidates, sameCount, operands, Math.max(...misfits));
}

function fittingForm(candidates: Instruction[], operands: Pick<WrittenOperand, 'kind'>[]): Chosen | undefined {
  for (const instruction of candidates) {
    const form = instruction.forms.find(
      (one) => one.operands.length === operands.length && operands.every((_, at) => fits(one, operands, at)),
    );
    if (form !== undefined) return { instruction, form };
  }
  return undefined;
}

/** Whether the first set has this call too. Where it has not, the call alone shows that a program is for the second. */
export function isInFirstSet(mnemonic: string, operands: Pick<WrittenOperand, 'kind'>[]): boolean {
  return fittingForm(rows[1].get(mnemonic) ?? [], operands) !== undefined;
}

function operandsText(operands: Pick<WrittenOperand, 'kind'>[]): string {
  const words = operands.map(({ kind }) => (kind === 'register' ? 'a register' : 'a number'));
  return words.length === 1 ? `${words[0]} alone` : words.join(', ');
}

function fits({ operands }: Form, written: Pick<WrittenOperand, 'kind'>[], at: number): boolean {
  return (operands[at].mode === 'immediate') === (written[at].kind !== 'register');
}

function wrongCount(candidates: Instruction[], count: number): Complaint {
  const [{ mnemonic }] = candidates;
  const counts = [...new Set(candidates.flatMap(({ forms }) => forms.map(({ operands }) => operands.length)))];
  const message = `${mnemonic} takes ${counts.map(countText).join(' or ')}, not ${count}: ${usage(candidates)}`;
  return { rule: 'OPERANDS', message };
}

function wrongMode(
  candidates: Instruction[],
  forms: Form[],
  written: Pick<WrittenOperand, 'kind'>[],
  at: number,
): Complaint {
  const [{ mnemonic }] = candidates;
  const found = written[at].kind === 'register' ? 'a register' : 'a number';
  const alone = forms.every((form) => form.operands[at].mode === forms[0].operands[at].mode);
  const reason = alone
    ? `operand ${at + 1} of ${mnemonic} cannot be ${found}`
    : `${mnemonic} does not take this mixture of numbers and registers`;
  return { rule: 'OPERANDS', operand: at, message: `${reason}: ${usage(candidates)}` };
}

function countText(count: number): string {
  return count === 0 ? 'no operands' : `${count} operand${count === 1 ? '' : 's'}`;
}

/** `expected wait DURATION or wait REGISTER`; deprecated forms only where there are no others. */
function usage(candidates: Instruction[]): string {
  const current = candidates.filter(({ set, deprecated }) => set !== 2 || deprecated === undefined);
  const calls = (current.length > 0 ? current : candidates).flatMap(({ mnemonic, forms }) =>
    forms.map(({ operands }) => `${mnemonic} ${operands.map(operandName).join(',')}`.trim()),
  );
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
