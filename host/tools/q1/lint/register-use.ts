// Which registers an instruction reads and writes, from its form in the instruction table.

import type { AssembledInstruction } from '../assemble.ts';

/** Registers an instruction reads, each with the operand that names it. */
export function registersRead({ form, operands }: AssembledInstruction): { register: number; operand: number }[] {
  return form.operands.flatMap(({ mode }, operand) =>
    mode === 'source' || mode === 'counter' ? [{ register: operands[operand].value, operand }] : [],
  );
}

/** Registers an instruction writes, in the order of its operands. */
export function registersWritten({ form, operands }: AssembledInstruction): number[] {
  return form.operands.flatMap(({ mode }, operand) =>
    mode === 'destination' || mode === 'counter' ? [operands[operand].value] : [],
  );
}
