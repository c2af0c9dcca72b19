// What is fuzzed: a device at rest, what may be sent to it, and the laws.

import type { Random } from '../../../host/board/random.ts';
import type { Input } from './mutate.ts';

export interface FuzzTarget {
  /** Well-formed inputs to begin with. */
  seeds: readonly Input[];
  /** Bytes that mean something to it. */
  tokens: readonly Uint8Array[];
  /** Puts right what a mutation has certainly broken, at times: what lies behind a checksum is reached only so. */
  dress?(input: Input, random: Random): Input;
  /** Sends an input to the device as it was at the beginning; which law it broke, or undefined. `closely` looks at what costs time, too. */
  run(input: Input, closely: boolean): string | undefined;
  /** Block counters of the code under test, as they stand. */
  counts(): Float64Array;
  /** The last run, a line an event. */
  log(): string[];
}

export interface TargetText {
  name: string;
  about: string;
  /** Inputs of the slice, and of each part of the full proof. */
  slice: number;
  full: number;
  open(bootloader: Uint8Array, seed: number): Promise<FuzzTarget>;
}
