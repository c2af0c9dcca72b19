// Constant propagation: which register values are known. Registers are zero at the start. A register that has different values on different
// paths, or that a loop changes, is not known.

import { REGISTER_COUNT } from '../../../../protocol/q1/operands.ts';
import type { AssembledInstruction, Program } from '../assemble.ts';
import { registerWritten } from './register-use.ts';

/** The value of a register before an instruction; undefined when it is not known. */
export type Constants = (instruction: number, register: number) => number | undefined;

type State = (number | undefined)[];

export function constantsOf({ instructions }: Program, successors: number[][]): Constants {
  const before: (State | undefined)[] = instructions.map(() => undefined);
  if (instructions.length > 0) before[0] = Array(REGISTER_COUNT).fill(0);
  const waiting = [0];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const state = before[index];
    if (state === undefined || instructions[index] === undefined) continue;
    const after = transfer(instructions[index], state);
    for (const next of successors[index]) {
      if (next < instructions.length && merge(before, next, after)) waiting.push(next);
    }
  }
  return (instruction, register) => before[instruction]?.[register];
}

/** True when the state before `index` became less known. */
function merge(before: (State | undefined)[], index: number, incoming: State): boolean {
  const known = before[index];
  if (known === undefined) {
    before[index] = [...incoming];
    return true;
  }
  let changed = false;
  for (const [register, value] of incoming.entries()) {
    if (known[register] === undefined || known[register] === value) continue;
    known[register] = undefined;
    changed = true;
  }
  return changed;
}

function transfer(one: AssembledInstruction, state: State): State {
  const written = registerWritten(one);
  if (written === undefined) return state;
  const after = [...state];
  after[written] = resultOf(one, state);
  return after;
}

function resultOf({ instruction, form, operands }: AssembledInstruction, state: State): number | undefined {
  const inputs = form.operands
    .map(({ mode }, index) => ({ mode, value: operands[index].value }))
    .filter(({ mode }) => mode !== 'destination')
    .map(({ mode, value }) => (mode === 'immediate' ? value >>> 0 : state[value]));
  const [a, b = 0] = inputs;
  if (instruction.mnemonic === 'loop' || inputs.some((value) => value === undefined) || a === undefined)
    return undefined;
  return operations[instruction.mnemonic]?.(a, b);
}

/** What the classic core calculates (firmware/sequencer/classic.ts). */
export const operations: Record<string, (a: number, b: number) => number> = {
  move: (a) => a,
  not: (a) => ~a >>> 0,
  add: (a, b) => (a + b) >>> 0,
  sub: (a, b) => (a - b) >>> 0,
  and: (a, b) => (a & b) >>> 0,
  or: (a, b) => (a | b) >>> 0,
  xor: (a, b) => (a ^ b) >>> 0,
  asl: (a, b) => (b > 31 ? 0 : (a << b) >>> 0),
  asr: (a, b) => (b > 31 ? 0 : a >>> b),
};
