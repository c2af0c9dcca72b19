// Where control can go from each instruction. A jump through a register may go to every instruction whose label the program takes into a
// register; when it takes none, nobody knows, and then everything counts as reachable.

import type { AssembledInstruction, Program } from '../assemble.ts';

export interface Flow {
  /** Indices of instructions that may follow; the index behind the last means that the program runs off its end. */
  successors: number[][];
  reachable: boolean[];
}

export function flowOf({ instructions }: Program): Flow {
  const taken = [...new Set(instructions.flatMap(labelsTaken))];
  const successors = instructions.map((one, index) => successorsOf(one, index, taken));
  const unknown = taken.length === 0 && instructions.some(jumpsThroughRegister);
  return { successors, reachable: unknown ? instructions.map(() => true) : reachableFrom(0, successors) };
}

function labelsTaken({ instruction, operands }: AssembledInstruction): number[] {
  return instruction.class === 'jump' ? [] : operands.filter(({ label }) => label).map(({ value }) => value);
}

function successorsOf(one: AssembledInstruction, index: number, taken: number[]): number[] {
  const { mnemonic } = one.instruction;
  if (mnemonic === 'stop' || mnemonic === 'illegal') return [];
  const next = mnemonic === 'jmp' ? [] : [index + 1];
  if (one.instruction.class !== 'jump') return next;
  return [...new Set([...next, ...(jumpsThroughRegister(one) ? taken : [target(one)])])];
}

function jumpsThroughRegister({ form }: AssembledInstruction): boolean {
  return form.operands.some(({ kind, mode }) => kind === 'address' && mode === 'source');
}

function target({ form, operands }: AssembledInstruction): number {
  return operands[form.operands.findIndex(({ kind }) => kind === 'address')].value;
}

function reachableFrom(start: number, successors: number[][]): boolean[] {
  const reachable: boolean[] = successors.map(() => false);
  const waiting = [start];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (index >= successors.length || reachable[index]) continue;
    reachable[index] = true;
    waiting.push(...successors[index]);
  }
  return reachable;
}

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
