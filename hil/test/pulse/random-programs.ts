// Programs of legal instructions, drawn by chance from the instruction table, for six sequencers at once.
//
// Every form of every instruction comes up. So that a program gets far, durations in registers come from registers nothing writes, and
// most programs are slow enough for the classic core to keep up; what happens else is the program's own.

import { type Choose, chooser } from '../../../host/board/random.ts';
import { type InstructionSet, instructions, isInSet } from '../../../protocol/q1/instructions.ts';
import { type Operand, operandKinds } from '../../../protocol/q1/operands.ts';
import type { PulseProgram, Setting } from '../../rig/pulse/run.ts';
import { sequence } from './programs.ts';

const length = 60;
/** Durations go up to one of these, in ns: below the first few, a classic core falls behind. */
const paces = [100, 400, 1600, 1600];
/** R0 to R7 hold durations, R8 to R15 small numbers; the rest is anybody's. */
const preamble = [
  ...Array.from({ length: 8 }, (_, index) => `move ${200 + index * 130},R${index}`),
  ...Array.from({ length: 8 }, (_, index) => `move ${index % 4},R${8 + index}`),
];

/** The rows of each set. */
const rows = {
  1: instructions.filter((row) => isInSet(row, 1)),
  2: instructions.filter((row) => isInSet(row, 2)),
};

export function randomProgram(seed: number, syncs: boolean, set: InstructionSet = 1): PulseProgram {
  const pick = chooser(seed);
  const pace = paces[pick(paces.length)];
  const drawn = Array.from({ length }, (_, index) => drawInstruction(pick, syncs, pace, index, set));
  const start = preamble.length + 1;
  // Round and round: what runs off the end begins again.
  const text = [`.DEF INSTRUCTION_SET ${set}`, ...preamble, 'wait_sync 1000', ...drawn, `jmp ${start}`].join('\n');
  return sequence(`random ${seed}`, text, settings(pick));
}

function settings(pick: Choose): Setting[] {
  return [
    ['INTEGRATION_LENGTH', 4 + pick(400)],
    ['TRIGGER_ENABLE', pick(2)],
    ['TRIGGER_ADDRESS', 1 + pick(15)],
    ['THRESHOLD', 50],
    ...Array.from({ length: 15 }, (_, index): Setting => ['COUNT_THRESHOLD', pick(3), index]),
    ...Array.from({ length: 8 }, (_, index): Setting => ['RESPONSE', pick(2) * 16384, index]),
    ['RESPONSE_COUNT', 8],
  ];
}

function drawInstruction(pick: Choose, syncs: boolean, pace: number, at: number, set: InstructionSet): string {
  for (;;) {
    const instruction = rows[set][pick(rows[set].length)];
    const { mnemonic } = instruction;
    if (mnemonic === 'illegal' || mnemonic === 'stop') continue;
    // What waits for others would mostly wait for ever; one in a while is enough.
    if ((mnemonic === 'wait_sync' && !syncs) || (mnemonic === 'wait_trigger' && pick(20) !== 0)) continue;
    const form = instruction.forms[pick(instruction.forms.length)];
    return `${mnemonic} ${form.operands.map((operand) => drawOperand(operand, pick, pace, at)).join(',')}`;
  }
}

/** Kinds for which any register will do. */
const anyWord = new Set<Operand['kind']>(['word', 'half', 'signedHalf', 'signedWord', 'unsignedWord']);

/** Indices of which the sequence has all but the last few. */
const mostlyThere: Partial<Record<Operand['kind'], number>> = { wave: 3, weight: 3, acquisition: 2, bin: 20 };

function drawOperand({ kind, mode }: Operand, pick: Choose, pace: number, at: number): string {
  if (mode === 'destination' || mode === 'counter') return `R${16 + pick(48)}`;
  if (mode === 'source') {
    if (kind === 'duration') return `R${pick(8)}`;
    return anyWord.has(kind) ? `R${pick(64)}` : `R${8 + pick(8)}`;
  }
  if (kind === 'duration' || kind === 'otherwise') return String(4 + pick(pace));
  // Backwards mostly means for ever; the whole goes round anyway.
  const from = pick(16) === 0 ? 0 : at + 1;
  if (kind === 'address') return String(preamble.length + 1 + from + pick(length + 1 - from));
  const few = mostlyThere[kind];
  if (few !== undefined) return String(pick(few));
  const { least, most } = operandKinds[kind];
  return String(
    pick(4) === 0 ? least + pick(Math.min(most - least + 1, 2 ** 32)) : least + pick(Math.min(most - least + 1, 16)),
  );
}
