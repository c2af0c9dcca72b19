// What a trip does, and what comes back when it is cleared.
//
// Gates first: they take effect in the very write. Rails after them, in the opposite order of their coming up. What must stay true: every
// step only ever switches off; coming back is the rails task's, in its order.

import {
  ACTION_HEATERS_OFF,
  ACTION_MUTE,
  ACTION_SAFE_STATE,
  EVENT_SAFE_STATE,
} from '../../protocol/guest/generated/constants';
import {
  ACTIVITY_DUTY_PERCENT_MUTED,
  OUTPUTS_DISABLE_DAC,
  OUTPUTS_DISABLE_HEATERS,
  OUTPUTS_DISABLE_MULTIPLEXER,
  readRailsEnable,
  writeActivityDuty,
  writeOutputsDisable,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { dropRails, raiseRails } from './rails';

export function act(action: u32, interlock: u32): void {
  if ((action & ACTION_SAFE_STATE) == ACTION_SAFE_STATE) {
    writeOutputsDisable(OUTPUTS_DISABLE_HEATERS | OUTPUTS_DISABLE_DAC | OUTPUTS_DISABLE_MULTIPLEXER);
    writeActivityDuty(ACTIVITY_DUTY_PERCENT_MUTED);
  } else if ((action & ACTION_MUTE) != 0) {
    writeOutputsDisable(OUTPUTS_DISABLE_DAC);
    writeActivityDuty(ACTIVITY_DUTY_PERCENT_MUTED);
  } else {
    assert((action & ACTION_HEATERS_OFF) != 0, 'a trip does something');
    writeOutputsDisable(OUTPUTS_DISABLE_HEATERS);
  }
  dropRails();
  if (action == ACTION_SAFE_STATE) recordEvent(EVENT_SAFE_STATE, interlock, readRailsEnable());
}

/** A trip was taken back; what no other trip keeps off may come back. */
export function restore(inForce: u32): void {
  if (inForce != ACTION_SAFE_STATE) raiseRails();
}
