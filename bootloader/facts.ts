// What decide.ts decides on, and what it decides. survey.ts fills the facts; act.ts, settle.ts, main.ts and the log read the outcome.
//
// Each is one block of static memory, read through the overlays below. Every field is a u32, so the offset of a field is four times its
// position; tests build the blocks by that.
//
//   Facts     then SlotFacts of slot A, then of slot B
//   Outcome   then SlotOutcome of slot A, then of slot B

import { SLOT_COUNT } from './image/slots';

/** A verdict that is not known yet. */
export const UNCHECKED: u32 = 0xffffffff;

export const ACTION_VERIFY: u32 = 1;
export const ACTION_BOOT: u32 = 2;
export const ACTION_SAFE_MODE: u32 = 3;

@unmanaged
export class Facts {
  /** Reset cause (RESET.CAUSE). */
  cause: u32 = 0;
  /** 1: the core refused the image that was handed over to last. */
  coreRefused: u32 = 0;
  /** 1: safe mode was requested. */
  safeModeAsked: u32 = 0;
  /** 1: the safe-mode strap is burnt. */
  strap: u32 = 0;
  /** 1: boot-state records can be written. */
  writable: u32 = 0;
  /** Slot handed over to last, or RECORD_NO_SLOT. */
  running: u32 = 0;
  /** Why the firmware ended its own trial (reject reasons), or 0. */
  givenUp: u32 = 0;
  /** Resets in a row that were not requested, this one included. */
  resets: u32 = 0;
  /** Bit n: the confirmed image in slot n has had its turn in this row. */
  tried: u32 = 0;
  /** Slot whose image was confirmed last, or RECORD_NO_SLOT. */
  confirmedLast: u32 = 0;
}

@unmanaged
export class SlotFacts {
  /** SLOT_*. */
  state: u32 = 0;
  /** 1: once it is healthy it confirms itself. */
  permanent: u32 = 0;
  /** Boots a trial has left. */
  bootsLeft: u32 = 0;
  /** As imageVersion has it; with a token, the newest the token lets it displace. */
  version: u32 = 0;
  /** REASON_*, or UNCHECKED. */
  verdict: u32 = 0;
  /** Reason kept so far. */
  reason: u32 = 0;
  /** 1: verified, with a key for recovery only. */
  recovery: u32 = 0;
  /** 1: there is a good downgrade token for it. */
  token: u32 = 0;
  /** 1: it was confirmed once. */
  earned: u32 = 0;
  /** 1: requested although the confirmed image is newer. */
  older: u32 = 0;
}

@unmanaged
export class Outcome {
  /** ACTION_*. */
  action: u32 = 0;
  /** Slot to verify or to boot. */
  slot: u32 = 0;
  /** DECISION_*. */
  decision: u32 = 0;
  /** Resets in a row from now on, where an image boots. */
  resets: u32 = 0;
  /** Which slots have had their turn in this row from now on, where an image boots. */
  tried: u32 = 0;
  /** Bit n: an image that was in state n failed in this boot. */
  failed: u32 = 0;
}

@unmanaged
export class SlotOutcome {
  /** State from now on. */
  state: u32 = 0;
  /** Reason from now on. */
  reason: u32 = 0;
  /** Boots a trial has left from now on. */
  bootsLeft: u32 = 0;
  /** 1: on trial, it confirms itself once it is healthy. */
  permanent: u32 = 0;
}

export const FACTS_SIZE: i32 = offsetof<Facts>() + 2 * offsetof<SlotFacts>();
export const OUTCOME_SIZE: i32 = offsetof<Outcome>() + 2 * offsetof<SlotOutcome>();

export function slotFacts(facts: Facts, slot: u32): SlotFacts {
  assert(slot < SLOT_COUNT, 'there are two slots');
  return changetype<SlotFacts>(changetype<usize>(facts) + offsetof<Facts>() + slot * offsetof<SlotFacts>());
}

export function slotOutcome(outcome: Outcome, slot: u32): SlotOutcome {
  assert(slot < SLOT_COUNT, 'there are two slots');
  return changetype<SlotOutcome>(changetype<usize>(outcome) + offsetof<Outcome>() + slot * offsetof<SlotOutcome>());
}
