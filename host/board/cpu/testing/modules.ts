// Small modules for the tests of this folder, written as text.

import binaryen from 'binaryen';
import type { Bus } from '../bus.ts';

/** Assembles WebAssembly text, as it is written: with its names, and nothing optimised away. */
export function assemble(text: string): Uint8Array {
  // The library's settings belong to the process, and the AssemblyScript compiler sets them too.
  binaryen.setDebugInfo(true);
  binaryen.setGenerateStackIR(false);
  binaryen.setOptimizeStackIR(false);
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  try {
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

/** The least an image must have, around the given module fields; `reset` and `interrupt` are empty unless among them. */
export function image(fields: string, { reset = '', interrupt = '', pages = 1 } = {}, imports = ''): Uint8Array {
  return assemble(`(module
    (import "bus" "read32" (func $read32 (param i32) (result i32)))
    (import "bus" "write32" (func $write32 (param i32 i32)))
    ${imports}
    (memory (export "memory") ${pages} ${pages})
    ${fields}
    (func $reset (export "reset") ${reset})
    (func $interrupt (export "interrupt") (param $lines i32) ${interrupt}))`);
}

export interface Access {
  address: number;
  /** Undefined for a read. */
  value: number | undefined;
  cyclesLeft: number;
}

/** What a board throws out of a bus access it refuses. */
export class RefusedAccess extends Error {
  readonly faultCause: number;
  readonly address: number;

  constructor(faultCause: number, address: number, message: string) {
    super(message);
    this.faultCause = faultCause;
    this.address = address >>> 0;
  }
}

/** A bus that answers every read with a number made from the address, and keeps a record. */
export function recordingBus(): Bus & { accesses: Access[] } {
  const accesses: Access[] = [];
  return {
    accesses,
    read32(address, cyclesLeft) {
      accesses.push({ address: address >>> 0, value: undefined, cyclesLeft });
      return (Math.imul(address, 0x9e37_79b1) ^ accesses.length) >>> 0;
    },
    write32(address, value, cyclesLeft) {
      accesses.push({ address: address >>> 0, value: value >>> 0, cyclesLeft });
    },
  };
}
