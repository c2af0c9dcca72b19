// Turns assembled bytes back into text: Q1ASM, or the sequence JSON with its tables. Assembling that text gives the same bytes, except for the
// line numbers. So a program of the second instruction set that does not show it begins with a line that says so.

import { SequenceLayout } from '../../../protocol/q1/sequence.ts';
import { SET_ALIAS } from './assemble.ts';
import { type DecodedInstruction, type DecodedSequence, decodeSequence } from './encode.ts';
import { isInFirstSet } from './form.ts';

/** Throws DecodeError. */
export function disassemble(bytes: Uint8Array): string {
  return programText(decodeSequence(bytes).instructions);
}

/** The assembled bytes have no names: entries are named after their index. */
export function disassembleToSequence(bytes: Uint8Array): object {
  const sequence: DecodedSequence = decodeSequence(bytes);
  const tableOf = (prefix: string, entries: DecodedSequence['waveforms']) =>
    Object.fromEntries(
      entries.map(({ index, samples }) => [
        `${prefix}${index}`,
        { data: Array.from(samples, (sample) => sample / SequenceLayout.FULL_SCALE), index },
      ]),
    );
  return {
    program: programText(sequence.instructions),
    waveforms: tableOf('waveform', sequence.waveforms),
    weights: tableOf('weight', sequence.weights),
    acquisitions: Object.fromEntries(
      sequence.acquisitions.map(({ index, bins }) => [`acquisition${index}`, { num_bins: bins, index }]),
    ),
  };
}

function programText(program: DecodedInstruction[]): string {
  const targets = new Set(program.flatMap(jumpTargets).filter((target) => target <= program.length));
  const labels = new Map([...targets].sort((a, b) => a - b).map((target) => [target, `L${target}`]));
  const width = Math.max(0, ...[...labels.values()].map((label) => label.length + 2));
  const lines = program.map((one, index) => {
    const label = labels.get(index);
    return `${(label === undefined ? '' : `${label}:`).padEnd(width)}${instructionText(one, labels)}`;
  });
  // A jump may lead to the place after the last instruction. There is no instruction there that could carry the label.
  const end = labels.get(program.length);
  return `${[...setLines(program), ...lines, ...(end === undefined ? [] : [`${end}:`])].join('\n')}\n`;
}

/** The line that says the instruction set, where no instruction shows it. */
function setLines(program: DecodedInstruction[]): string[] {
  const second = program.filter(({ instruction }) => instruction.set === 2);
  const shows = second.some(
    ({ instruction, form }) =>
      !isInFirstSet(
        instruction.mnemonic,
        form.operands.map(({ mode }) => ({ kind: mode === 'immediate' ? 'number' : 'register' })),
      ),
  );
  return second.length === 0 || shows ? [] : [`.DEF ${SET_ALIAS} 2`];
}

function jumpTargets({ form, values }: DecodedInstruction): number[] {
  return form.operands.flatMap(({ kind, mode }, index) =>
    kind === 'address' && mode === 'immediate' ? [values[index]] : [],
  );
}

function instructionText({ instruction, form, values }: DecodedInstruction, labels: Map<number, string>): string {
  const operands = form.operands.map(({ kind, mode }, index) => {
    if (mode !== 'immediate') return `R${values[index]}`;
    const label = kind === 'address' ? labels.get(values[index]) : undefined;
    return label === undefined ? String(values[index]) : `@${label}`;
  });
  return operands.length === 0 ? instruction.mnemonic : `${instruction.mnemonic.padEnd(12)} ${operands.join(',')}`;
}
