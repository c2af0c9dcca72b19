// The bootloader: verify -> decide -> act -> hand over, or stay and be rescued.
//
//   survey     facts: registers, fuses, boot state, both images' headers                    survey.ts, image/state/
//   decide     pure; says which image boots, or which one must be verified first             decide.ts
//   verify     pure; one slot at a time, only on demand                                      image/
//   act        one boot-state record, only if it differs                                     act.ts
//   settle     a confirmed image's security counter and revocations, into the fuses          settle.ts
//   log        one record, whatever was decided                                              write-boot-log.ts
//   hand over  look again, in another way; protect, limit, tell, go                          handover.ts, second-look.ts
//   safe mode  the SMP server                                                                safe-mode.ts, image/smp/
//
// What must stay true:
// - The first write closes all output gates, and nothing here opens one.
// - No image runs that did not verify in this very boot.
// - No boot confirms an image, and none moves a fuse but for an image that was confirmed before.
// - Between two resets at most one boot-state record is appended before the hand-over, and none when nothing changed.
// - RAM is new at every boot: whatever must outlast one is in the boot state.

import {
  DECISION_NONE,
  EVENT_BOOT_DECISION,
  EVENT_BOOT_LOG_FAILED,
  EVENT_BOOT_START,
  EVENT_BOOT_VERIFY,
  REASON_NONE,
} from '../protocol/guest/generated/constants';
import {
  FLASH_PROTECT_BOOT,
  OUTPUTS_DISABLE_DAC,
  OUTPUTS_DISABLE_HEATERS,
  OUTPUTS_DISABLE_MULTIPLEXER,
  RESET_BOOT_REQUEST_MODE_NORMAL,
  RESET_RESETS_IN_A_ROW_COUNT,
  RESET_RESETS_IN_A_ROW_TRIED_SHIFT,
  readResetBootRequest,
  readResetCause,
  readResetResetCount,
  writeFlashProtect,
  writeOutputsDisable,
  writeResetBootRequest,
  writeResetResetsInARow,
} from '../protocol/guest/generated/registers';
import { recordEvent } from '../protocol/guest/record-event';
import { act } from './act';
import { decide } from './decide';
import {
  ACTION_BOOT,
  ACTION_SAFE_MODE,
  ACTION_VERIFY,
  FACTS_SIZE,
  Facts,
  OUTCOME_SIZE,
  Outcome,
  slotFacts,
  slotOutcome,
  UNCHECKED,
} from './facts';
import { handOver } from './handover';
import { imageIsRecovery, imageVerified } from './image/info';
import { securityCounter } from './image/security-counter';
import { SLOT_COUNT } from './image/slots';
import { loadBootState } from './image/state/boot-state';
import { verifySlot } from './image/verify';
import { serveSafeMode, startSafeMode } from './safe-mode';
import { settle } from './settle';
import { survey } from './survey';
import { logBoot } from './write-boot-log';

const facts: Facts = changetype<Facts>(memory.data(FACTS_SIZE, 4));
const outcome: Outcome = changetype<Outcome>(memory.data(OUTCOME_SIZE, 4));

export function reset(): void {
  // The reset closed all gates. A chip whose reset did not is made safe before anything else is done.
  writeOutputsDisable(OUTPUTS_DISABLE_HEATERS | OUTPUTS_DISABLE_DAC | OUTPUTS_DISABLE_MULTIPLEXER);
  // From here on no wrong write can change the bootloader itself.
  writeFlashProtect(FLASH_PROTECT_BOOT);
  recordEvent(EVENT_BOOT_START, readResetCause(), readResetResetCount());
  loadBootState();
  survey(facts);
  decideAndVerify();
  if (!act(facts, outcome)) {
    // Without a record no image may go on trial: decide again under that condition, and leave flash alone.
    facts.writable = 0;
    decideAndVerify();
    assert(act(facts, outcome), 'what is not written does not fail');
  }
  // A request counts for one boot. It stays until both decisions have read it.
  if (readResetBootRequest() != 0) writeResetBootRequest(RESET_BOOT_REQUEST_MODE_NORMAL);
  const decision = outcome.decision;
  const slot = outcome.slot;
  const boots = outcome.action == ACTION_BOOT;
  assert(decision != DECISION_NONE, 'a boot has a decision');
  assert(boots || outcome.action == ACTION_SAFE_MODE, 'an image runs, or the bootloader stays');
  assert(!boots || imageVerified(slot), 'what boots was verified in this boot');
  recordEvent(EVENT_BOOT_DECISION, decision, slot);
  writeResetResetsInARow(boots ? rowFromNowOn() : 0);
  if (boots) settle(facts, outcome, slot);
  if (!logBoot(facts, outcome, securityCounter())) recordEvent(EVENT_BOOT_LOG_FAILED, decision, slot);
  if (boots) {
    handOver(slot, slotOutcome(outcome, slot).state, decision);
  } else {
    startSafeMode(decision);
  }
}

/** Resets in a row, and which slots have had their turn in it, as RESET.RESETS_IN_A_ROW has them. */
function rowFromNowOn(): u32 {
  assert(outcome.resets <= RESET_RESETS_IN_A_ROW_COUNT, 'the count stops at the most the register holds');
  assert(outcome.tried < 1 << SLOT_COUNT, 'there are two slots');
  return outcome.resets | (outcome.tried << RESET_RESETS_IN_A_ROW_TRIED_SHIFT);
}

export function interrupt(lines: u32): void {
  assert(outcome.action == ACTION_SAFE_MODE, 'interrupts are enabled in safe mode only');
  serveSafeMode(lines);
}

/** Decides, and verifies the images that the decision needs: each slot once at most. */
function decideAndVerify(): void {
  decide(facts, outcome);
  for (let turn: u32 = 0; turn < SLOT_COUNT && outcome.action == ACTION_VERIFY; turn++) {
    const slot = outcome.slot;
    assert(slotFacts(facts, slot).verdict == UNCHECKED, 'no image is verified twice');
    let verdict = verifySlot(slot);
    // A refusal may cost the image its state, so it is verified again.
    if (verdict != REASON_NONE) verdict = verifySlot(slot);
    assert(verdict != UNCHECKED, 'a look ends with a verdict');
    recordEvent(EVENT_BOOT_VERIFY, slot, verdict);
    slotFacts(facts, slot).verdict = verdict;
    slotFacts(facts, slot).recovery = imageIsRecovery(slot) ? 1 : 0;
    decide(facts, outcome);
  }
  assert(outcome.action != ACTION_VERIFY, 'two verdicts decide');
}
