// Firmware with one known defect, for the bench: in its fifth second it keeps the core for 150 ms, so that every task is late once.

import { NS_PER_MS, NS_PER_SECOND, uptimeNs } from '../../protocol/guest/clock';
import * as firmware from '../main';

const FROM_NS: u64 = 5 * NS_PER_SECOND;
const FOR_NS: u64 = 150 * NS_PER_MS;

let done: bool = false;

export function reset(): void {
  firmware.reset();
}

export function interrupt(lines: u32): void {
  if (!done && uptimeNs() > FROM_NS) {
    done = true;
    const until = uptimeNs() + FOR_NS;
    while (uptimeNs() < until) {
      // The defect.
    }
  }
  firmware.interrupt(lines);
}
