// The output gates this firmware opens: only when its start-up checks have passed and every rail is up.
//
// The bootloader leaves all gates closed. What must stay true: a firmware that found a fault in itself at the start drives nothing.

import {
  ACTION_HEATERS_OFF,
  ACTION_MUTE,
  ACTION_SAFE_STATE,
  SHED_MUTED,
} from '../../protocol/guest/generated/constants';
import {
  OUTPUTS_ENABLE_DAC,
  OUTPUTS_ENABLE_HEATERS,
  OUTPUTS_ENABLE_KEY_KEY,
  OUTPUTS_ENABLE_MULTIPLEXER,
  writeOutputsEnable,
} from '../../protocol/guest/generated/registers';
import { loadShed } from '../protect/budget';
import { latchedHealth } from '../protect/health';
import { actionsInForce } from '../protect/interlock';

/** Gates (OUTPUTS_ENABLE_*) by the subsystem that drives them. */
const DRIVEN: u32 = OUTPUTS_ENABLE_HEATERS | OUTPUTS_ENABLE_DAC | OUTPUTS_ENABLE_MULTIPLEXER;

/** Called when the rails are up, and when a trip was taken back: opens what no interlock and no shed load keeps closed. */
export function openOutputs(): void {
  if (latchedHealth() != 0) return;
  const actions = actionsInForce();
  let open = DRIVEN;
  if ((actions & ACTION_MUTE) != 0 || loadShed() >= SHED_MUTED) open &= ~OUTPUTS_ENABLE_DAC;
  if ((actions & ACTION_HEATERS_OFF) != 0) open &= ~OUTPUTS_ENABLE_HEATERS;
  if ((actions & ACTION_SAFE_STATE) == ACTION_SAFE_STATE) open = 0;
  if (open != 0) writeOutputsEnable(OUTPUTS_ENABLE_KEY_KEY | open);
}
