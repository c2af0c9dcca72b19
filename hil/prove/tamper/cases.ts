// The types of the tamper proof: a device in some state, and a list of changes that an attacker makes to its flash before the next boot.

import type { AttackBench } from '../attack/attack-bench.ts';
import type { Slot } from '../attack/trust.ts';
import type { DeviceState } from './states.ts';

/** What is expected of the boot, besides what must always be true. */
export interface Expectation {
  /** It is unusual but good: this slot must be handed over to, even if the core refuses its payload. */
  mustRun?: Slot;
  /** This slot must not be handed over to, whatever the host's verification says: the bootloader is stricter here. */
  mustNotRun?: Slot;
  /** Safe mode was requested: the device may stay there, whatever is bootable. */
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
  /** A trial of the image in slot B was requested: when it verifies and is the newest, it must run. */
  asked?: boolean;
  /** One in so many belongs to the slice, and always the first and the last one. */
  sliceOf: number;
}

/** An untouched device: without this case, a bootloader that refuses everything would pass. */
export function untouched({ state }: TamperScenario): TamperCase {
  return { name: 'nothing is done', change: () => undefined, mustRun: state.runs };
}
