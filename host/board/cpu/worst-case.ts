// The most cycles that one call of a function can take, where the code alone says so: the dearest path through every branch and every call.
//
// A loop, a block copy of a length that is not written there, and a call of such a function have no bound in the code; then the place is told instead.
// A path that ends in a trap (a failed assertion) does not count. What must stay true: no run of the function takes more than its bound.

import type { CallGraph } from './call-graph.ts';
import type { CheckedImage } from './check.ts';
import type { Body, Code } from './code.ts';
import { blockBytesPerCycle, busAccessCycles, costs } from './costs.ts';
import { Op } from './opcodes.ts';

export type WorstCase =
  | { cycles: number }
  /** Offset in the image of what has no bound, and what that is. */
  | { unbounded: 'loop' | 'block copy'; offset: number };

const {
  BLOCK,
  LOOP,
  IF,
  ELSE,
  END,
  BR,
  BR_IF,
  BR_TABLE,
  RETURN,
  UNREACHABLE,
  CALL,
  CALL_INDIRECT,
  COPY,
  FILL,
  CONST_32,
} = Op;
/** The cost of a place that no path leads to. */
const NEVER = Number.NEGATIVE_INFINITY;

/** A construct that is open while a body is walked. */
interface Frame {
  kind: number;
  /** Cycles at the `if`, for its other arm. */
  entered: number;
  /** Most cycles of a branch that leaves for the end. */
  leaving: number;
}

/** By function index. */
export function worstCases({ code, declarations, callGraph }: CheckedImage): WorstCase[] {
  const { importedFunctions } = declarations;
  const worst: WorstCase[] = [];
  for (const index of callGraph.calleesFirst)
    worst[index] =
      index < importedFunctions
        ? { cycles: busAccessCycles - costs[CALL] }
        : worstOfBody(code, code.bodies[index - importedFunctions], callGraph, worst);
  return worst;
}

/** Thrown inside of a walk, and nowhere else. */
class Unbounded extends Error {
  readonly result: WorstCase;

  constructor(result: WorstCase) {
    super();
    this.result = result;
  }
}

/** `known`: those of the functions that it calls. */
function worstOfBody(code: Code, body: Body, { typeTargets }: CallGraph, known: readonly WorstCase[]): WorstCase {
  const { opcode, offset, immediate, labelTables } = code;
  const frames: Frame[] = [{ kind: BLOCK, entered: 0, leaving: NEVER }];
  let now = 0;
  const leave = (depth: number, at: number) => {
    const frame = frames[frames.length - 1 - depth];
    if (now === NEVER) return;
    if (frame.kind === LOOP) throw new Unbounded({ unbounded: 'loop', offset: offset[at] });
    frame.leaving = Math.max(frame.leaving, now);
  };
  try {
    for (let i = body.first; i <= body.last; i++) {
      const key = opcode[i];
      now += costs[key];
      if (key === BLOCK || key === LOOP || key === IF) frames.push({ kind: key, entered: now, leaving: NEVER });
      else if (key === ELSE) now = toOtherArm(frames[frames.length - 1], now);
      else if (key === END) now = atEnd(frames, now);
      else if (key === BR_TABLE) for (const depth of labelTables[immediate[i]]) leave(depth, i);
      else if (key === BR || key === BR_IF) leave(immediate[i], i);
      else if (key === RETURN) leave(frames.length - 1, i);
      else if (now === NEVER) continue;
      else if (key === CALL) now += cyclesOf(known[immediate[i]]);
      else if (key === CALL_INDIRECT)
        now += Math.max(0, ...typeTargets[immediate[i]].map((index) => cyclesOf(known[index])));
      else if (key === COPY || key === FILL) now += copyCost(code, i);
      if (key === BR || key === BR_TABLE || key === RETURN || key === UNREACHABLE) now = NEVER;
    }
  } catch (stop) {
    if (stop instanceof Unbounded) return stop.result;
    throw stop;
  }
  return { cycles: Math.max(now, 0) };
}

/** At an `else`: the end of the first arm leaves for the end, the other begins where the `if` was. */
function toOtherArm(frame: Frame, now: number): number {
  frame.leaving = Math.max(frame.leaving, now);
  frame.kind = ELSE;
  return frame.entered;
}

function atEnd(frames: Frame[], now: number): number {
  const { kind, entered, leaving } = frames.pop() as Frame;
  return Math.max(now, leaving, kind === IF ? entered : NEVER);
}

function cyclesOf(worst: WorstCase): number {
  if ('cycles' in worst) return worst.cycles;
  throw new Unbounded(worst);
}

/** The length is the operand that was put on the stack last. */
function copyCost(code: Code, at: number): number {
  if (code.opcode[at - 1] !== CONST_32) throw new Unbounded({ unbounded: 'block copy', offset: code.offset[at] });
  return Math.ceil((code.immediate[at - 1] >>> 0) / blockBytesPerCycle);
}
