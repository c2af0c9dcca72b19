// Parses one operand: a number, a register, the address of a label, or an alias for one of these.

import { REGISTER_COUNT } from '../../../protocol/q1/operands.ts';
import type { Token } from './line.ts';

export type WrittenOperand =
  | { kind: 'register'; number: number }
  | { kind: 'number'; value: number }
  | { kind: 'label'; value: number; name: string };

/** The token is not an operand; the message says why. */
export class OperandError extends Error {
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(message);
    this.rule = rule;
  }
}

export interface Names {
  /** Label to the index of the instruction after it. */
  labels: ReadonlyMap<string, number>;
  aliases: ReadonlyMap<string, Alias>;
}

export interface Alias {
  /** What it stands for: a number, a register or a label. */
  text: string;
  /** Where it is defined, from 1. It can be used below this line. */
  line: number;
}

const NUMBER = /^-?(0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)$/;
/** The instrument reads it as octal: 010 is 8 for it, and R010 is R8. */
const LEADING_ZERO = /^(R|-?)(0[0-9]+)$/;

export function readOperand({ text }: Token, line: number, names: Names): WrittenOperand {
  const resolved = text.startsWith('$') ? aliasText(text.slice(1), line, names) : text;
  if (LEADING_ZERO.test(resolved)) throw new OperandError('SYNTAX', leadingZero(resolved));
  if (/^R[0-9]+$/.test(resolved)) return register(resolved);
  if (resolved.startsWith('@')) return labelAddress(resolved.slice(1), names);
  if (NUMBER.test(resolved)) return { kind: 'number', value: numberOf(resolved) };
  throw new OperandError('SYNTAX', notAnOperand(resolved));
}

function aliasText(name: string, line: number, { aliases }: Names): string {
  const alias = aliases.get(name);
  if (alias === undefined) {
    throw new OperandError('UNDEFINED', `alias $${name} is not defined: write .DEF ${name} value`);
  }
  if (alias.line < line) return alias.text;
  const message = `alias $${name} is defined further down, in line ${alias.line}: define it above its first use`;
  throw new OperandError('UNDEFINED', message);
}

function leadingZero(text: string): string {
  const [, before, digits] = LEADING_ZERO.exec(text) as RegExpExecArray;
  const decimal = `${before}${Number(digits)}`;
  if (/[89]/.test(digits)) return `${text} begins with 0, as an octal number does: write ${decimal}`;
  const octal = `${before}${Number.parseInt(digits, 8)}`;
  const choice = octal === decimal ? octal : `${octal} or ${decimal}`;
  return `${text} begins with 0, so the instrument reads it as octal, ${octal}: write ${choice}`;
}

function register(text: string): WrittenOperand {
  const number = Number(text.slice(1));
  if (number < REGISTER_COUNT) return { kind: 'register', number };
  throw new OperandError('RANGE', `there is no register ${text}: expected R0 to R${REGISTER_COUNT - 1}`);
}

function labelAddress(name: string, { labels }: Names): WrittenOperand {
  const value = labels.get(name);
  if (value === undefined) throw new OperandError('UNDEFINED', undefinedLabel(name, labels));
  return { kind: 'label', value, name };
}

function undefinedLabel(name: string, labels: Names['labels']): string {
  const close = closest(name, labels.keys());
  return `label @${name} is not defined${close === undefined ? '' : `: did you mean @${close}?`}`;
}

function numberOf(text: string): number {
  const magnitude = Number(text.replace('-', ''));
  return text.startsWith('-') ? 0 - magnitude : magnitude;
}

function notAnOperand(text: string): string {
  const expected = 'expected a number (1000, -42, 0x3a), a register (R0 to R63), @label or $ALIAS';
  if (/^r[0-9]+$/.test(text)) return `${text} is not a register: they are written with a capital R`;
  if (text.startsWith('+') && NUMBER.test(text.slice(1))) return `${text} has a plus sign: write ${text.slice(1)}`;
  if (/^[+-]?[0-9]*\.[0-9]+/.test(text)) return `${text} is not a whole number: ${expected}`;
  return `${quoted(text)} is not an operand: ${expected}`;
}

export function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

/** The candidate with an edit distance of at most two, if there is one. */
export function closest(text: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(3, text.length);
  for (const candidate of candidates) {
    const distance = lettersApart(text, candidate, bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Edit distance (insertions, deletions, replacements, swaps of neighbours). Stops at `limit`. */
function lettersApart(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length];
}
