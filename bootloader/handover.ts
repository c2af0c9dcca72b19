// Handing over: everything the firmware finds is set here, and the last write lets it go. protocol/handover.ts is the record.
//
// Order matters: what protects and what limits the firmware is in place before it can run. The boot partition and the running
// slot can no longer be changed, a trial has its timer, the watchdog runs; none of it can be undone without a reset (a
// confirm stops the trial timer).

import {
  EVENT_BOOT_HANDOVER,
  HANDOVER_BUILD,
  HANDOVER_DECISION,
  HANDOVER_HASH,
  HANDOVER_MAGIC,
  HANDOVER_MAGIC_VALUE,
  HANDOVER_RESET_CAUSE,
  HANDOVER_SECURITY_COUNTER,
  HANDOVER_SLOT,
  HANDOVER_STATE,
  HANDOVER_VERSION,
  POLICY_TRIAL_TIMEOUT_MS,
  POLICY_WATCHDOG_TIMEOUT_US,
  POLICY_WATCHDOG_WINDOW_US,
  SLOT_CONFIRMED,
  SLOT_TRIAL,
} from '../protocol/guest/generated/constants';
import {
  FLASH_PROTECT_BOOT,
  FLASH_PROTECT_SLOT_A,
  FLASH_PROTECT_SLOT_B,
  RESET_CONTROL_KEY_KEY,
  RESET_CONTROL_REQUEST_HANDOVER,
  readResetCause,
  WATCHDOG_CONTROL_ENABLE,
  writeFlashProtect,
  writeResetControl,
  writeResetHandoverAddress,
  writeResetHandoverLength,
  writeResetMailbox,
  writeResetTrialTimeout,
  writeWatchdogControl,
  writeWatchdogTimeout,
  writeWatchdogWindow,
} from '../protocol/guest/generated/registers';
import {
  INFO_BUILD,
  INFO_COUNTER,
  INFO_HASH,
  INFO_PAYLOAD,
  INFO_PAYLOAD_SIZE,
  INFO_VERSION,
  imageInfo,
  imageVerified,
  imageVersion,
} from './image/info';
import { recordEvent } from './record-event';

const HASH_WORDS: u32 = 8;

/** Takes effect when the running export returns. */
export function handOver(slot: u32, state: u32, decision: u32): void {
  assert(imageVerified(slot), 'only a verified image is run');
  assert(state == SLOT_CONFIRMED || state == SLOT_TRIAL, 'a running image is confirmed or on trial');
  const info = imageInfo(slot);
  writeFlashProtect(FLASH_PROTECT_BOOT | (slot == 0 ? FLASH_PROTECT_SLOT_A : FLASH_PROTECT_SLOT_B));
  writeMailbox(info, slot, state, decision);
  writeResetHandoverAddress(load<u32>(info, INFO_PAYLOAD));
  writeResetHandoverLength(load<u32>(info, INFO_PAYLOAD_SIZE));
  if (state == SLOT_TRIAL) writeResetTrialTimeout(POLICY_TRIAL_TIMEOUT_MS);
  writeWatchdogTimeout(POLICY_WATCHDOG_TIMEOUT_US);
  writeWatchdogWindow(POLICY_WATCHDOG_WINDOW_US);
  recordEvent(EVENT_BOOT_HANDOVER, slot, imageVersion(slot));
  writeWatchdogControl(WATCHDOG_CONTROL_ENABLE);
  writeResetControl(RESET_CONTROL_KEY_KEY | RESET_CONTROL_REQUEST_HANDOVER);
}

function writeMailbox(info: usize, slot: u32, state: u32, decision: u32): void {
  writeResetMailbox(HANDOVER_SLOT, slot);
  writeResetMailbox(HANDOVER_STATE, state);
  writeResetMailbox(HANDOVER_DECISION, decision);
  writeResetMailbox(HANDOVER_RESET_CAUSE, readResetCause());
  writeResetMailbox(HANDOVER_VERSION, load<u32>(info, INFO_VERSION));
  writeResetMailbox(HANDOVER_BUILD, load<u32>(info, INFO_BUILD));
  writeResetMailbox(HANDOVER_SECURITY_COUNTER, load<u32>(info, INFO_COUNTER));
  for (let word: u32 = 0; word < HASH_WORDS; word++) {
    writeResetMailbox(HANDOVER_HASH + word, load<u32>(info + INFO_HASH + (word << 2)));
  }
  writeResetMailbox(HANDOVER_MAGIC, HANDOVER_MAGIC_VALUE);
}
