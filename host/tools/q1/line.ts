// Parses one line of Q1ASM: label, mnemonic, operands, each with its column. Only the form of the line is checked here.
//
//   [label:] mnemonic operand,operand,... # comment         operands may be separated by commas, blanks or both
//   .DEF NAME value

import type { Finding } from './findings.ts';

export interface Token {
  text: string;
  /** From 1. */
  column: number;
}

export interface Line {
  label?: Token;
  /** A mnemonic, or a directive with its dot. */
  mnemonic?: Token;
  operands: Token[];
}

const LABEL = /^(\s*)(\w+):/;

export function parseLine(text: string, number: number, findings: Finding[]): Line {
  const code = text.replace(/#.*/s, '');
  const line: Line = { operands: [] };
  let start = 0;
  const label = LABEL.exec(code);
  if (label) {
    line.label = { text: label[2], column: label[1].length + 1 };
    start = label[0].length;
  }
  const tokens = [...code.slice(start).matchAll(/,|[^\s,]+/g)].map((match) => ({
    text: match[0],
    column: start + match.index + 1,
  }));
  const [mnemonic, ...rest] = tokens;
  if (mnemonic === undefined) return line;
  line.mnemonic = mnemonic;
  line.operands = withoutCommas(rest, number, findings);
  return line;
}

/** A comma must stand between two operands. */
function withoutCommas(tokens: Token[], line: number, findings: Finding[]): Token[] {
  for (const [index, { text, column }] of tokens.entries()) {
    const next = tokens[index + 1];
    const misplaced = text === ',' && (index === 0 || next === undefined || next.text === ',');
    if (!misplaced) continue;
    const message = `nothing ${index === 0 ? 'before' : 'after'} this comma: expected an operand`;
    findings.push({ severity: 'error', rule: 'SYNTAX', line, column, length: 1, message });
  }
  return tokens.filter(({ text }) => text !== ',');
}
