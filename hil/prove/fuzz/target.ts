// What is fuzzed: a device at rest, what may be sent to it, and the laws.

import type { Random } from '../../../host/board/random.ts';
import type { Input } from './mutate.ts';

export interface FuzzTarget {
  /** Well-formed inputs to begin with. */
  seeds: readonly Input[];
  /** Byte sequences that have a meaning for it. */
  tokens: readonly Uint8Array[];
  /** Repairs, now and then, what a mutation has broken: code behind a checksum is reached only so. */
  dress?(input: Input, random: Random): Input;
  /** Sends an input to the device in its first state. Returns the law that it broke, or undefined. `closely`: also makes the slow checks. */
  run(input: Input, closely: boolean): string | undefined;
  /** Present block counters of the code under test. */
  counts(): Float64Array;
  /** The last run, one line for each event. */
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
