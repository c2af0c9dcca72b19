// Constant propagation: which register values are known. Registers are zero at the start. A register that has different values on different
// paths, or that a loop changes, is not known.

import { REGISTER_COUNT } from '../../../../protocol/q1/operands.ts';
import type { AssembledInstruction, Program } from '../assemble.ts';
import { operationOf } from './alu.ts';
import { registersWritten } from './register-use.ts';

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
    before[index] = incoming.slice();
    return true;
  }
  let changed = false;
  for (let register = 0; register < incoming.length; register++) {
    if (known[register] === undefined || known[register] === incoming[register]) continue;
    known[register] = undefined;
    changed = true;
  }
  return changed;
}

function transfer(one: AssembledInstruction, state: State): State {
  const written = registersWritten(one);
  if (written.length === 0) return state;
  const after = state.slice();
  const results = resultsOf(one, state);
  for (const [index, register] of written.entries()) after[register] = results[index];
  return after;
}

/** What its destinations get, as far as it is known. */
function resultsOf({ instruction, form, operands }: AssembledInstruction, state: State): (number | undefined)[] {
  const inputs = form.operands
    .map(({ mode }, index) => ({ mode, value: operands[index].value }))
    .filter(({ mode }) => mode !== 'destination')
    .map(({ mode, value }) => (mode === 'immediate' ? value >>> 0 : state[value]));
  const [a, b = 0] = inputs;
  const operation = instruction.class === 'arithmetic' ? operationOf(instruction) : undefined;
  if (operation === undefined || a === undefined || inputs.includes(undefined)) return [];
  return [operation.result(a, b), operation.high?.(a, b)];
}
