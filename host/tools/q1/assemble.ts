// Assembles Q1ASM text into instructions, in two passes: first names, then operands. All errors are collected and thrown together at the end.
//
// A program is of one instruction set. It may say which (`.DEF INSTRUCTION_SET 2`), or the module it is for says it. Otherwise the program shows it:
// it is of the second set when it has an instruction that only this set has. What must stay true: the instructions of a program are all of its set.

import type { Form, Instruction, InstructionSet } from '../../../protocol/q1/instructions.ts';
import { byPlace, type Finding, Q1Error, type Source } from './findings.ts';
import { type Complaint, chooseForm, findRows, judgeNumber } from './form.ts';
import { type Line, parseLine, type Token } from './line.ts';
import { type Alias, type Names, OperandError, quoted, readOperand, type WrittenOperand } from './operand.ts';

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
  set: InstructionSet;
  /** The line that says or shows that it is of the second set; undefined where something else says so. */
  setLine?: number;
}

/** Which set a program is to be of, and what says so, in words: `the profile qblox-qcm`. */
export interface Said {
  set: InstructionSet;
  by: string;
  /** Where the program itself says it. */
  line?: number;
}

/** The alias by which a program says its instruction set. */
export const SET_ALIAS = 'INSTRUCTION_SET';

/** Throws a Q1Error that has all errors. */
export function assemble(source: Source, saidOutside?: Said): Program {
  const findings: Finding[] = [];
  const lines = source.lines.map((text, index) => parseLine(text, index + 1, findings));
  const names = collectNames(lines, findings);
  const said = whichSet(lines, names, saidOutside, findings);
  const first = assembleLines(lines, names, said ?? { set: 1, by: '' });
  const { shownBy } = first;
  const again = said === undefined && shownBy !== undefined;
  const { assembled, wrong } = again ? assembleLines(lines, names, { set: 2, by: `line ${shownBy}` }) : first;
  findings.push(...wrong);
  if (findings.length > 0) throw new Q1Error(source, findings.sort(byPlace));
  const set = again ? 2 : (said?.set ?? 1);
  return { source, instructions: assembled, labels: names.labels, set, setLine: again ? shownBy : said?.line };
}

/** What says the set: the program, or what is outside it. Both must say the same. */
function whichSet(lines: Line[], { aliases }: Names, outside: Said | undefined, findings: Finding[]): Said | undefined {
  const alias = aliases.get(SET_ALIAS);
  if (alias === undefined) return outside;
  const { text: value, line } = alias;
  const at = line - 1;
  const [, token] = lines[at].operands;
  if (value !== '1' && value !== '2') {
    const message = `${SET_ALIAS} says which instruction set the program is for: expected 1 or 2, not ${quoted(value)}`;
    findings.push(error('INSTRUCTION_SET', line, token, message));
    return outside;
  }
  const set = value === '1' ? 1 : 2;
  if (outside !== undefined && outside.set !== set) {
    const message = `the program is for instruction set ${set}, but ${outside.by} is for set ${outside.set}`;
    findings.push(error('INSTRUCTION_SET', line, token, message));
  }
  return { set, by: `line ${line}`, line };
}

interface AssembledLines {
  assembled: AssembledInstruction[];
  wrong: Finding[];
  /** The first line that has what only the second set has, where the set is the first. */
  shownBy: number | undefined;
}

function assembleLines(lines: Line[], names: Names, said: Said): AssembledLines {
  const wrong: Finding[] = [];
  const assembled: AssembledInstruction[] = [];
  let shownBy: number | undefined;
  for (const [index, line] of lines.entries()) {
    if (line.mnemonic === undefined || line.mnemonic.text.startsWith('.')) continue;
    const complain = ({ rule, message, operand, needsSecondSet }: Complaint) => {
      if (needsSecondSet) shownBy ??= index + 1;
      const why = needsSecondSet ? `, but ${said.by} is for the first` : '';
      const token = operand === undefined ? line.mnemonic : line.operands[operand];
      wrong.push(error(rule, index + 1, token as Token, `${message}${why}`));
    };
    const one = assembleLine(line, index + 1, names, said.set, complain);
    if (one !== undefined) assembled.push(one);
  }
  return { assembled, wrong, shownBy };
}

function collectNames(lines: Line[], findings: Finding[]): Names {
  const labels = new Map<string, number>();
  const aliases = new Map<string, Alias>();
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
  aliases: Map<string, Alias>,
  findings: Finding[],
): void {
  const [name, value] = operands;
  if (directive.text !== '.DEF') {
    findings.push(error('UNKNOWN', line, directive, `unknown directive ${quoted(directive.text)}: expected .DEF`));
  } else if (operands.length !== 2) {
    findings.push(error('SYNTAX', line, directive, '.DEF takes a name and a value: expected .DEF NAME value'));
  } else if (!/^[A-Za-z_]\w*$/.test(name.text)) {
    const message = `${quoted(name.text)} cannot be an alias: expected a letter or _, then letters, digits or _`;
    findings.push(error('SYNTAX', line, name, message));
  } else if (aliases.has(name.text)) {
    findings.push(error('DUPLICATE', line, name, `alias ${name.text} is defined twice`));
  } else if (value.text.startsWith('$')) {
    const message = 'an alias cannot stand for another alias: expected a number, a register or @label';
    findings.push(error('SYNTAX', line, value, message));
  } else {
    aliases.set(name.text, { text: value.text, line });
  }
}

function assembleLine(
  { mnemonic, operands }: Line,
  line: number,
  names: Names,
  set: InstructionSet,
  complain: (complaint: Complaint) => void,
): AssembledInstruction | undefined {
  if (mnemonic === undefined) return undefined;
  const rows = findRows(mnemonic.text, set);
  if (!Array.isArray(rows)) {
    complain(rows);
    return undefined;
  }
  const written = readOperands(operands, line, names, complain);
  if (written === undefined) return undefined;
  const chosen = chooseForm(rows, written);
  if (!('form' in chosen)) {
    complain(chosen);
    judgeCommon(rows, written, complain);
    return undefined;
  }
  const { instruction, form } = chosen;
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
function judgeCommon(rows: Instruction[], written: WrittenOperand[], complain: (complaint: Complaint) => void): void {
  const candidates = rows.flatMap(({ forms }) => forms).filter(({ operands }) => operands.length === written.length);
  for (const [index, operand] of (candidates[0]?.operands ?? []).entries()) {
    if (candidates.some(({ operands }) => operands[index].mode !== 'immediate')) continue;
    const complaint = judgeNumber(operand, written[index]);
    if (complaint !== undefined) complain({ ...complaint, operand: index });
  }
}

function readOperands(
  tokens: Token[],
  line: number,
  names: Names,
  complain: (complaint: Complaint) => void,
): WrittenOperand[] | undefined {
  const written: WrittenOperand[] = [];
  for (const [index, token] of tokens.entries()) {
    try {
      written.push(readOperand(token, line, names));
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
