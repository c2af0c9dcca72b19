// Q1ASM tools: assembler, disassembler, lint. What the firmware and these agree on is protocol/q1.
//
// `assembleSequence` takes the text of a sequence JSON or of a program alone. It throws a Q1Error with all findings when the text cannot be
// assembled. `lint` finds errors in a program that can be assembled.

import { type ProfileName, profiles } from '../../../protocol/q1/profiles.ts';
import { assemble, type Program } from './assemble.ts';
import { encodeSequence } from './encode.ts';
import { byPlace, type Finding, Q1Error } from './findings.ts';
import { lint } from './lint/lint.ts';
import { walk } from './lint/walk.ts';
import { readSequence, type SequenceParts } from './sequence-file.ts';

export type { Program } from './assemble.ts';
export { disassemble, disassembleToSequence } from './disassemble.ts';
export { DecodeError, decodeSequence } from './encode.ts';
export { type Finding, findingText, Q1Error, type Source, shownTexts } from './findings.ts';
export { lintTogether } from './lint/lint.ts';
export type { SequenceParts } from './sequence-file.ts';

export interface AssembledSequence {
  name: string;
  profile: ProfileName;
  program: Program;
  parts: SequenceParts;
  /** What is uploaded: protocol/q1/sequence.ts. */
  binary: Uint8Array;
  /** From the lint. An error means that the hardware of the profile would refuse the sequence. */
  findings: Finding[];
}

/** When `profile` is undefined, the program decides: readout if it acquires, else control. Throws Q1Error. */
export function assembleSequence(text: string, name: string, profile?: ProfileName): AssembledSequence {
  const { parts, findings: wrongParts } = readSequence(text, name);
  const program = assembleAfter(wrongParts, parts);
  const chosen = profile ?? suitableProfile(program, parts);
  const findings = lint(program, parts, chosen);
  const binary = fits(findings) ? encodeSequence(program, parts, profiles[chosen].number) : new Uint8Array();
  return { name, profile: chosen, program, parts, binary, findings };
}

/**
 * The findings of the lint and of a walk through the program; each place is reported once. A walk knows the values of registers in loops, which
 * the lint does not know. It takes longer than all other checks, so it is a separate call.
 */
export function findingsOfWalk({ program, findings }: AssembledSequence): Finding[] {
  const place = ({ line, column, rule }: Finding) => `${line}:${column} ${rule}`;
  const walked = walk(program);
  const places = new Set(walked.map(place));
  return [...findings.filter((finding) => !places.has(place(finding))), ...walked].sort(byPlace);
}

/** What is wrong with the tables and what is wrong with the program is said at once. */
function assembleAfter(wrongParts: Finding[], { source }: SequenceParts): Program {
  try {
    const program = assemble(source);
    if (wrongParts.length === 0) return program;
  } catch (problem) {
    if (!(problem instanceof Q1Error)) throw problem;
    throw new Q1Error(source, [...wrongParts, ...problem.findings]);
  }
  throw new Q1Error(source, wrongParts);
}

/** What the profile's hardware would take. */
export function fits(findings: Finding[]): boolean {
  return findings.every(({ severity }) => severity !== 'error');
}

function suitableProfile({ instructions }: Program, { acquisitions, weights }: SequenceParts): ProfileName {
  const acquires = instructions.some(({ instruction }) => instruction.mnemonic.startsWith('acquire'));
  return acquires || acquisitions.length > 0 || weights.length > 0 ? 'qblox-qrm' : 'qblox-qcm';
}
