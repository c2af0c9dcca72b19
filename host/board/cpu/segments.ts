// Finds where cycles are charged. A segment is a set of instructions of one function that all execute equally often, once its first one
// has: straight-line code, and what follows an inner construct that always comes out at its own end. The meter charges
// a segment at its first instruction, so the fewer segments the cheaper metering is.
//
//   A                 one segment: A C F, charged at A          loop  A             a loop whose way back is a plain `br`:
//   if  B  end        one segment: B                              if B br loop end   A is charged by each jump to it,
//   C                                                           end                 before the loop and together with B,
//   loop  D  br_if    one segment: D                                                so an iteration charges once
//   end
//   F
//
// Two laws hold, and the tests in meter.test.ts check them against an interpreter that adds up one instruction at a time:
//  1. A run that returns has been charged exactly the cost of the instructions it executed.
//  2. The same holds at each bus access: nothing behind the access is charged before it. A call that can reach the bus
//     is therefore a barrier that ends every segment around it.
// Cycles are charged ahead only between two such moments, where the count is not visible.

import type { CallGraph } from './call-graph.ts';
import type { Body, Code } from './code.ts';
import { busAccessCycles, costs } from './costs.ts';
import type { Declarations } from './declarations.ts';
import { Op } from './opcodes.ts';

export interface Segments {
  /** By segment: the instruction it is charged before. */
  heads: number[];
  /** Cycles to charge at the head; zero where others charge them. */
  charges: number[];
  /** By instruction: its segment, or -1 for structure and dead code. */
  owner: Int32Array;
}

const { BLOCK, LOOP, IF, ELSE, END, BR, BR_IF, BR_TABLE, RETURN, UNREACHABLE, CALL, CALL_INDIRECT } = Op;

/** A construct that is open while a body is walked. */
interface Frame {
  kind: number;
  opener: number;
  /** The segment the next instruction at this level belongs to; -1: a new one. */
  segment: number;
  /** The segment that executes whenever the construct is entered; -1 while there is none. */
  first: number;
  /** Whether the level's beginning is over, so that a new segment is no longer `first`. */
  split: boolean;
  barrier: boolean;
  /** Nothing at this level can execute before its end or else. With `bornDead` nothing can execute after that either. */
  dead: boolean;
  bornDead: boolean;
  /** The outermost level that a branch inside leaves for. */
  escapesTo: number;
  /** For loops: segments that end with a plain br to its head; null once any conditional branch does. */
  backEdges: number[] | null;
}

export function findSegments(code: Code, declarations: Declarations, callGraph: CallGraph): Segments {
  const segments: Segments = { heads: [], charges: [], owner: new Int32Array(code.opcode.length).fill(-1) };
  for (const body of code.bodies) new BodyWalk(code, declarations, callGraph, segments, body).walk();
  return segments;
}

class BodyWalk {
  private readonly frames: Frame[] = [];
  private readonly code: Code;
  private readonly declarations: Declarations;
  private readonly callGraph: CallGraph;
  private readonly segments: Segments;
  private readonly body: Body;

  constructor(code: Code, declarations: Declarations, callGraph: CallGraph, segments: Segments, body: Body) {
    this.code = code;
    this.declarations = declarations;
    this.callGraph = callGraph;
    this.segments = segments;
    this.body = body;
  }

  walk(): void {
    const { body, code } = this;
    this.open(BLOCK, body.first, -1, false);
    for (let i = body.first; i < body.last; i++) {
      const key = code.opcode[i];
      const top = this.frames[this.frames.length - 1];
      if (key === END) this.close();
      else if (key === ELSE) this.beginElse(top);
      else if (key === BLOCK || key === LOOP || key === IF) this.openConstruct(key, i, top);
      else if (!top.dead) {
        this.charge(i, costs[key], top);
        if (key === CALL || key === CALL_INDIRECT) this.call(i, key, top);
        else if (key >= UNREACHABLE && key <= RETURN) this.leave(i, key, top);
      }
    }
    if (this.frames.length !== 1) throw new Error('a checked body ended inside a construct');
  }

  private charge(instruction: number, cycles: number, top: Frame): void {
    const { segments } = this;
    if (top.segment < 0) this.begin(instruction, top);
    segments.charges[top.segment] += cycles;
    segments.owner[instruction] = top.segment;
  }

  private begin(instruction: number, frame: Frame): void {
    frame.segment = this.segments.heads.push(instruction) - 1;
    this.segments.charges.push(0);
    if (frame.first < 0 && !frame.split) frame.first = frame.segment;
  }

  private open(kind: number, opener: number, segment: number, dead: boolean): void {
    this.frames.push({
      kind,
      opener,
      segment,
      first: segment,
      split: false,
      barrier: false,
      dead,
      bornDead: dead,
      escapesTo: this.frames.length,
      backEdges: kind === LOOP ? [] : null,
    });
  }

  private openConstruct(kind: number, instruction: number, top: Frame): void {
    if (kind === IF && !top.dead) this.charge(instruction, costs[IF], top);
    // A block is entered as straight-line code; a loop head and an arm are places control comes to on its own.
    this.open(kind, instruction, kind === BLOCK ? top.segment : -1, top.dead);
  }

  private beginElse(top: Frame): void {
    top.segment = -1;
    top.split = true;
    top.dead = top.bornDead;
  }

  private close(): void {
    const inner = this.frames.pop() as Frame;
    const outer = this.frames[this.frames.length - 1];
    if (inner.bornDead) return;
    if (inner.kind === LOOP) this.moveLoopHead(inner, outer);
    if (inner.kind === BLOCK && outer.first < 0 && !outer.split) outer.first = inner.first;
    outer.barrier ||= inner.barrier;
    outer.escapesTo = Math.min(outer.escapesTo, inner.escapesTo);
    if (inner.barrier || inner.escapesTo < this.frames.length) this.split(outer);
    else if (inner.kind === BLOCK) outer.segment = inner.first;
  }

  private split(frame: Frame): void {
    frame.segment = -1;
    frame.split = true;
  }

  /** Charges a loop's head at the jumps to it, if all of these jumps are unconditional. */
  private moveLoopHead(loop: Frame, outer: Frame): void {
    const { charges } = this.segments;
    const head = loop.first;
    if (head < 0 || !loop.backEdges?.length || loop.backEdges.includes(head)) return;
    if (outer.segment < 0) this.begin(loop.opener, outer);
    for (const segment of [outer.segment, ...loop.backEdges]) charges[segment] += charges[head];
    charges[head] = 0;
  }

  private call(instruction: number, key: number, top: Frame): void {
    const { callGraph, code, declarations, segments } = this;
    const target = code.immediate[instruction];
    if (key === CALL && target < declarations.importedFunctions) {
      segments.charges[top.segment] += busAccessCycles - costs[CALL];
    }
    const barrier = key === CALL ? callGraph.reachesBus[target] : callGraph.typeReachesBus[target];
    if (!barrier) return;
    top.barrier = true;
    this.split(top);
  }

  private leave(instruction: number, key: number, top: Frame): void {
    const immediate = this.code.immediate[instruction];
    if (key === BR) this.branch(immediate, true, top);
    else if (key === BR_IF) this.branch(immediate, false, top);
    else if (key === BR_TABLE) for (const depth of this.code.labelTables[immediate]) this.branch(depth, false, top);
    else if (key === RETURN) top.escapesTo = 0;
    else if (key !== UNREACHABLE) return; // nop
    if (key === BR_IF) this.split(top);
    else top.dead = true;
  }

  private branch(depth: number, always: boolean, top: Frame): void {
    const level = this.frames.length - 1 - depth;
    top.escapesTo = Math.min(top.escapesTo, level);
    const target = this.frames[level];
    if (target.kind !== LOOP) return;
    if (always) target.backEdges?.push(top.segment);
    else target.backEdges = null;
  }
}
