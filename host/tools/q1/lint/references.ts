// Waveforms, weights, acquisitions and bins that an instruction uses and the sequence does not have. The instrument accepts such a program and
// stops with a flag at that instruction, so these are warnings.

import type { OperandKindName } from '../../../../protocol/q1/operands.ts';
import type { AssembledInstruction } from '../assemble.ts';
import type { Finding } from '../findings.ts';
import { at, type LintRule, type Subject } from './rule.ts';

const tables = { wave: 'waveforms', weight: 'weights', acquisition: 'acquisitions' } as const;
const nouns = { wave: 'waveform', weight: 'weight', acquisition: 'acquisition' } as const;

/** A program alone has no tables, so one finding for all of its references is enough. */
export const missingReferences: LintRule = (subject) => {
  const findings = missing(subject);
  return subject.program.source.embedded ? findings : findings.slice(0, 1);
};

const missing: LintRule = (subject) =>
  subject.program.instructions.flatMap((one, index) => {
    if (!subject.flow.reachable[index]) return [];
    return one.form.operands.flatMap(({ kind }, operand) => {
      if (!isTableKind(kind)) return [];
      const value = knownValue(subject, one, index, operand);
      const known = subject.parts[tables[kind]];
      if (value === undefined || known.some((entry) => entry.index === value)) return [];
      const none = subject.program.source.embedded ? 'it has none' : 'a bare program has none';
      const have = known.length === 0 ? none : `it has ${indices(known)}`;
      const message = `there is no ${nouns[kind]} ${value} in this sequence: ${have}`;
      return [at(one, 'warning', 'MISSING', message, operand)];
    });
  });

export const binsInRange: LintRule = (subject) =>
  subject.program.instructions.flatMap((one, index): Finding[] => {
    const operand = one.form.operands.findIndex(({ kind }) => kind === 'bin');
    const acquisition = one.form.operands.findIndex(({ kind }) => kind === 'acquisition');
    if (operand < 0 || acquisition < 0 || !subject.flow.reachable[index]) return [];
    const bin = knownValue(subject, one, index, operand);
    const entry = subject.parts.acquisitions.find((known) => known.index === one.operands[acquisition].value);
    if (bin === undefined || entry === undefined || bin < entry.bins) return [];
    const message = `acquisition ${entry.name} has bins 0 to ${entry.bins - 1}, not ${bin}`;
    return [at(one, 'warning', 'MISSING', message, operand)];
  });

function isTableKind(kind: OperandKindName): kind is keyof typeof tables {
  return kind in tables;
}

/** The number, or the value of the register when it is known. */
function knownValue(
  { constants }: Subject,
  one: AssembledInstruction,
  index: number,
  operand: number,
): number | undefined {
  const { value } = one.operands[operand];
  return one.form.operands[operand].mode === 'immediate' ? value : constants(index, value);
}

function indices(entries: { index: number }[]): string {
  const sorted = entries.map(({ index }) => index).sort((a, b) => a - b);
  const shown = sorted.slice(0, 8).join(', ');
  return sorted.length > 8 ? `${shown}, … (${sorted.length} in all)` : shown;
}
