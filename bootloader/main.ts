// The bootloader: verify -> decide -> act -> hand over, or stay and be rescued.
//
//   survey     facts: registers, fuses, boot state, both images' headers                    survey.ts, state/
//   decide     pure; names who boots, or who must be verified before that can be said        decide.ts
//   verify     pure; one slot at a time, only on demand                                      image/
//   act        one boot-state record, only if it differs                                     act.ts
//   settle     a confirmed image's security counter and revocations, into the fuses          settle.ts
//   log        one record, whatever was decided                                              log/
//   hand over  look again, in another way; protect, limit, tell, go                          handover.ts, second-look.ts
//   safe mode  the SMP server                                                                safe-mode.ts, smp/
//
// What must stay true:
// - The first write closes all output gates, and nothing here opens one.
// - No image runs that did not verify in this very boot.
// - Between two resets at most one boot-state record is appended before the hand-over, and none when nothing changed.
// - RAM is new at every boot: whatever must outlast one is in the boot state.

import {
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
  ACTION_VERIFY,
  FACT_RESETS,
  FACT_WRITABLE,
  FACTS_SIZE,
  OUTCOME_ACTION,
  OUTCOME_DECISION,
  OUTCOME_SIZE,
  OUTCOME_SLOT,
  SLOT_FACT_RECOVERY,
  SLOT_FACT_VERDICT,
  SLOT_OUTCOME_STATE,
  slotFacts,
  slotOutcome,
  UNCHECKED,
} from './facts';
import { handOver } from './handover';
import { imageIsRecovery } from './image/info';
import { securityCounter } from './image/security-counter';
import { SLOT_COUNT } from './image/slots';
import { loadBootState } from './image/state/boot-state';
import { verifySlot } from './image/verify';
import { serveSafeMode, startSafeMode } from './safe-mode';
import { settle } from './settle';
import { survey } from './survey';
import { logBoot } from './write-boot-log';

const facts: usize = memory.data(FACTS_SIZE, 4);
const outcome: usize = memory.data(OUTCOME_SIZE, 4);

export function reset(): void {
  // The reset closed all gates. A chip whose reset did not is made safe before anything else is done.
  writeOutputsDisable(OUTPUTS_DISABLE_HEATERS | OUTPUTS_DISABLE_DAC | OUTPUTS_DISABLE_MULTIPLEXER);
  // From here on no write gone astray can harm this very code.
  writeFlashProtect(FLASH_PROTECT_BOOT);
  recordEvent(EVENT_BOOT_START, readResetCause(), readResetResetCount());
  loadBootState();
  survey(facts);
  // A wish counts once.
  if (readResetBootRequest() != 0) writeResetBootRequest(RESET_BOOT_REQUEST_MODE_NORMAL);
  decideAndVerify();
  if (!act(facts, outcome)) {
    // Without a record nobody may go on trial: decide again under that condition, and leave flash alone.
    store<u32>(facts, 0, FACT_WRITABLE);
    decideAndVerify();
  }
  const decision = load<u32>(outcome, OUTCOME_DECISION);
  const slot = load<u32>(outcome, OUTCOME_SLOT);
  const boots = load<u32>(outcome, OUTCOME_ACTION) == ACTION_BOOT;
  recordEvent(EVENT_BOOT_DECISION, decision, slot);
  writeResetResetsInARow(boots ? load<u32>(facts, FACT_RESETS) : 0);
  if (boots) settle(facts, outcome, slot);
  if (!logBoot(facts, outcome, securityCounter())) recordEvent(EVENT_BOOT_LOG_FAILED, decision, slot);
  if (boots) {
    handOver(slot, load<u32>(slotOutcome(outcome, slot), SLOT_OUTCOME_STATE), decision);
  } else {
    startSafeMode(decision);
  }
}

export function interrupt(lines: u32): void {
  serveSafeMode(lines);
}

/** Decides, verifying whom the decision asks for: each slot on one occasion at most. */
function decideAndVerify(): void {
  decide(facts, outcome);
  for (let turn: u32 = 0; turn < SLOT_COUNT && load<u32>(outcome, OUTCOME_ACTION) == ACTION_VERIFY; turn++) {
    const slot = load<u32>(outcome, OUTCOME_SLOT);
    assert(load<u32>(slotFacts(facts, slot), SLOT_FACT_VERDICT) == UNCHECKED, 'nobody is verified twice');
    let verdict = verifySlot(slot);
    // What is refused may be lost for good: it is looked at again.
    if (verdict != REASON_NONE) verdict = verifySlot(slot);
    recordEvent(EVENT_BOOT_VERIFY, slot, verdict);
    store<u32>(slotFacts(facts, slot), verdict, SLOT_FACT_VERDICT);
    store<u32>(slotFacts(facts, slot), imageIsRecovery(slot) ? 1 : 0, SLOT_FACT_RECOVERY);
    decide(facts, outcome);
  }
  assert(load<u32>(outcome, OUTCOME_ACTION) != ACTION_VERIFY, 'two verdicts decide');
}
