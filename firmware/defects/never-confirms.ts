// Firmware with one known defect, for the bench: a self-test that never passes, so that no client can confirm the image.

import { HEALTH_SELF_TEST } from '../../protocol/guest/generated/constants';
import { latchHealth } from '../in-force/statement';
import * as firmware from '../main';

export function reset(): void {
  firmware.reset();
  latchHealth(HEALTH_SELF_TEST);
}

export function interrupt(lines: u32): void {
  firmware.interrupt(lines);
}
