// What a profile needs of a run: when each function of the guest begins and ends, in cycles and in virtual time. A debugger asks for more.
//
// Cycles are those the core charged; time has the stalls as well, in which the core waits for the bus (copies by DMA). Both are exact: what passes between
// two of these moments belongs to the function that runs between them. A run that ends in a fault or a reset leaves functions without an end; they all
// end with the run. What must stay true: a witness only listens, so a run with one equals the run without.

import type { PreparedImage } from './cpu/cpu.ts';

/** Cycles are counted from the begin of the run; times are nanoseconds of virtual time. */
export interface CallWitness {
  /** The core begins a run: of interrupt(lines), or of reset() when `lines` is 0. `handedOver`: the image is the firmware, not the bootloader. */
  begin(image: PreparedImage, handedOver: boolean, lines: number, timeNs: number): void;
  /** `argument`: the first one of the function, when that is an i32; else 0. */
  enter(functionIndex: number, argument: number, cycles: number, timeNs: number): void;
  /** The function entered last returns. The one that the run began with does not: `end` ends it. */
  leave(cycles: number, timeNs: number): void;
  end(cycles: number, timeNs: number): void;
}

/** Is also told of instructions and of accesses to the bus. It may end the run by an exception; the board is restored then before it goes on. */
export interface StepWitness extends CallWitness {
  /** Offsets of the instructions of a module at which `step` is told. */
  stepsOf(module: Uint8Array): readonly number[];
  /** This instruction is next. */
  step(offset: number, cycles: number, timeNs: number): void;
  /** The core has read or written this on the bus. */
  access(address: number, value: number, isWrite: boolean, cycles: number, timeNs: number): void;
}
