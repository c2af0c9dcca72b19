// A firmware on trial that takes more power than shedding can save ends its own trial: it asks for a reset, and the bootloader keeps the reason.
//
// What must stay true: it asks once, in the run in which the budget decided; a confirmed firmware never asks, the interlock protects the
// fridge from it.

import { slotState } from '../../bootloader/image/state/boot-state';
import {
  EVENT_TRIAL_ENDED,
  REASON_POWER_BUDGET,
  SHED_SAFE_STATE,
  SLOT_TRIAL,
} from '../../protocol/guest/generated/constants';
import {
  RESET_BOOT_REQUEST_TRIAL_FAILURE_SHIFT,
  RESET_CONTROL_KEY_KEY,
  RESET_CONTROL_REQUEST_RESET,
  writeResetBootRequest,
  writeResetControl,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { loadShed, shedMicrowatts } from '../in-force/statement';
import { runningSlot } from '../kernel/handover';

let wasUnfit: bool = false;

export function endTrialWhenUnfit(): void {
  const unfit = loadShed() == SHED_SAFE_STATE;
  const isNew = unfit && !wasUnfit;
  wasUnfit = unfit;
  assert(!isNew || shedMicrowatts() != 0, 'what took too much was estimated');
  if (!isNew || slotState(runningSlot()) != SLOT_TRIAL) return;
  assert(REASON_POWER_BUDGET != 0, 'a boot request without a reason says nothing');
  recordEvent(EVENT_TRIAL_ENDED, REASON_POWER_BUDGET, shedMicrowatts());
  writeResetBootRequest(REASON_POWER_BUDGET << RESET_BOOT_REQUEST_TRIAL_FAILURE_SHIFT);
  writeResetControl(RESET_CONTROL_KEY_KEY | RESET_CONTROL_REQUEST_RESET);
}
