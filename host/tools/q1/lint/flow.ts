// Control flow: which instructions may follow each instruction, and which register values are known there.
//
// Each needs the other, because the target of a jump may be in a register. At first such jumps have no target. When a value that is known
// gives the target of one, that edge is added and the calculation is repeated. When a target stays unknown (a jump table), every instruction
// counts as reachable and no value as known.

import type { AssembledInstruction, Program } from '../assemble.ts';
import { type Constants, constantsOf } from './constants.ts';

export interface Flow {
  /** Indices of instructions that may follow; the index behind the last means that the program runs off its end. */
  successors: number[][];
  reachable: boolean[];
  /** The target of a jump is not known. */
  unknown: boolean;
  constants: Constants;
}

export function flowOf(program: Program): Flow {
  const { instructions } = program;
  const targets = new Map<number, number>();
  for (;;) {
    const successors = instructions.map((one, index) => successorsOf(one, index, targets.get(index)));
    const reachable = reachableFrom(0, successors);
    const constants = constantsOf(program, successors);
    const open = instructions.flatMap((one, index) => {
      const register = targetRegister(one);
      return register === undefined || !reachable[index] ? [] : [{ index, target: constants(index, register) }];
    });
    // A new edge may make values unknown, so every target is checked again.
    if (open.some(({ index, target }) => target === undefined || (targets.get(index) ?? target) !== target)) {
      return { successors, reachable: instructions.map(() => true), unknown: true, constants: () => undefined };
    }
    const found = open.filter(({ index }) => !targets.has(index));
    if (found.length === 0) return { successors, reachable, unknown: false, constants };
    for (const { index, target } of found) targets.set(index, target as number);
  }
}

function successorsOf(one: AssembledInstruction, index: number, registerTarget: number | undefined): number[] {
  const { mnemonic } = one.instruction;
  if (mnemonic === 'stop' || mnemonic === 'illegal') return [];
  const next = mnemonic === 'jmp' ? [] : [index + 1];
  if (one.instruction.class !== 'jump') return next;
  const target = targetRegister(one) === undefined ? addressOf(one) : registerTarget;
  return target === undefined ? next : [...new Set([...next, target])];
}

/** The register a jump goes through. */
function targetRegister({ form, operands }: AssembledInstruction): number | undefined {
  const index = form.operands.findIndex(({ kind, mode }) => kind === 'address' && mode === 'source');
  return index < 0 ? undefined : operands[index].value;
}

function addressOf({ form, operands }: AssembledInstruction): number {
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
