// What a core's chip is asked where a call is shared that looks at it (known-calls.ts): what such a call saw, whether it would see the same again,
// and what it leaves behind beside RAM.

import type { Bus } from './bus.ts';

/** What a call saw of the chip, as the chip notes it. */
export interface Sight {
  /** Cycles in which the core was stalled. They are not of its budget. */
  readonly stalls: number;
}

/** RAM of a traced call. */
export interface TracedRam {
  bytes: Uint8Array;
  /** Must be called for what the chip writes into it. */
  wrote(address: number, length: number): void;
}

/** A bus for a call that is traced. */
export interface Watching extends Bus {
  /** What the call saw. */
  end(): Sight;
}

/** A call is traced, and did more on the bus than to look; or what it saw depends on chance. */
export class NotOnlyLooking extends Error {}

export interface Chip {
  /**
   * The bus for a call that is traced, and begins with so many cycles left: it changes nothing of the chip. An access that is not a look throws
   * NotOnlyLooking. `blindTo`: address of a word of flash that is left out of what the call saw, for a canary.
   */
  watch(ram: TracedRam, cyclesLeft: number, blindTo?: number): Watching;
  /** Whether a call with this sight, which takes so many cycles from where so many are left, would see it again, undisturbed. */
  shows(sight: Sight, cycles: number, cyclesLeft: number): boolean;
  /** A digest of what the chip holds where that sight is of; undefined where it depends on chance. */
  digestAt(sight: Sight): number | undefined;
  /** Has the time of the call pass, with all that it does beside RAM. Returns the cycles that are left then. */
  pass(sight: Sight, cycles: number, cyclesLeft: number): number;
}
