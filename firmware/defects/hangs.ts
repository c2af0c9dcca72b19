// Firmware with one known defect, for the bench: two seconds after its start it loops without an end.

import { NS_PER_SECOND, uptimeNs } from '../../protocol/guest/clock';
import * as firmware from '../main';

const HANGS_AFTER_NS: u64 = 2 * NS_PER_SECOND;

export function reset(): void {
  firmware.reset();
}

export function interrupt(lines: u32): void {
  firmware.interrupt(lines);
  if (uptimeNs() > HANGS_AFTER_NS) spin();
}

function spin(): void {
  while (true) {
    // The defect.
  }
}
