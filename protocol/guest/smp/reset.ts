// OS reset: answered first, done POLICY_RESET_DELAY_MS later, so that the answer has left before the core is reset.
//
// The timer's one alarm belongs to the guest: it looks at `resetDeadlineNs` when it arms the alarm, and calls `resetWhenDue` when it fires.

import { fieldsOk, readFlag, readUnsigned } from '../cbor-fields';
import { NS_PER_MS, uptimeNs } from '../clock';
import { EVENT_RESET_REQUESTED, MGMT_EBUSY, MGMT_EINVAL, POLICY_RESET_DELAY_MS } from '../generated/constants';
import {
  RESET_BOOT_REQUEST_MODE_NORMAL,
  RESET_BOOT_REQUEST_MODE_SAFE_MODE,
  RESET_CONTROL_KEY_KEY,
  RESET_CONTROL_REQUEST_RESET,
  writeResetBootRequest,
  writeResetControl,
  writeResetResetsInARow,
} from '../generated/registers';
import { recordEvent } from '../record-event';
import { openRequest, requestIsEmpty } from './request';

/** The deadline while no reset is requested: later than any time. */
export const NO_RESET: u64 = u64.MAX_VALUE;

// 0 while no reset is requested. It does not begin as NO_RESET: a global that begins with another value than a plain number becomes code at load,
// which the core refuses.
let deadlineNs: u64 = 0;
let bootMode: u32 = 0;
let busy: bool = false;

/** While true a reset is refused as busy, unless it is forced. */
export function setResetBusy(value: bool): void {
  busy = value;
}

export function resetDeadlineNs(): u64 {
  assert(deadlineNs != NO_RESET, 'a reset that is due has a time');
  return deadlineNs == 0 ? NO_RESET : deadlineNs;
}

export function resetWhenDue(): void {
  if (deadlineNs == 0 || uptimeNs() < deadlineNs) return;
  assert(deadlineNs != NO_RESET, 'a reset that is due has a time');
  assert(bootMode <= RESET_BOOT_REQUEST_MODE_SAFE_MODE, 'a boot request that there is');
  writeResetBootRequest(bootMode);
  // This reset was requested: it does not count among the resets in a row that end in safe mode.
  writeResetResetsInARow(0);
  writeResetControl(RESET_CONTROL_KEY_KEY | RESET_CONTROL_REQUEST_RESET);
}

export function answerReset(): u32 {
  let force: bool = false;
  let mode: u64 = RESET_BOOT_REQUEST_MODE_NORMAL;
  if (!requestIsEmpty()) {
    openRequest();
    force = readFlag('force', false);
    mode = readUnsigned('boot_mode', RESET_BOOT_REQUEST_MODE_NORMAL);
    if (!fieldsOk() || mode > RESET_BOOT_REQUEST_MODE_SAFE_MODE) return MGMT_EINVAL;
  }
  if (busy && !force) return MGMT_EBUSY;
  // A second request does not move the reset to a later time; of several boot requests the last one counts.
  if (deadlineNs == 0) deadlineNs = uptimeNs() + POLICY_RESET_DELAY_MS * NS_PER_MS;
  assert(
    deadlineNs != 0 && deadlineNs <= uptimeNs() + POLICY_RESET_DELAY_MS * NS_PER_MS,
    'a reset is no later than its delay',
  );
  bootMode = <u32>mode;
  assert(bootMode <= RESET_BOOT_REQUEST_MODE_SAFE_MODE, 'what a client may request was checked');
  recordEvent(EVENT_RESET_REQUESTED, bootMode, force ? 1 : 0);
  return 0;
}
