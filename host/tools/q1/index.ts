// Q1ASM tools: assembler, disassembler, lint. What the firmware and these agree on is protocol/q1.
//
// `assembleSequence` takes the text of a sequence JSON or of a program alone. It throws a Q1Error with all findings when the text cannot be
// assembled. `lint` finds errors in a program that can be assembled.

import { type ProfileName, profiles } from '../../../protocol/q1/profiles.ts';
import { assemble, type Program, type Said } from './assemble.ts';
import { encodeSequence } from './encode.ts';
import { byPlace, type Finding, Q1Error } from './findings.ts';
import { lint } from './lint/lint.ts';
import { walk } from './lint/walk.ts';
import { readSequence, type SequenceParts } from './sequence-file.ts';

export type { Program, Said } from './assemble.ts';
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

/**
 * When `profile` is undefined, the program decides: readout if it acquires, else control, of the instruction set it shows. `said` is the set that
 * something else says, where the profile says none. Throws Q1Error.
 */
export function assembleSequence(text: string, name: string, profile?: ProfileName, said?: Said): AssembledSequence {
  const { parts, findings: wrongParts } = readSequence(text, name);
  const program = assembleAfter(wrongParts, parts, saidByProfile(profile) ?? said);
  const chosen = profile ?? suitableProfile(program, parts);
  const findings = lint(program, parts, chosen);
  const binary = fits(findings) ? encodeSequence(program, parts, profiles[chosen].number) : new Uint8Array();
  return { name, profile: chosen, program, parts, binary, findings };
}

/**
 * The findings of the lint and of a walk through the program; each place is reported once. A walk knows the values of registers in loops, which
 * the lint does not know. It takes longer than all other checks, so it is a separate call.
 */
export function findingsOfWalk({ program, profile, findings }: AssembledSequence): Finding[] {
  const place = ({ line, column, rule }: Finding) => `${line}:${column} ${rule}`;
  const walked = walk(program, profiles[profile]);
  const places = new Set(walked.map(place));
  return [...findings.filter((finding) => !places.has(place(finding))), ...walked].sort(byPlace);
}

/** A profile with one instruction set says that a program is of this set. */
function saidByProfile(profile: ProfileName | undefined): Said | undefined {
  if (profile === undefined) return undefined;
  const { instructionSets } = profiles[profile];
  return instructionSets.length === 1 ? { set: instructionSets[0], by: `the profile ${profile}` } : undefined;
}

/** What is wrong with the tables and what is wrong with the program is said at once. */
function assembleAfter(wrongParts: Finding[], { source }: SequenceParts, said: Said | undefined): Program {
  try {
    const program = assemble(source, said);
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

function suitableProfile({ instructions, set }: Program, { acquisitions, weights }: SequenceParts): ProfileName {
  const acquires = instructions.some(({ instruction }) => instruction.mnemonic.startsWith('acquire'));
  const readsOut = acquires || acquisitions.length > 0 || weights.length > 0;
  if (set === 2) return readsOut ? 'qblox-qrm-2' : 'qblox-qcm-2';
  return readsOut ? 'qblox-qrm' : 'qblox-qcm';
}
