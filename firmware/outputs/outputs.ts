// The output gates this firmware opens: only those a subsystem of it drives, and only when its start-up checks have passed.
//
// The bootloader leaves all gates closed. What must stay true: a firmware that found a fault in itself at the start drives nothing.

import {
  OUTPUTS_ENABLE_DAC,
  OUTPUTS_ENABLE_KEY_KEY,
  writeOutputsEnable,
} from '../../protocol/guest/generated/registers';
import { latchedHealth } from '../health/health';

/** Gates (OUTPUTS_ENABLE_*) by the subsystem that drives them: the sequencers drive the DACs. */
const DRIVEN: u32 = OUTPUTS_ENABLE_DAC;

/** Call once, when everything that checks itself has done so. */
export function openOutputs(): void {
  if (latchedHealth() == 0 && DRIVEN != 0) writeOutputsEnable(OUTPUTS_ENABLE_KEY_KEY | DRIVEN);
}
