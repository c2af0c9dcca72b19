// Block counters: how often each segment has executed. A counter is an i64 global behind `cycles`, out of the guest's reach.

import type { CheckedImage } from './check.ts';
import { Op } from './opcodes.ts';
import type { Segments } from './segments.ts';

/** Counters are read through this many bytes of RAM at a time: half a page. Every image has at least one page. */
export const counterWindow = 32768;

const { UNREACHABLE } = Op;

/** Code that executes equally often: a coverage point. */
export interface Block {
  functionIndex: number;
  functionName: string;
  /** Of its first instruction, in the image. */
  offset: number;
  /** Bytes of the image that belong to it, as pairs of start and end. */
  ranges: number[];
  /** Where its instructions start in the image. */
  instructions: number[];
  /** It has an `unreachable`: an assertion that fails ends here. */
  traps: boolean;
}

/** The segments to count, in the order of the code: those with an instruction of their own (others only charge for a loop head). */
export function countedSegments({ heads, owner }: Segments): Uint32Array {
  const counted = new Set(owner);
  counted.delete(-1);
  return Uint32Array.from(counted).sort((a, b) => heads[a] - heads[b]);
}

/** What each counter counts. */
export function blocksOf(
  { code }: CheckedImage,
  segments: Segments,
  counted: Uint32Array,
  functionNames: string[],
): Block[] {
  const blocks: Block[] = new Array(counted.length);
  const counterOf = new Map<number, number>();
  for (const [counter, segment] of counted.entries()) counterOf.set(segment, counter);
  for (const { functionIndex, first, last } of code.bodies) {
    const functionName = functionNames[functionIndex];
    for (let i = first; i < last; i++) {
      const counter = counterOf.get(segments.owner[i]);
      if (counter === undefined) continue;
      const [start, end] = [code.offset[i], code.offset[i + 1]];
      blocks[counter] ??= {
        ...{ functionIndex, functionName, offset: start, ranges: [start, start], instructions: [], traps: false },
      };
      const { ranges, instructions } = blocks[counter];
      instructions.push(start);
      if (code.opcode[i] === UNREACHABLE) blocks[counter].traps = true;
      if (ranges[ranges.length - 1] === start) ranges[ranges.length - 1] = end;
      else ranges.push(start, end);
    }
  }
  return blocks;
}
