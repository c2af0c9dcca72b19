// The call graph. It must be acyclic: then the deepest call path is known before the image runs, its stack is bounded
// at load, and a stack overflow does not depend on the host. The same walk finds which
// functions can reach the bus; the meter needs that to keep the time of every bus access exact.
//
// An indirect call may go to any table entry of its type. To keep the graph linear in the image's size each type is a node of its
// own: caller -> type -> every table entry of that type.

import { type Code, nameOf } from './code.ts';
import type { Declarations } from './declarations.ts';
import { Op } from './opcodes.ts';
import { ImageRefused } from './refused.ts';

export interface CallGraph {
  /** By function index: 1 where the function, or anything it calls, accesses the bus. Imported functions are 1. */
  reachesBus: Uint8Array;
  /** By type index: 1 where an indirect call of that type can reach the bus. */
  typeReachesBus: Uint8Array;
  /** Bytes of stack of the deepest call path, by function index, in the model of `frameBytes`. */
  stackBytes: Float64Array;
  /** All functions, each behind those that it calls. */
  calleesFirst: readonly number[];
  /** By type index: the functions that an indirect call of that type may reach. */
  typeTargets: readonly (readonly number[])[];
}

const { CALL, CALL_INDIRECT } = Op;

/** Nodes 0..functions-1 are functions; node functions + canonical type index is "any table entry of that type". */
export function buildCallGraph(
  code: Code,
  declarations: Declarations,
  names: Map<number, string>,
  frameBytes: Float64Array,
): CallGraph {
  const functionCount = declarations.functions.length;
  const canonical = canonicalTypes(declarations);
  const edges = collectEdges(code, declarations, canonical);
  const reachesBus = new Uint8Array(edges.length).fill(1, 0, declarations.importedFunctions);
  const stackBytes = new Float64Array(edges.length);
  const order = postOrder(edges, (cycle) => refuseCycle(cycle, code, declarations, names));
  for (const node of order) {
    let deepest = 0;
    for (const callee of edges[node]) {
      deepest = Math.max(deepest, stackBytes[callee]);
      reachesBus[node] |= reachesBus[callee];
    }
    stackBytes[node] = deepest + (node < functionCount ? frameBytes[node] : 0);
  }
  return {
    reachesBus: reachesBus.subarray(0, functionCount),
    typeReachesBus: Uint8Array.from(canonical, (type) => reachesBus[functionCount + type]),
    stackBytes,
    calleesFirst: order.filter((node) => node < functionCount),
    typeTargets: canonical.map((type) => edges[functionCount + type]),
  };
}

/** Type index -> the first type index of the same shape; indirect calls compare shapes, not indices. */
function canonicalTypes(declarations: Declarations): number[] {
  const firstOfShape = new Map<string, number>();
  return declarations.types.map((type, index) => {
    const shape = `${type.parameters}->${type.results}`;
    const first = firstOfShape.get(shape) ?? index;
    firstOfShape.set(shape, first);
    return first;
  });
}

function collectEdges(code: Code, declarations: Declarations, canonical: number[]): number[][] {
  const functionCount = declarations.functions.length;
  const edges: Set<number>[] = [];
  for (let node = 0; node < functionCount + declarations.types.length; node++) edges.push(new Set());
  for (const body of code.bodies) {
    const callees = edges[body.functionIndex];
    for (let i = body.first; i <= body.last; i++) {
      if (code.opcode[i] === CALL) callees.add(code.immediate[i]);
      else if (code.opcode[i] === CALL_INDIRECT) callees.add(functionCount + canonical[code.immediate[i]]);
    }
  }
  for (const segment of declarations.elements) {
    for (const index of segment.functions) edges[functionCount + canonical[declarations.functions[index]]].add(index);
  }
  return edges.map((set) => [...set]);
}

/** Orders each node after the nodes it points to. Uses an explicit stack, because the image decides the depth. */
function postOrder(edges: number[][], onCycle: (cycle: number[]) => never): number[] {
  const state = new Uint8Array(edges.length); // 0 new, 1 on the path, 2 done
  const order: number[] = [];
  for (let root = 0; root < edges.length; root++) {
    if (state[root] !== 0) continue;
    const path = [root];
    const nextEdge = [0];
    state[root] = 1;
    while (path.length > 0) {
      const node = path[path.length - 1];
      const position = nextEdge[nextEdge.length - 1]++;
      if (position === edges[node].length) {
        state[node] = 2;
        order.push(node);
        path.pop();
        nextEdge.pop();
        continue;
      }
      const callee = edges[node][position];
      if (state[callee] === 1) onCycle(path.slice(path.indexOf(callee)));
      if (state[callee] !== 0) continue;
      state[callee] = 1;
      path.push(callee);
      nextEdge.push(0);
    }
  }
  return order;
}

function refuseCycle(cycle: number[], code: Code, declarations: Declarations, names: Map<number, string>): never {
  const functionCount = declarations.functions.length;
  const first = cycle.findIndex((node) => node < functionCount);
  const turned = [...cycle.slice(first), ...cycle.slice(0, first), cycle[first]];
  const shownMax = 12;
  const steps = turned.map((node) => (node < functionCount ? nameOf(names, node) : '(indirect call)'));
  if (steps.length > shownMax) steps.splice(shownMax - 1, steps.length - shownMax, '…');
  const body = code.bodies[cycle[first] - declarations.importedFunctions];
  const text = `recursion: ${steps.join(' -> ')}; the stack must be bounded at load, use a loop`;
  throw new ImageRefused('recursion', body.start, text, nameOf(names, body.functionIndex));
}
