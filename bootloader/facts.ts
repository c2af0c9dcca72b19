// What decide.ts decides on, and what it decides: two blocks of memory, laid out here. survey.ts fills the facts; act.ts, settle.ts and the log
// read the outcome.

// facts                                          slot facts, two of them
//    0  u32  reset cause (RESET.CAUSE)              0  u32  state (SLOT_*)
//    4  u32  1: the core refused the image          4  u32  1: pending and confirmed in advance
//    8  u32  1: safe mode was asked for             8  u32  boots a trial has left
//   12  u32  1: the safe-mode strap is burnt       12  u32  version
//   16  u32  1: boot-state records can be written  16  u32  verdict: a REASON_*, or UNCHECKED
//   20  u32  slot handed over to last              20  u32  reason kept so far
//   24  u32  reason the firmware gave up with      24  u32  1: verified, with a key for recovery only
//   28  u32  resets in a row nobody asked for      28  u32  1: a downgrade token lies beside it
//   32       slot A; at 64 slot B
export const FACTS_SIZE: i32 = 96;
export const FACT_CAUSE: usize = 0;
export const FACT_CORE_REFUSED: usize = 4;
export const FACT_SAFE_MODE_ASKED: usize = 8;
export const FACT_STRAP: usize = 12;
export const FACT_WRITABLE: usize = 16;
export const FACT_RUNNING: usize = 20;
export const FACT_GIVEN_UP: usize = 24;
export const FACT_RESETS: usize = 28;
const FACT_SLOTS: usize = 32;
const SLOT_FACTS_SIZE: usize = 32;
export const SLOT_FACT_STATE: usize = 0;
export const SLOT_FACT_PERMANENT: usize = 4;
export const SLOT_FACT_BOOTS_LEFT: usize = 8;
export const SLOT_FACT_VERSION: usize = 12;
export const SLOT_FACT_VERDICT: usize = 16;
export const SLOT_FACT_REASON: usize = 20;
export const SLOT_FACT_RECOVERY: usize = 24;
export const SLOT_FACT_TOKEN: usize = 28;
export const UNCHECKED: u32 = 0xffffffff;

// outcome                                        slot outcome, two of them
//    0  u32  what to do                             0  u32  state from now on
//    4  u32  slot to verify or boot                 4  u32  reason from now on
//    8  u32  decision (DECISION_*)                  8  u32  boots a trial has left from now on
//   12       slot A; at 24 slot B
export const OUTCOME_SIZE: i32 = 36;
export const OUTCOME_ACTION: usize = 0;
export const OUTCOME_SLOT: usize = 4;
export const OUTCOME_DECISION: usize = 8;
const OUTCOME_SLOTS: usize = 12;
const SLOT_OUTCOME_SIZE: usize = 12;
export const SLOT_OUTCOME_STATE: usize = 0;
export const SLOT_OUTCOME_REASON: usize = 4;
export const SLOT_OUTCOME_BOOTS_LEFT: usize = 8;

export const ACTION_VERIFY: u32 = 1;
export const ACTION_BOOT: u32 = 2;
export const ACTION_SAFE_MODE: u32 = 3;

export function slotFacts(facts: usize, slot: u32): usize {
  return facts + FACT_SLOTS + slot * SLOT_FACTS_SIZE;
}

export function slotOutcome(outcome: usize, slot: u32): usize {
  return outcome + OUTCOME_SLOTS + slot * SLOT_OUTCOME_SIZE;
}
