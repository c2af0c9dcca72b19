// Registers that are read too soon after they were written, or that have a value which the instruction cannot take.

import { type OperandKindName, operandKinds } from '../../../../protocol/q1/operands.ts';
import type { Finding } from '../findings.ts';
import { registersRead, registersWritten } from './register-use.ts';
import { at, type LintRule } from './rule.ts';

/** The instruction that follows a write of a register still reads the old value. */
export const readAfterWrite: LintRule = ({ program, flow }) => {
  const found = new Map<string, Finding>();
  for (const [index, writer] of program.instructions.entries()) {
    const written = registersWritten(writer);
    if (written.length === 0 || !flow.reachable[index]) continue;
    for (const next of flow.successors[index]) {
      const reader = program.instructions[next];
      if (reader === undefined) continue;
      for (const { register, operand } of registersRead(reader)) {
        if (!written.includes(register)) continue;
        const message = `R${register} is read right after line ${writer.line} wrote it, and may still hold the old value: put a nop between`;
        found.set(`${next} ${operand}`, at(reader, 'warning', 'READ_AFTER_WRITE', message, operand));
      }
    }
  }
  return [...found.values()];
};

/** The kinds of operands that are checked when a register gives them; gains and offsets take the low 16 bits of any value. */
const judged = new Set<OperandKindName>(['duration', 'wave', 'weight', 'bin', 'trigger', 'flag', 'operator']);

/** A register whose value is known and which the instruction cannot take, for example a wait of less than 4 ns. */
export const knownValues: LintRule = ({ program, constants, flow }) =>
  program.instructions.flatMap((one, index) =>
    one.form.operands.flatMap(({ kind, mode }, operand) => {
      if (mode !== 'source' || !judged.has(kind) || !flow.reachable[index]) return [];
      const register = one.operands[operand].value;
      const value = constants(index, register);
      const { noun, least, most } = operandKinds[kind];
      if (value === undefined || (value >= least && value <= most)) return [];
      const message = `R${register} is ${value} here, which is not ${noun}: expected ${least} to ${most}`;
      return [at(one, 'warning', kind === 'duration' ? 'DURATION' : 'VALUE', message, operand)];
    }),
  );
