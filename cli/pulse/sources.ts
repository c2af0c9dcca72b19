// Reads and assembles pulse programs from files, and reports their errors and warnings as text or JSON.

import {
  type AssembledSequence,
  assembleSequence,
  type Finding,
  findingsOfWalk,
  findingText,
  fits,
  lintTogether,
  Q1Error,
  type Said,
  type Source,
  shownTexts,
} from '../../host/tools/q1/index.ts';
import type { ProfileName } from '../../protocol/q1/profiles.ts';
import { Failure } from '../failure.ts';
import { readWrittenText } from '../files.ts';
import { counted } from '../words.ts';

export interface Judged {
  file: string;
  source: Source;
  findings: Finding[];
  /** Undefined when it could not be assembled. */
  sequence: AssembledSequence | undefined;
}

/**
 * Every file, judged. Modules that run together have one instruction set: when a file shows the second one, the others are of it too, and one that
 * says otherwise is refused.
 */
export function judgeFiles(files: string[], profile: ProfileName | undefined): Judged[] {
  const judged = files.map((file) => judgeFile(file, profile));
  const second = judged.find(({ sequence }) => sequence?.program.set === 2);
  if (second === undefined) return judged;
  const said: Said = { set: 2, by: second.file };
  return judged.map((one) => (one.sequence?.program.set === 1 ? judgeFile(one.file, profile, said) : one));
}

function judgeFile(file: string, profile: ProfileName | undefined, said?: Said): Judged {
  const text = readWrittenText(file, 'the program', 'Q1ASM, or a sequence in JSON');
  try {
    const sequence = assembleSequence(text, file, profile, said);
    return { file, source: sequence.program.source, findings: findingsOfWalk(sequence), sequence };
  } catch (problem) {
    if (!(problem instanceof Q1Error)) throw problem;
    return { file, source: problem.source, findings: problem.findings, sequence: undefined };
  }
}

export interface LoadedFiles {
  sequences: AssembledSequence[];
  /** For each file with warnings: their number, and the command that shows them. */
  notes: string[];
}

/** All files, ready to be loaded. Throws a Failure with every error found. */
export function loadFiles(files: string[], profile: ProfileName | undefined): LoadedFiles {
  const judged = judgeFiles(files, profile);
  const together = foundTogether(judged);
  const errors = judged.flatMap(({ source, findings }) =>
    findings
      .filter(isError)
      .map((finding) => ({ ...finding, text: findingText(source, finding), json: findingJson(source, finding) })),
  );
  for (const finding of together) errors.push({ ...finding, text: finding.message, json: { file: null, ...finding } });
  if (errors.length > 0) {
    const message = `the program cannot be loaded\n${shownTexts(errors, ({ text }) => text).join('\n')}`;
    throw new Failure('Q1ASM', message, { facts: { findings: errors.map(({ json }) => json) } });
  }
  return { sequences: judged.flatMap(({ sequence }) => sequence ?? []), notes: judged.flatMap(noteOnWarnings) };
}

function noteOnWarnings({ file, findings }: Judged): string[] {
  const { length } = findings;
  return length === 0 ? [] : [`${counted(length, 'warning')} about ${file}; to see them: coldrig pulse check ${file}`];
}

/** Findings about the files as a set: limits of the module that they share. */
export function foundTogether(judged: Judged[]): Finding[] {
  return lintTogether(judged.flatMap(({ sequence }) => sequence ?? []));
}

/** `instruction set 2 (line 7)`: which set a sequence is of, and the line that says or shows it. */
export function setText({ program: { set, setLine } }: AssembledSequence): string {
  return `instruction set ${set}${setLine === undefined ? '' : ` (line ${setLine})`}`;
}

export const isError = ({ severity }: Finding): boolean => severity === 'error';

export function refused(judged: Judged): boolean {
  return !fits(judged.findings);
}

export function findingJson(source: Source, finding: Finding): object {
  return { file: source.name, ...finding };
}
