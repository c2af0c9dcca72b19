// Firmware with one known defect, for the bench: it is correct, but where it should sleep it asks again and again whether there is something to do.
// Every deadline is met and every answer is right; only the plate gets warmer.

import { readIntcPending } from '../../protocol/guest/generated/registers';
import * as firmware from '../main';

/** Turns between two looks; each look is an access to the bus. */
const TURNS: u32 = 5_000;

let spun: u32 = 1;

export function reset(): void {
  firmware.reset();
}

export function interrupt(lines: u32): void {
  firmware.interrupt(lines);
  while (readIntcPending() == 0) {
    // The defect.
    for (let turn: u32 = 0; turn < TURNS; turn++) spun = spun * 1_664_525 + 1_013_904_223;
  }
}
