// The policy of the boot decision, written a second time as a sort: the results that decide.ts must give. And the types that both use.

import { RESET } from '../../../protocol/generated/registers.ts';
import { BootDecision, BootPolicy, SlotState } from '../../../protocol/image/boot-state.ts';
import { RejectReason } from '../../../protocol/image/reasons.ts';

export const Cause = RESET.registers.CAUSE.fields.CAUSE.values;
const reasonOfCause: Record<number, number> = {
  [Cause.SOFTWARE]: RejectReason.UNCONFIRMED,
  [Cause.WATCHDOG]: RejectReason.WATCHDOG,
  [Cause.FAULT]: RejectReason.FAULT,
  [Cause.TRIAL_TIMEOUT]: RejectReason.TRIAL_TIMEOUT,
};
/** A verdict that is not known yet. */
export const unchecked = 0xffff_ffff;
export const action = { verify: 1, boot: 2, safeMode: 3 } as const;
const { UNMARKED, TRIAL, CONFIRMED, REJECTED } = SlotState;
const most = BootPolicy.RESETS_IN_A_ROW_MAX;

export interface SlotFacts {
  state: number;
  permanent?: boolean;
  bootsLeft?: number;
  version: number;
  verdict: number;
  /** Known with a good verdict. */
  recovery?: boolean;
  /** Kept from an earlier boot. */
  reason?: number;
  /** A downgrade token lies beside it. */
  token?: boolean;
  /** Confirmed once. */
  earned?: boolean;
  /** Asked for although the confirmed image is newer. */
  older?: boolean;
}

export interface Circumstance {
  cause: number;
  coreRefused: boolean;
  asked: boolean;
  strap: boolean;
  writable: boolean;
  givenUp?: number;
  resets?: number;
  /** Bits of slots. */
  tried?: number;
}

export interface Facts extends Circumstance {
  running: number;
  confirmedLast: number;
  slots: [SlotFacts, SlotFacts];
}

export interface SlotOutcome {
  state: number;
  reason: number;
  bootsLeft: number;
  permanent: boolean;
}

export interface Outcome {
  action: number;
  slot: number;
  decision: number;
  resets: number;
  tried: number;
  slots: [SlotOutcome, SlotOutcome];
}

export const failedWhenRun = (reason: number) =>
  reason > RejectReason.UNCONFIRMED &&
  reason !== RejectReason.TRIAL_TIMEOUT &&
  reason !== RejectReason.TRIALS_EXHAUSTED;

/** What is recorded about a boot while it is decided. */
interface Story {
  facts: Facts;
  after: [SlotOutcome, SlotOutcome];
  resets: number;
  tried: number;
  /** States of images that failed in this boot, a bit each. */
  failures: number;
}

/** The policy in three steps: how the last run ended, which slots may have a turn in which order, and what becomes of the image that has it. */
export function oracle(facts: Facts): Outcome {
  const story = beginStory(facts);
  for (const index of [0, 1]) tellLastRun(story, index);
  if (facts.strap) return told(story, action.safeMode, 0, BootDecision.SAFE_MODE_STRAP);
  if (facts.asked) return told(story, action.safeMode, 0, BootDecision.SAFE_MODE_REQUESTED);
  for (const index of orderOf(story)) {
    const { verdict } = facts.slots[index];
    if (verdict === unchecked) return told(story, action.verify, index, BootDecision.NONE);
    if (verdict === RejectReason.NONE) return bootIt(story, index);
    if (story.after[index].state === CONFIRMED) {
      story.failures |= 1 << CONFIRMED;
      story.after[index].reason = verdict;
    } else {
      fail(story, index, verdict);
    }
  }
  const { SAFE_MODE_NO_IMAGE, SAFE_MODE_RESETS } = BootDecision;
  return told(story, action.safeMode, 0, story.tried === 0 ? SAFE_MODE_NO_IMAGE : SAFE_MODE_RESETS);
}

function beginStory(facts: Facts): Story {
  const { resets = 0, tried = 0, slots } = facts;
  return { facts, after: [unchanged(slots[0]), unchanged(slots[1])], resets, tried, failures: 0 };
}

function unchanged({ state, reason = RejectReason.NONE, bootsLeft = 0, permanent = false }: SlotFacts): SlotOutcome {
  return { state, reason, bootsLeft, permanent };
}

function told({ after, resets, tried }: Story, action: number, slot: number, decision: number): Outcome {
  return { action, slot, decision, resets, tried, slots: after };
}

/** Who was confirmed once is confirmed again, with the reason. */
function fail(story: Story, index: number, reason: number): void {
  const slot = story.after[index];
  story.failures |= 1 << slot.state;
  slot.state = story.facts.slots[index].earned ? CONFIRMED : REJECTED;
  slot.reason = reason;
  slot.bootsLeft = 0;
}

function tellLastRun(story: Story, index: number): void {
  const { running, cause, coreRefused, resets: row = 0, slots } = story.facts;
  const { state, bootsLeft } = slots[index];
  const ran = running === index;
  if (state === TRIAL) {
    let reason: number = RejectReason.NONE;
    if (bootsLeft === 0)
      reason = ran && cause === Cause.BROWN_OUT ? RejectReason.BROWN_OUTS : RejectReason.TRIALS_EXHAUSTED;
    if (ran) reason = blame(story.facts) || reason;
    if (reason === RejectReason.NONE) return;
    fail(story, index, reason);
    story.resets = 0;
  } else if (state === CONFIRMED && ran && (row >= most || coreRefused)) {
    story.failures |= 1 << CONFIRMED;
    story.after[index].reason = row >= most ? RejectReason.LOOPING : RejectReason.CORE_REFUSED;
    if (row < most) return;
    story.resets = 0;
    story.tried |= 1 << index;
  }
}

/** Slots that may have a turn, the first first. A recovery image stands behind all others, but that is known only once it verified. */
function orderOf(story: Story): number[] {
  const places = [placeOf(story, 0), placeOf(story, 1)];
  const order = [0, 1].filter((index) => places[index] !== undefined);
  return order.length === 2 && isBefore(story, places, 1, 0) ? [1, 0] : order;
}

function isBefore({ facts, after }: Story, places: (number | undefined)[], a: number, b: number): boolean {
  const { slots, confirmedLast } = facts;
  const bothConfirmed = after[0].state === CONFIRMED && after[1].state === CONFIRMED;
  const isLast = (index: number) => +(bothConfirmed && confirmedLast === index);
  const difference =
    +(slots[a].recovery ?? false) - +(slots[b].recovery ?? false) ||
    (places[a] ?? 0) - (places[b] ?? 0) ||
    isLast(b) - isLast(a) ||
    slots[b].version - slots[a].version ||
    +(slots[b].token ?? false) - +(slots[a].token ?? false) ||
    a - b;
  return difference < 0;
}

function placeOf({ facts, after, tried }: Story, index: number): number | undefined {
  const { state, reason } = after[index];
  const { older, version, verdict, state: before } = facts.slots[index];
  if (state === CONFIRMED) {
    const wasRefused = before === CONFIRMED && facts.coreRefused && facts.running === index;
    if ((tried >> index) & 1 || wasRefused) return undefined;
    if (before !== CONFIRMED) return verdict === RejectReason.NONE || verdict === unchecked ? 4 : undefined;
    return failedWhenRun(reason) ? 3 : 1;
  }
  if (!facts.writable || state === REJECTED) return undefined;
  if (state === UNMARKED) return verdict === RejectReason.SLOT_EMPTY ? undefined : 5;
  return after[index ^ 1].state === CONFIRMED && !older && version < facts.slots[index ^ 1].version ? 2 : 0;
}

function bootIt(story: Story, index: number): Outcome {
  const { after, failures } = story;
  const slot = after[index];
  if (slot.state === CONFIRMED) {
    if (!failedWhenRun(slot.reason)) slot.reason = RejectReason.NONE;
    slot.bootsLeft = 0;
    const fallback = (failures >> CONFIRMED) & 1 ? BootDecision.FALLBACK : BootDecision.CONFIRMED;
    return told(story, action.boot, index, (failures >> TRIAL) & 1 ? BootDecision.REVERTED : fallback);
  }
  let decision: number = slot.permanent ? BootDecision.PERMANENT : BootDecision.TRIAL_FIRST;
  if (slot.state === TRIAL) decision = BootDecision.TRIAL_AGAIN;
  if (slot.state === UNMARKED) {
    decision = BootDecision.RESCUE;
    slot.permanent = after[index ^ 1].state !== CONFIRMED;
  }
  slot.bootsLeft = slot.state === TRIAL ? slot.bootsLeft - 1 : BootPolicy.TRIAL_BOOTS - 1;
  slot.state = TRIAL;
  slot.reason = RejectReason.NONE;
  story.tried &= ~(1 << index);
  return told(story, action.boot, index, decision);
}

function blame({ cause, coreRefused, givenUp = 0 }: Facts): number {
  if (coreRefused) return RejectReason.CORE_REFUSED;
  if (cause === Cause.SOFTWARE && (givenUp === RejectReason.POWER_BUDGET || givenUp === RejectReason.INTERLOCK))
    return givenUp;
  return reasonOfCause[cause] ?? RejectReason.NONE;
}

export function sameOutcome(a: Outcome, b: Outcome): boolean {
  return (
    a.action === b.action &&
    a.slot === b.slot &&
    a.decision === b.decision &&
    a.resets === b.resets &&
    a.tried === b.tried &&
    sameSlot(a.slots[0], b.slots[0]) &&
    sameSlot(a.slots[1], b.slots[1])
  );
}

function sameSlot(a: SlotOutcome, b: SlotOutcome): boolean {
  return a.state === b.state && a.reason === b.reason && a.bootsLeft === b.bootsLeft && a.permanent === b.permanent;
}
