// Functions the meter adds for the host. Through WebAssembly.Global a read or write takes 80 ns; a helper moves all of a core's
// globals in about 20, through the first words of RAM, which the host saves before and puts back after.

import { counterWindow } from './counters.ts';
import { ValueType } from './declarations.ts';
import type { MutableGlobal } from './mutable-globals.ts';
import { Op } from './opcodes.ts';
import type { Writer } from './writer.ts';

export interface Helper {
  name: string;
  parameters: number[];
  results: number[];
  write(out: Writer): void;
}

const countersPerHelper = counterWindow / 8;

/** `cycles` is the index of the budget global; `counters` globals come behind it. `answer`: that of the global for what a known call answers. */
export function helperFunctions(globals: MutableGlobal[], cycles: number, counters: number, answer?: number): Helper[] {
  const helpers: Helper[] = [
    {
      name: 'readCycles',
      parameters: [],
      results: [ValueType.I32],
      write: (out) => out.indexed(Op.GLOBAL_GET, cycles),
    },
    {
      name: 'writeCycles',
      parameters: [ValueType.I32],
      results: [],
      write(out) {
        out.indexed(Op.LOCAL_GET, 0);
        out.indexed(Op.GLOBAL_SET, cycles);
      },
    },
    {
      name: 'saveGlobals',
      parameters: [],
      results: [],
      write(out) {
        for (const { index, wide, word } of globals) spill(out, index, wide, word * 4);
      },
    },
    {
      name: 'restoreGlobals',
      parameters: [],
      results: [],
      write(out) {
        for (const { index, wide, word } of globals) fill(out, index, wide, word * 4);
      },
    },
  ];
  if (answer !== undefined)
    helpers.push({
      name: 'answerCall',
      parameters: [ValueType.I32, ValueType.I32],
      results: [],
      write(out) {
        out.indexed(Op.LOCAL_GET, 0);
        out.indexed(Op.GLOBAL_SET, cycles);
        out.indexed(Op.LOCAL_GET, 1);
        out.indexed(Op.GLOBAL_SET, answer);
      },
    });
  for (let first = 0; first < counters; first += countersPerHelper) {
    const count = Math.min(countersPerHelper, counters - first);
    helpers.push({
      name: `readCounters_${first / countersPerHelper}`,
      parameters: [],
      results: [],
      write(out) {
        for (let i = 0; i < count; i++) spill(out, cycles + 1 + first + i, true, i * 8);
      },
    });
  }
  return helpers;
}

/** Stores a global at a fixed address of RAM. */
function spill(out: Writer, index: number, wide: boolean, address: number): void {
  out.bytesOf(Op.CONST_32, 0);
  out.indexed(Op.GLOBAL_GET, index);
  out.bytesOf(wide ? Op.STORE_64 : Op.STORE_32, 2);
  out.u32(address);
}

/** Loads a global from a fixed address of RAM. */
function fill(out: Writer, index: number, wide: boolean, address: number): void {
  out.bytesOf(Op.CONST_32, 0, wide ? Op.LOAD_64 : Op.LOAD_32, 2);
  out.u32(address);
  out.indexed(Op.GLOBAL_SET, index);
}
