// Parses one line of Q1ASM: label, mnemonic, operands, each with its column. Only the form of the line is checked here.
//
//   [label:] mnemonic operand,operand,... # comment
//   // a line that is a comment
//   .DEF NAME value
//
// What the instrument's own assembler refuses is refused here, and it decides where documents disagree (hil/test/interop/q1asm.interop.ts). It ignores
// a line that begins with another sign, such as ; or /*, together with what follows in it. Here such a line is an error.

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

const LABEL = /^(\s*)(\w+)\s*:/;
/** What other languages begin a comment with. */
const FOREIGN_COMMENT = /^(;|\/\/|\/\*)/;
/** White space for JavaScript, but no blank for an assembler. A byte order mark at the beginning of a file is neither. */
const STRANGE_BLANK = /(?!^\uFEFF)[^\S \t\r\v\f]/;

export function parseLine(text: string, number: number, findings: Finding[]): Line {
  const code = text.replace(/#.*/s, '');
  const line: Line = { operands: [] };
  let start = 0;
  const label = LABEL.exec(code);
  if (label) {
    line.label = { text: label[2], column: label[1].length + 1 };
    if (/^[0-9]/.test(label[2])) {
      findings.push(wrong(number, line.label, `label ${label[2]} begins with a digit: expected a letter or _ first`));
    }
    start = label[0].length;
  }
  if (/^\s*\/\//.test(code.slice(start))) return line;
  const strange = STRANGE_BLANK.exec(code);
  if (strange) {
    const code = strange[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
    const place = { text: strange[0], column: strange.index + 1 };
    findings.push(wrong(number, place, `the character U+${code} looks like a blank and is none: write a blank`));
  }
  const tokens = [...code.slice(start).matchAll(/,|[^\s,]+/g)].map((match) => ({
    text: match[0],
    column: start + match.index + 1,
  }));
  const comment = tokens.findIndex(({ text }) => FOREIGN_COMMENT.test(text));
  if (comment >= 0) {
    const [sign] = FOREIGN_COMMENT.exec(tokens[comment].text) as RegExpExecArray;
    findings.push(wrong(number, { ...tokens[comment], text: sign }, `a comment begins with #, not with ${sign}`));
    tokens.length = comment;
  }
  const [mnemonic, ...rest] = tokens;
  if (mnemonic === undefined) return line;
  line.mnemonic = mnemonic;
  line.operands = mnemonic.text.startsWith('.') ? rest : withoutCommas(rest, number, findings);
  return line;
}

/** One comma must stand between two operands. Commas after the last one mean nothing. */
function withoutCommas(tokens: Token[], line: number, findings: Finding[]): Token[] {
  const last = tokens.findLastIndex(({ text }) => text !== ',');
  for (const [index, token] of tokens.slice(0, last + 1).entries()) {
    const before = tokens[index - 1];
    if (token.text !== ',') {
      if (before !== undefined && before.text !== ',') {
        findings.push(wrong(line, token, 'a comma is missing before this operand'));
      }
    } else if (index === 0) findings.push(wrong(line, token, 'nothing before this comma: expected an operand'));
    else if (tokens[index + 1].text === ',') {
      findings.push(wrong(line, token, 'nothing after this comma: expected an operand'));
    }
  }
  return tokens.filter(({ text }) => text !== ',');
}

function wrong(line: number, { text, column }: Token, message: string): Finding {
  return { severity: 'error', rule: 'SYNTAX', line, column, length: text.length, message };
}
