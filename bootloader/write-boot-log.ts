// The record of this boot in the log: its reset cause, what was decided and why, and the hash of the image that will run.

import { DECISION_NONE, LOG_CRC, LOG_MEASUREMENT, LOG_NO_SLOT } from '../protocol/guest/generated/constants';
import {
  RESET_CAUSE_CAUSE_FAULT,
  RESET_CAUSE_CAUSE_WATCHDOG,
  readResetFaultAddress,
  readResetFaultCause,
} from '../protocol/guest/generated/registers';
import { SHA256_DIGEST_SIZE } from './crypto/sha256';
import { ACTION_BOOT, Facts, Outcome, slotOutcome } from './facts';
import { imageBuild, imageVersion } from './image/info';
import { SLOT_COUNT } from './image/slots';
import { appendLog, draftLog, measurementIn } from './image/state/boot-log';
import { measurement } from './image/verify';

/** `counter`: the security counter in the fuses. A log that cannot be written is no reason not to boot. */
export function logBoot(facts: Facts, outcome: Outcome, counter: u32): bool {
  const record = draftLog();
  const slot = outcome.slot;
  const boots = outcome.action == ACTION_BOOT;
  assert(slot < SLOT_COUNT && LOG_NO_SLOT >= SLOT_COUNT, 'no slot has its number');
  assert(outcome.decision != DECISION_NONE, 'a boot has a decision');
  assert(facts.cause <= 0xff && outcome.decision <= 0xff, 'a record keeps them in a byte each');
  assert(LOG_MEASUREMENT + SHA256_DIGEST_SIZE == LOG_CRC, 'the measurement fits');
  const cause = facts.cause;
  assert(slotOutcome(outcome, 0).reason <= 0xff && slotOutcome(outcome, 1).reason <= 0xff, 'a reason is a byte');
  record.cause = <u8>cause;
  record.decision = <u8>outcome.decision;
  record.slot = <u8>(boots ? slot : LOG_NO_SLOT);
  record.reasonOfA = <u8>slotOutcome(outcome, 0).reason;
  record.reasonOfB = <u8>slotOutcome(outcome, 1).reason;
  record.resets = <u8>min<u32>(facts.resets, 0xff);
  record.counter = counter;
  if (cause == RESET_CAUSE_CAUSE_FAULT || cause == RESET_CAUSE_CAUSE_WATCHDOG) {
    record.faultCause = <u8>readResetFaultCause();
    record.faultAddress = readResetFaultAddress();
  }
  if (boots) {
    record.state = <u8>slotOutcome(outcome, slot).state;
    record.version = imageVersion(slot);
    record.build = imageBuild(slot);
    memory.copy(measurementIn(record), measurement(slot), SHA256_DIGEST_SIZE);
  }
  return appendLog();
}
