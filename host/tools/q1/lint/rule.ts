// The input of a lint rule, and how it reports a finding.

import type { Profile } from '../../../../protocol/q1/profiles.ts';
import type { AssembledInstruction, Program } from '../assemble.ts';
import type { Finding, Severity } from '../findings.ts';
import type { SequenceParts } from '../sequence-file.ts';
import type { Constants } from './constants.ts';
import type { Flow } from './flow.ts';

export interface Subject {
  program: Program;
  parts: SequenceParts;
  profile: Profile;
  profileName: string;
  flow: Flow;
  constants: Constants;
}

export type LintRule = (subject: Subject) => Finding[];

/** A finding about an instruction, or about one of its operands. */
export function at(
  one: AssembledInstruction,
  severity: Severity,
  rule: string,
  message: string,
  operand?: number,
): Finding {
  const place =
    operand === undefined
      ? { column: one.column, length: one.instruction.mnemonic.length }
      : { column: one.operands[operand].column, length: one.operands[operand].length };
  return { severity, rule, line: one.line, ...place, message };
}

/** A finding about a table of the sequence, or about the sequence as a whole. */
export function about(severity: Severity, rule: string, message: string, path?: string): Finding {
  return { severity, rule, line: 0, column: 0, length: 0, message, ...(path === undefined ? {} : { path }) };
}
