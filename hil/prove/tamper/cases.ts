// The shape of the tamper proof: a device in some state, and a list of what an attacker does to its flash before the next boot.

import type { AttackBench } from '../attack/attack-bench.ts';
import type { Slot } from '../attack/trust.ts';
import type { DeviceState } from './states.ts';

/** What is expected of the boot beside what is always true. */
export interface Expectation {
  /** It is odd, and good all the same: this slot must be handed over to, whatever the core says of its payload. */
  mustRun?: Slot;
  /** This slot's must not be, whatever the host's verification says: the bootloader is stricter here. */
  mustNotRun?: Slot;
  /** Safe mode was asked for: it may stay there, whatever is bootable. */
  mayStay?: boolean;
  /** The core has refused the image that ran last, or it was reset too often in a row: an older one may follow. */
  mayFallBack?: boolean;
}

export interface TamperCase extends Expectation {
  name: string;
  /** Changes flash; the bootloader is loaded and has not begun. */
  change(bench: AttackBench): void;
}

export interface TamperScenario {
  name: string;
  about: string;
  state: DeviceState;
  /** Always the same list. */
  cases(): TamperCase[];
  /** What is in slot B has been asked for: where it verifies and is the newest, it must run. */
  asked?: boolean;
  /** One in so many belongs to the slice; the first and the last always do. */
  sliceOf: number;
}

/** What the device does when nobody touched it: without this one, refusing everything would pass. */
export function untouched({ state }: TamperScenario): TamperCase {
  return { name: 'nothing is done', change: () => undefined, mustRun: state.runs };
}
