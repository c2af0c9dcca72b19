// How much stack a function's frame takes. The figure is a model (one 8-byte slot for every parameter, local and operand, and a fixed
// linkage), the same on every host. It gives a bound that is checked at load, instead of an overflow that depends on how
// V8 compiled the image.

import type { Body, Code } from './code.ts';
import type { Declarations } from './declarations.ts';
import { EMPTY_BLOCK, Op, opcodes } from './opcodes.ts';

const slotBytes = 8;
/** Return address, saved frame pointer, and the engine's own words. */
const linkageBytes = 64;
/** The core's stack. V8's own frames are at most about twice the model, and its default stack is near 1 MiB. */
export const stackBytesMax = 128 * 1024;

const { CALL, CALL_INDIRECT, ELSE, END, BLOCK, LOOP, IF } = Op;

/** By function index; zero for imports. */
export function frameSizes(code: Code, declarations: Declarations): Float64Array {
  const sizes = new Float64Array(declarations.functions.length);
  for (const body of code.bodies) {
    sizes[body.functionIndex] = linkageBytes + slotBytes * (body.locals + operandDepth(body, code, declarations));
  }
  return sizes;
}

/** The most operands on the stack at once; exact for valid code, and never too small for code that can run. */
export function operandDepth(body: Body, code: Code, declarations: Declarations): number {
  const heights: number[] = [];
  let height = 0;
  let deepest = 0;
  for (let i = body.first; i <= body.last; i++) {
    const key = code.opcode[i];
    if (key === BLOCK || key === LOOP || key === IF) {
      if (key === IF) height--;
      heights.push(height, code.immediate[i] === EMPTY_BLOCK ? 0 : 1);
    } else if (key === ELSE) {
      height = heights[heights.length - 2];
    } else if (key === END && heights.length > 0) {
      height = (heights.pop() as number) + (heights.pop() as number);
    } else if (key === CALL || key === CALL_INDIRECT) {
      const typeIndex = key === CALL ? declarations.functions[code.immediate[i]] : code.immediate[i];
      const type = declarations.types[typeIndex];
      height += type.results.length - type.parameters.length - (key === CALL ? 0 : 1);
    } else {
      height += opcodes[key]?.stackDelta ?? 0;
    }
    if (height > deepest) deepest = height;
  }
  return deepest;
}
