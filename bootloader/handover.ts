// Handing over: sets everything that the firmware finds, and starts it with the last write. protocol/handover.ts draws the record.
//
// Order matters: everything that limits the firmware is in place before it can run. Boot partition, boot log and the running
// slot can no longer be changed, a trial has its timer, the watchdog runs; none of it can be undone without a reset (a
// confirm stops the trial timer).

import { copyToBus } from '../protocol/guest/dma';
import {
  DECISION_NONE,
  EVENT_BOOT_HANDOVER,
  HANDOVER_BOOT_RECORD,
  HANDOVER_BOOT_RECORD_SIZE,
  HANDOVER_BOOT_RECORD_SIZE_MAX,
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
  FLASH_PROTECT_BOOT_LOG,
  FLASH_PROTECT_SLOT_A,
  FLASH_PROTECT_SLOT_B,
  RESET_CONTROL_KEY_KEY,
  RESET_CONTROL_REQUEST_HANDOVER,
  RESET_MAILBOX,
  RESET_MAILBOX_COUNT,
  readResetCause,
  readResetTrialTimeout,
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
import { recordEvent } from '../protocol/guest/record-event';
import { writeBootRecord } from './boot-record';
import { isSame } from './image/differences';
import { ImageInfo, imageInfo, imageVerified, imageVersion } from './image/info';
import { measurement } from './image/verify';
import { maskOfLook, secondLook } from './second-look';

const HASH_BYTES: u32 = 32;
const MAILBOX_BYTES: u32 = RESET_MAILBOX_COUNT << 2;

/** The words in front of the hash, as protocol/handover.ts has them; then the hash, the size of the boot record, and the record. */
@unmanaged
class Mailbox {
  magic: u32 = 0;
  slot: u32 = 0;
  state: u32 = 0;
  decision: u32 = 0;
  resetCause: u32 = 0;
  version: u32 = 0;
  build: u32 = 0;
  securityCounter: u32 = 0;
}

const mailbox: usize = memory.data(<i32>MAILBOX_BYTES, 8);

/** Takes effect when the running export returns. */
export function handOver(slot: u32, state: u32, decision: u32): void {
  assert(imageVerified(slot), 'only a verified image is run');
  assert(state == SLOT_CONFIRMED || state == SLOT_TRIAL, 'a running image is confirmed or on trial');
  const info = imageInfo(slot);
  assert(info.payloadSize != 0, 'a verified image has a payload');
  assert(decision != DECISION_NONE, 'a boot has a decision');
  writeFlashProtect(FLASH_PROTECT_BOOT_LOG | (slot == 0 ? FLASH_PROTECT_SLOT_A : FLASH_PROTECT_SLOT_B));
  writeMailbox(info, slot, state, decision);
  // A trial has its timer; no image has it that is not on trial.
  const trialTimeoutMs = POLICY_TRIAL_TIMEOUT_MS & (0 - isSame(state, SLOT_TRIAL));
  writeResetTrialTimeout(trialTimeoutMs);
  const mask = maskOfLook(secondLook(slot, state) ^ readResetTrialTimeout() ^ trialTimeoutMs);
  writeResetHandoverAddress(info.payload & mask);
  writeResetHandoverLength(info.payloadSize & mask);
  writeWatchdogTimeout(POLICY_WATCHDOG_TIMEOUT_US);
  writeWatchdogWindow(POLICY_WATCHDOG_WINDOW_US);
  recordEvent(EVENT_BOOT_HANDOVER, slot, imageVersion(slot));
  writeWatchdogControl(WATCHDOG_CONTROL_ENABLE);
  // Where the second look was not good, this is no request, and the chip resets.
  writeResetControl((RESET_CONTROL_KEY_KEY | RESET_CONTROL_REQUEST_HANDOVER) & mask);
}

/** In one block. Its first word, the magic, is written last, when the rest is there. */
function writeMailbox(info: ImageInfo, slot: u32, state: u32, decision: u32): void {
  assert(HANDOVER_BOOT_RECORD + (HANDOVER_BOOT_RECORD_SIZE_MAX >> 2) <= RESET_MAILBOX_COUNT, 'the record fits');
  memory.fill(mailbox, 0, MAILBOX_BYTES);
  const words = mailboxWords();
  words.slot = slot;
  words.state = state;
  words.decision = decision;
  words.resetCause = readResetCause();
  words.version = info.version;
  words.build = info.build;
  words.securityCounter = info.counter;
  memory.copy(mailbox + (HANDOVER_HASH << 2), measurement(slot), HASH_BYTES);
  const size = writeBootRecord(slot, mailbox + (HANDOVER_BOOT_RECORD << 2));
  assert(size <= HANDOVER_BOOT_RECORD_SIZE_MAX, 'the record fits');
  store<u32>(mailbox + (HANDOVER_BOOT_RECORD_SIZE << 2), size);
  assert(words.magic == 0, 'the magic is written last');
  copyToBus(RESET_MAILBOX, mailbox, MAILBOX_BYTES);
  writeResetMailbox(HANDOVER_MAGIC, HANDOVER_MAGIC_VALUE);
}

function mailboxWords(): Mailbox {
  assert(offsetof<Mailbox>('magic') == HANDOVER_MAGIC << 2, 'the magic is the first word');
  assert(offsetof<Mailbox>('slot') == HANDOVER_SLOT << 2, 'the overlay is the table’s');
  assert(offsetof<Mailbox>('state') == HANDOVER_STATE << 2, 'the overlay is the table’s');
  assert(offsetof<Mailbox>('decision') == HANDOVER_DECISION << 2, 'the overlay is the table’s');
  assert(offsetof<Mailbox>('resetCause') == HANDOVER_RESET_CAUSE << 2, 'the overlay is the table’s');
  assert(offsetof<Mailbox>('version') == HANDOVER_VERSION << 2, 'the overlay is the table’s');
  assert(offsetof<Mailbox>('build') == HANDOVER_BUILD << 2, 'the overlay is the table’s');
  assert(offsetof<Mailbox>('securityCounter') == HANDOVER_SECURITY_COUNTER << 2, 'the overlay is the table’s');
  assert(offsetof<Mailbox>() == HANDOVER_HASH << 2, 'the hash follows the words');
  return changetype<Mailbox>(mailbox);
}
