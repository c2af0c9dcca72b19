// A firmware that finds itself unfit says so before it is confirmed: it ends its own trial, and the bootloader keeps the reason.

import { slotState } from '../../bootloader/image/state/boot-state';
import { EVENT_TRIAL_GIVEN_UP, REASON_POWER_BUDGET, SLOT_TRIAL } from '../../protocol/guest/generated/constants';
import {
  RESET_BOOT_REQUEST_TRIAL_FAILURE_SHIFT,
  RESET_CONTROL_KEY_KEY,
  RESET_CONTROL_REQUEST_RESET,
  writeResetBootRequest,
  writeResetControl,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { runningSlot } from '../kernel/handover';

/** Nothing happens when the running image is confirmed: what it does then is the interlock's business. */
export function giveUpTrial(microwatts: u32): void {
  if (slotState(runningSlot()) != SLOT_TRIAL) return;
  recordEvent(EVENT_TRIAL_GIVEN_UP, REASON_POWER_BUDGET, microwatts);
  writeResetBootRequest(REASON_POWER_BUDGET << RESET_BOOT_REQUEST_TRIAL_FAILURE_SHIFT);
  writeResetControl(RESET_CONTROL_KEY_KEY | RESET_CONTROL_REQUEST_RESET);
}
