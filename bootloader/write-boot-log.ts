// This boot's record in the log: what began it, what was decided and why, and what will run, as it was measured.

import {
  DECISION_NONE,
  LOG_CAUSE,
  LOG_COUNTER,
  LOG_CRC,
  LOG_DECISION,
  LOG_FAULT_ADDRESS,
  LOG_FAULT_CAUSE,
  LOG_MEASUREMENT,
  LOG_NO_SLOT,
  LOG_REASONS,
  LOG_RESETS,
  LOG_SLOT,
  LOG_STATE,
  LOG_VERSION,
} from '../protocol/guest/generated/constants';
import {
  RESET_CAUSE_CAUSE_FAULT,
  RESET_CAUSE_CAUSE_WATCHDOG,
  readResetFaultAddress,
  readResetFaultCause,
} from '../protocol/guest/generated/registers';
import { SHA256_DIGEST_SIZE } from './crypto/sha256';
import { ACTION_BOOT, Facts, Outcome, slotOutcome } from './facts';
import { imageVersion } from './image/info';
import { SLOT_COUNT } from './image/slots';
import { appendLog, draftLog } from './image/state/boot-log';
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
  store<u8>(record, <u8>cause, LOG_CAUSE);
  store<u8>(record, <u8>outcome.decision, LOG_DECISION);
  store<u8>(record, <u8>(boots ? slot : LOG_NO_SLOT), LOG_SLOT);
  for (let index: u32 = 0; index < SLOT_COUNT; index++) {
    store<u8>(record + LOG_REASONS + index, <u8>slotOutcome(outcome, index).reason);
  }
  store<u8>(record, <u8>min<u32>(facts.resets, 0xff), LOG_RESETS);
  store<u32>(record, counter, LOG_COUNTER);
  if (cause == RESET_CAUSE_CAUSE_FAULT || cause == RESET_CAUSE_CAUSE_WATCHDOG) {
    store<u8>(record, <u8>readResetFaultCause(), LOG_FAULT_CAUSE);
    store<u32>(record, readResetFaultAddress(), LOG_FAULT_ADDRESS);
  }
  if (boots) {
    store<u8>(record, <u8>slotOutcome(outcome, slot).state, LOG_STATE);
    store<u32>(record, imageVersion(slot), LOG_VERSION);
    memory.copy(record + LOG_MEASUREMENT, measurement(slot), SHA256_DIGEST_SIZE);
  }
  return appendLog();
}
