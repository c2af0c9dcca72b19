// For tests: programs made of a few lines, findings as short strings, random legal programs, and the shared corpus.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type InstructionSet, instructions, isInSet } from '../../../protocol/q1/instructions.ts';
import { type Operand, operandKinds, REGISTER_COUNT } from '../../../protocol/q1/operands.ts';
import type { ProfileName } from '../../../protocol/q1/profiles.ts';
import { repositoryRoot } from '../guest.ts';
import { SET_ALIAS } from './assemble.ts';
import { type AssembledSequence, assembleSequence, Q1Error } from './index.ts';

export const corpusFolder = join(repositoryRoot, '../shared/corpus/q1asm');
export const hasCorpus = existsSync(corpusFolder);

export function corpusPrograms(): { name: string; text: string }[] {
  if (!hasCorpus) return [];
  return readdirSync(join(corpusFolder, 'programs')).map((file) => ({
    name: file.replace('.json', ''),
    text: readFileSync(join(corpusFolder, 'programs', file), 'utf8'),
  }));
}

/** `line:column rule` of everything the assembler or the lint finds. */
export function findingsIn(text: string, profile?: ProfileName): string[] {
  try {
    return assembleSequence(text, 'test', profile).findings.map(short);
  } catch (problem) {
    if (problem instanceof Q1Error) return problem.findings.map(short);
    throw problem;
  }
}

const short = ({ line, column, rule, path }: { line: number; column: number; rule: string; path?: string }): string =>
  line === 0 ? `${path ?? ''} ${rule}`.trim() : `${line}:${column} ${rule}`;

/** For the profile that has both instruction sets. */
export function assembled(...lines: string[]): AssembledSequence {
  return assembleSequence(lines.join('\n'), 'test', 'cryo-hrl');
}

function operandText({ kind, mode }: Operand, length: number): fc.Arbitrary<string> {
  if (mode !== 'immediate') return fc.nat(REGISTER_COUNT - 1).map((register) => `R${register}`);
  if (kind === 'address') return fc.nat(length).map((index) => `@L${index}`);
  const { least, most } = operandKinds[kind];
  return fc
    .integer({ min: least, max: most })
    .map((value) => (value >= 0 && value % 3 === 0 ? `0x${value.toString(16)}` : `${value}`));
}

/** Programs in which every operand is legal: one instruction per line, each with a label. One of the second set says so. */
export function legalProgram(set: InstructionSet, most = 40): fc.Arbitrary<string> {
  const forms = instructions
    .filter((row) => isInSet(row, set))
    .flatMap(({ mnemonic, forms }) => forms.map(({ operands }) => ({ mnemonic, operands })));
  const start = set === 2 ? [`.DEF ${SET_ALIAS} 2`] : [];
  return fc.integer({ min: 1, max: most }).chain((length) => {
    const line = fc
      .constantFrom(...forms)
      .chain(({ mnemonic, operands }) =>
        fc
          .tuple(...operands.map((operand) => operandText(operand, length)))
          .map((texts) => `${mnemonic} ${texts.join(',')}`),
      );
    return fc
      .array(line, { minLength: length, maxLength: length })
      .map((lines) => [...start, ...lines.map((text, index) => `L${index}: ${text}`), `L${length}:`].join('\n'));
  });
}
