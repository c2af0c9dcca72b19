// Assembles Q1ASM text into instructions, in two passes: first names, then operands. All errors are collected and thrown together at the end.

import type { Form, Instruction } from '../../../protocol/q1/instructions.ts';
import { byPlace, type Finding, Q1Error, type Source } from './findings.ts';
import { type Complaint, chooseForm, findInstruction, judgeNumber, unknownMnemonic } from './form.ts';
import { type Line, parseLine, type Token } from './line.ts';
import { type Names, OperandError, quoted, readOperand, type WrittenOperand } from './operand.ts';

export interface AssembledOperand {
  /** Register number or value, in the order of the form's operands. */
  value: number;
  /** From 1; for messages. */
  column: number;
  length: number;
}

export interface AssembledInstruction {
  instruction: Instruction;
  form: Form;
  operands: AssembledOperand[];
  /** Of the source, from 1. */
  line: number;
  column: number;
}

export interface Program {
  source: Source;
  instructions: AssembledInstruction[];
  labels: ReadonlyMap<string, number>;
}

/** Throws a Q1Error that has all errors. */
export function assemble(source: Source): Program {
  const findings: Finding[] = [];
  const lines = source.lines.map((text, index) => parseLine(text, index + 1, findings));
  const names = collectNames(lines, findings);
  const assembled: AssembledInstruction[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.mnemonic === undefined || line.mnemonic.text.startsWith('.')) continue;
    const one = assembleLine(line, index + 1, names, findings);
    if (one !== undefined) assembled.push(one);
  }
  if (findings.length > 0) throw new Q1Error(source, findings.sort(byPlace));
  return { source, instructions: assembled, labels: names.labels };
}

function collectNames(lines: Line[], findings: Finding[]): Names {
  const labels = new Map<string, number>();
  const aliases = new Map<string, string>();
  let index = 0;
  for (const [at, { label, mnemonic, operands }] of lines.entries()) {
    const number = at + 1;
    if (label !== undefined) {
      if (labels.has(label.text)) {
        findings.push(error('DUPLICATE', number, label, `label ${label.text} is defined twice`));
      }
      labels.set(label.text, index);
    }
    if (mnemonic === undefined) continue;
    if (mnemonic.text.startsWith('.')) defineAlias(mnemonic, operands, number, aliases, findings);
    else index += 1;
  }
  return { labels, aliases };
}

function defineAlias(
  directive: Token,
  operands: Token[],
  line: number,
  aliases: Map<string, string>,
  findings: Finding[],
): void {
  const [name, value] = operands;
  if (directive.text !== '.DEF') {
    findings.push(error('UNKNOWN', line, directive, `unknown directive ${quoted(directive.text)}: expected .DEF`));
  } else if (operands.length !== 2) {
    findings.push(error('SYNTAX', line, directive, '.DEF takes a name and a value: expected .DEF NAME value'));
  } else if (!/^[A-Za-z]\w*$/.test(name.text)) {
    const message = `${quoted(name.text)} cannot be an alias: expected a letter, then letters, digits or _`;
    findings.push(error('SYNTAX', line, name, message));
  } else if (aliases.has(name.text)) {
    findings.push(error('DUPLICATE', line, name, `alias ${name.text} is defined twice`));
  } else {
    aliases.set(name.text, value.text);
  }
}

function assembleLine(
  { mnemonic, operands }: Line,
  line: number,
  names: Names,
  findings: Finding[],
): AssembledInstruction | undefined {
  if (mnemonic === undefined) return undefined;
  const complain = ({ rule, message, operand }: Complaint) =>
    findings.push(error(rule, line, operand === undefined ? mnemonic : operands[operand], message));
  const instruction = findInstruction(mnemonic.text);
  if (instruction === undefined) {
    complain(unknownMnemonic(mnemonic.text));
    return undefined;
  }
  const written = readOperands(operands, names, complain);
  if (written === undefined) return undefined;
  const form = chooseForm(instruction, written);
  if (!('opcode' in form)) {
    complain(form);
    judgeCommon(instruction, written, complain);
    return undefined;
  }
  for (const [index, operand] of form.operands.entries()) {
    const complaint = judgeNumber(operand, written[index]);
    if (complaint !== undefined) complain({ ...complaint, operand: index });
  }
  const values = written.map((one, index) => {
    const { column, text } = operands[index];
    const value = one.kind === 'register' ? one.number : one.value;
    return { value, column, length: text.length };
  });
  return { instruction, form, operands: values, line, column: mnemonic.column };
}

/** When no form fits: the errors about numbers that every form has in common. */
function judgeCommon(
  { forms }: Instruction,
  written: WrittenOperand[],
  complain: (complaint: Complaint) => void,
): void {
  const candidates = forms.filter(({ operands }) => operands.length === written.length);
  for (const [index, operand] of (candidates[0]?.operands ?? []).entries()) {
    if (candidates.some(({ operands }) => operands[index].mode !== 'immediate')) continue;
    const complaint = judgeNumber(operand, written[index]);
    if (complaint !== undefined) complain({ ...complaint, operand: index });
  }
}

function readOperands(
  tokens: Token[],
  names: Names,
  complain: (complaint: Complaint) => void,
): WrittenOperand[] | undefined {
  const written: WrittenOperand[] = [];
  for (const [index, token] of tokens.entries()) {
    try {
      written.push(readOperand(token, names));
    } catch (problem) {
      if (!(problem instanceof OperandError)) throw problem;
      complain({ rule: problem.rule, message: problem.message, operand: index });
    }
  }
  return written.length === tokens.length ? written : undefined;
}

function error(rule: string, line: number, { column, text }: Token, message: string): Finding {
  return { severity: 'error', rule, line, column, length: text.length, message };
}
