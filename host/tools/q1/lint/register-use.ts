// Which registers an instruction reads and writes, from its form in the instruction table.

import type { AssembledInstruction } from '../assemble.ts';

/** Registers an instruction reads, each with the operand that names it. */
export function registersRead({ form, operands }: AssembledInstruction): { register: number; operand: number }[] {
  return form.operands.flatMap(({ mode }, operand) =>
    mode === 'source' || mode === 'counter' ? [{ register: operands[operand].value, operand }] : [],
  );
}

/** The register an instruction writes. */
export function registerWritten({ form, operands }: AssembledInstruction): number | undefined {
  const index = form.operands.findIndex(({ mode }) => mode === 'destination' || mode === 'counter');
  return index < 0 ? undefined : operands[index].value;
}
