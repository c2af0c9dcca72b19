// The decision, over every combination of facts: against an oracle written as a sort, and against properties that need none.

import { beforeAll, expect, test } from 'vitest';
import { instantiateGuest } from '../host/tools/guest.ts';
import { RESET } from '../protocol/generated/registers.ts';
import { BootDecision, BootPolicy, SlotState } from '../protocol/image/boot-state.ts';
import { RejectReason } from '../protocol/image/reasons.ts';

const Cause = RESET.registers.CAUSE.fields.CAUSE.values;
const unchecked = 0xffff_ffff;
const action = { verify: 1, boot: 2, safeMode: 3 } as const;
const { UNMARKED, PENDING, TRIAL, CONFIRMED, REJECTED } = SlotState;

interface SlotFacts {
  state: number;
  permanent: boolean;
  bootsLeft: number;
  version: number;
  verdict: number;
  /** Known with a good verdict. */
  recovery?: boolean;
  /** Kept from an earlier boot. */
  reason?: number;
  /** A downgrade token lies beside it. */
  token?: boolean;
}

interface Facts {
  cause: number;
  coreRefused: boolean;
  asked: boolean;
  strap: boolean;
  writable: boolean;
  running: number;
  givenUp?: number;
  resets?: number;
  slots: [SlotFacts, SlotFacts];
}

interface SlotOutcome {
  state: number;
  reason: number;
  bootsLeft: number;
}

interface Outcome {
  action: number;
  slot: number;
  decision: number;
  slots: [SlotOutcome, SlotOutcome];
}

let decide: (facts: Facts) => Outcome;

beforeAll(async () => {
  const guest = await instantiateGuest<{ decide(facts: number, outcome: number): void }>('bootloader/decide.ts');
  const factsAt = 0x1_0000;
  const outcomeAt = 0x1_1000;
  const input = new Uint32Array(guest.memory.buffer, factsAt, 24);
  const output = new Uint32Array(guest.memory.buffer, outcomeAt, 9);
  decide = ({ cause, coreRefused, asked, strap, writable, running, givenUp = 0, resets = 0, slots }) => {
    input.set([cause, +coreRefused, +asked, +strap, +writable, running, givenUp, resets]);
    for (const [index, slot] of slots.entries()) {
      const { state, permanent, bootsLeft, version, verdict, recovery = false, reason = 0, token = false } = slot;
      input.set([state, +permanent, bootsLeft, version, verdict, reason, +recovery, +token], 8 + index * 8);
    }
    output.fill(0xdead_beef);
    guest.decide(factsAt, outcomeAt);
    const slotOutcome = (at: number) => ({ state: output[at], reason: output[at + 1], bootsLeft: output[at + 2] });
    return { action: output[0], slot: output[1], decision: output[2], slots: [slotOutcome(3), slotOutcome(6)] };
  };
});

const slotKinds: Omit<SlotFacts, 'version' | 'verdict'>[] = [
  { state: UNMARKED, permanent: false, bootsLeft: 0 },
  { state: PENDING, permanent: false, bootsLeft: 0 },
  { state: PENDING, permanent: true, bootsLeft: 0 },
  ...[0, 1, 2].map((bootsLeft) => ({ state: TRIAL, permanent: false, bootsLeft })),
  { state: CONFIRMED, permanent: false, bootsLeft: 0 },
  { state: CONFIRMED, permanent: false, bootsLeft: 0, reason: RejectReason.CORE_REFUSED },
  { state: REJECTED, permanent: false, bootsLeft: 0 },
];
const slots = slotKinds.flatMap((kind) =>
  [1, 2].flatMap((version) =>
    [RejectReason.NONE, RejectReason.SIGNATURE_INVALID, RejectReason.SLOT_EMPTY, unchecked].map((verdict) => ({
      ...kind,
      version,
      verdict,
    })),
  ),
);
const slotsWithRecovery = [
  ...slots,
  ...slots.filter(({ verdict }) => verdict === RejectReason.NONE).map((slot) => ({ ...slot, recovery: true })),
  ...slots
    .filter(({ verdict, state }) => verdict === RejectReason.NONE && (state === CONFIRMED || state === PENDING))
    .map((slot) => ({ ...slot, token: true })),
];
const resets = [
  ...Object.values(Cause).map((cause) => ({ cause, coreRefused: false })),
  { cause: Cause.FAULT, coreRefused: true },
  ...[RejectReason.POWER_BUDGET, RejectReason.INTERLOCK, RejectReason.WATCHDOG, 255].map((givenUp) => ({
    cause: Cause.SOFTWARE,
    coreRefused: false,
    givenUp,
  })),
];
const loops = [BootPolicy.RESETS_IN_A_ROW_MAX - 1, BootPolicy.RESETS_IN_A_ROW_MAX, 1_000_000].map((count) => ({
  ...{ cause: Cause.WATCHDOG, coreRefused: false, asked: false, strap: false, writable: true },
  resets: count,
}));
const wishes = [
  { asked: true, strap: false, writable: true },
  { asked: false, strap: true, writable: true },
  { asked: true, strap: true, writable: false },
];
const circumstances = [
  ...resets.flatMap((reset) => [true, false].map((writable) => ({ ...reset, asked: false, strap: false, writable }))),
  ...[Cause.POWER_ON, Cause.WATCHDOG].flatMap((cause) =>
    wishes.map((wish) => ({ cause, coreRefused: false, ...wish })),
  ),
  ...loops,
];

/** The policy again, as one would tell it. */
function oracle(facts: Facts): Outcome {
  const failures = new Set<number>();
  const after = facts.slots.map((slot, index) => {
    const ran = facts.running === index;
    let reason: number = RejectReason.NONE;
    if (slot.state === TRIAL && slot.bootsLeft === 0)
      reason = ran && facts.cause === Cause.BROWN_OUT ? RejectReason.BROWN_OUTS : RejectReason.TRIALS_EXHAUSTED;
    if (slot.state === TRIAL && ran) reason = blame(facts) || reason;
    if (slot.state === CONFIRMED && ran && facts.coreRefused) {
      failures.add(CONFIRMED);
      return { state: CONFIRMED, reason: RejectReason.CORE_REFUSED, bootsLeft: 0 };
    }
    if (reason === RejectReason.NONE)
      return { state: slot.state, reason: slot.reason ?? RejectReason.NONE, bootsLeft: slot.bootsLeft };
    failures.add(slot.state);
    return { state: REJECTED, reason, bootsLeft: 0 };
  }) as [SlotOutcome, SlotOutcome];
  const safeMode = (decision: number) => ({ action: action.safeMode, slot: 0, decision, slots: after });
  if (facts.strap) return safeMode(BootDecision.SAFE_MODE_STRAP);
  if (facts.asked) return safeMode(BootDecision.SAFE_MODE_REQUESTED);
  if ((facts.resets ?? 0) >= BootPolicy.RESETS_IN_A_ROW_MAX && !failures.has(TRIAL))
    return safeMode(BootDecision.SAFE_MODE_RESETS);
  const willTry = (index: number) => after[index].state !== CONFIRMED && !facts.slots[index].permanent;
  const asked = (index: number) => [PENDING, TRIAL].includes(after[index].state);
  const wasRefused = (index: number) =>
    after[index].state === CONFIRMED && after[index].reason === RejectReason.CORE_REFUSED;
  const hasToken = (index: number) => +(facts.slots[index].token ?? false);
  const byRank = (a: number, b: number) =>
    facts.slots[b].version - facts.slots[a].version || +asked(b) - +asked(a) || hasToken(b) - hasToken(a) || a - b;
  const order = [
    ...[0, 1].filter((index) => asked(index) || (after[index].state === CONFIRMED && !wasRefused(index))).sort(byRank),
    ...[0, 1]
      .filter((i) => after[i].state === UNMARKED && facts.slots[i].verdict !== RejectReason.SLOT_EMPTY)
      .sort(byRank),
    ...[0, 1].filter((i) => wasRefused(i) && !(facts.coreRefused && facts.running === i)).sort(byRank),
  ].filter((index) => facts.writable || !willTry(index));
  // A recovery image stands behind all others, but that is known only once it verified.
  const isRecovery = (index: number) => +(facts.slots[index].recovery ?? false);
  for (const index of order.sort((a, b) => isRecovery(a) - isRecovery(b))) {
    const { verdict, permanent } = facts.slots[index];
    const slot = after[index];
    if (verdict === unchecked) return { action: action.verify, slot: index, decision: BootDecision.NONE, slots: after };
    if (verdict !== RejectReason.NONE) {
      failures.add(slot.state);
      slot.reason = verdict;
      if (slot.state !== CONFIRMED) Object.assign(slot, { state: REJECTED, bootsLeft: 0 });
      continue;
    }
    const left = BootPolicy.TRIAL_BOOTS - 1;
    let decision: number = permanent ? BootDecision.PERMANENT : BootDecision.CONFIRMED;
    if (failures.has(CONFIRMED)) decision = BootDecision.FALLBACK;
    if (failures.has(TRIAL)) decision = BootDecision.REVERTED;
    if (slot.state === UNMARKED) [decision, slot.bootsLeft] = [BootDecision.RESCUE, left];
    if (slot.state === PENDING && !permanent) [decision, slot.bootsLeft] = [BootDecision.TRIAL_FIRST, left];
    if (slot.state === TRIAL) [decision, slot.bootsLeft] = [BootDecision.TRIAL_AGAIN, slot.bootsLeft - 1];
    slot.state = slot.state === CONFIRMED || permanent ? CONFIRMED : TRIAL;
    slot.reason = RejectReason.NONE;
    return { action: action.boot, slot: index, decision, slots: after };
  }
  return safeMode(BootDecision.SAFE_MODE_NO_IMAGE);
}

function blame({ cause, coreRefused, givenUp = 0 }: Facts): number {
  if (coreRefused) return RejectReason.CORE_REFUSED;
  const itself: number[] = [RejectReason.POWER_BUDGET, RejectReason.INTERLOCK];
  if (cause === Cause.SOFTWARE && itself.includes(givenUp)) return givenUp;
  const reasons: Record<number, number> = {
    [Cause.SOFTWARE]: RejectReason.UNCONFIRMED,
    [Cause.WATCHDOG]: RejectReason.WATCHDOG,
    [Cause.FAULT]: RejectReason.FAULT,
    [Cause.TRIAL_TIMEOUT]: RejectReason.TRIAL_TIMEOUT,
  };
  return reasons[cause] ?? RejectReason.NONE;
}

function sameOutcome(a: Outcome, b: Outcome): boolean {
  return (
    a.action === b.action &&
    a.slot === b.slot &&
    a.decision === b.decision &&
    a.slots.every(({ state, reason, bootsLeft }, index) => {
      const other = b.slots[index];
      return state === other.state && reason === other.reason && bootsLeft === other.bootsLeft;
    })
  );
}

const properties: Record<string, (facts: Facts, outcome: Outcome) => boolean> = {
  'the outcome is what the policy tells': (facts, outcome) => sameOutcome(outcome, oracle(facts)),
  'no image boots whose verdict is not good, and none that was rejected': (facts, { action: done, slot }) =>
    done !== action.boot || (facts.slots[slot].verdict === RejectReason.NONE && facts.slots[slot].state !== REJECTED),
  'a bootable confirmed image is left for safe mode only by wish, by strap, after too many resets, or when the core refuses it':
    (facts, outcome) =>
      outcome.action !== action.safeMode ||
      !facts.slots.some(({ state, verdict }) => state === CONFIRMED && verdict === RejectReason.NONE) ||
      facts.coreRefused ||
      facts.asked ||
      facts.strap ||
      outcome.decision === BootDecision.SAFE_MODE_RESETS,
  'a recovery image boots only where no other image is good that may boot': (facts, { action: done, slot }) => {
    const other = facts.slots[slot ^ 1];
    const mayBoot = [PENDING, CONFIRMED].includes(other?.state) && (facts.writable || other.state === CONFIRMED);
    return (
      done !== action.boot ||
      !facts.slots[slot].recovery ||
      other.recovery === true ||
      !mayBoot ||
      ![RejectReason.NONE, unchecked].includes(other.verdict) ||
      (facts.coreRefused && facts.running !== slot)
    );
  },
  'a confirmed image stays confirmed whatever its verdict, and if the core refuses to run it': (facts, outcome) =>
    facts.slots.every(({ state }, index) => state !== CONFIRMED || outcome.slots[index].state === CONFIRMED),
  'the image the core has just refused is not run again in the same breath': (facts, { action: done, slot }) =>
    done !== action.boot || !facts.coreRefused || facts.running !== slot || facts.slots[slot].state !== CONFIRMED,
  'a trial has one boot fewer left than before': (facts, { action: done, slot, slots: after }) =>
    done !== action.boot ||
    after[slot].state !== TRIAL ||
    after[slot].bootsLeft + 1 ===
      (facts.slots[slot].state === TRIAL ? facts.slots[slot].bootsLeft : BootPolicy.TRIAL_BOOTS),
  'nobody boots on trial where no record can be written': (facts, { action: done, slot, slots: after }) =>
    done !== action.boot || after[slot].state !== TRIAL || facts.writable,
  'a new rejection has a reason': (facts, outcome) =>
    outcome.slots.every(
      ({ state, reason }, index) =>
        state !== REJECTED || facts.slots[index].state === REJECTED || reason !== RejectReason.NONE,
    ),
  'only an unknown verdict is asked for, so two verdicts always decide': (facts, { action: done, slot }) =>
    done !== action.verify || facts.slots[slot].verdict === unchecked,
};

const violations = new Map<string, { facts: Facts; outcome: Outcome }>();
let combinations = 0;

beforeAll(() => {
  // Two versions 2 are to each other as two versions 1.
  for (const a of slotsWithRecovery)
    for (const b of slotsWithRecovery)
      for (const circumstance of a.version === 2 && b.version === 2 ? [] : circumstances)
        for (const running of [0, 1, 0xff]) {
          const facts: Facts = { ...circumstance, running, slots: [a, b] };
          const outcome = decide(facts);
          for (const [name, holds] of Object.entries(properties))
            if (!violations.has(name) && !holds(facts, outcome)) violations.set(name, { facts, outcome });
          combinations++;
        }
});

test('every combination of states, versions, verdicts, causes and wishes is decided', () => {
  expect(combinations).toBe(((98 * 98 * 3) / 4) * 33 * 3);
});

test.each(Object.keys(properties))('%s', (name) => {
  expect(violations.get(name)).toBeUndefined();
});
