// The decision, over every combination of facts: against an oracle written as a sort, and against properties that need none.

import { beforeAll, expect, test } from 'vitest';
import { instantiateGuest } from '../../../host/tools/guest.ts';
import { BootPolicy, SlotState } from '../../../protocol/image/boot-state.ts';
import { RejectReason } from '../../../protocol/image/reasons.ts';
import {
  action,
  Cause,
  type Circumstance,
  type Facts,
  failedWhenRun,
  type Outcome,
  oracle,
  type SlotFacts,
  sameOutcome,
  unchecked,
} from './decide-oracle.ts';

const { UNMARKED, PENDING, TRIAL, CONFIRMED, REJECTED } = SlotState;

let decide: (facts: Facts) => Outcome;

beforeAll(async () => {
  const guest = await instantiateGuest<{ decide(facts: number, outcome: number): void }>('bootloader/decide.ts');
  const factsAt = 0x1_0000;
  const outcomeAt = 0x1_1000;
  const [factWords, outcomeWords, slotWords, slotOutcomeWords] = [10, 6, 10, 4];
  const input = new Uint32Array(guest.memory.buffer, factsAt, factWords + 2 * slotWords);
  const output = new Uint32Array(guest.memory.buffer, outcomeAt, outcomeWords + 2 * slotOutcomeWords);
  decide = ({ slots, running, confirmedLast, ...rest }) => {
    const { cause, coreRefused, asked, strap, writable, givenUp = 0, resets = 0, tried = 0 } = rest;
    input.set([cause, +coreRefused, +asked, +strap, +writable, running, givenUp, resets, tried, confirmedLast]);
    for (const [index, { state, bootsLeft = 0, version, verdict, reason = 0, ...flags }] of slots.entries()) {
      const { permanent = false, recovery = false, token = false, earned = false, older = false } = flags;
      const words = [state, +permanent, bootsLeft, version, verdict, reason, +recovery, +token, +earned, +older];
      input.set(words, factWords + index * slotWords);
    }
    output.fill(0xdead_beef);
    guest.decide(factsAt, outcomeAt);
    const slotOutcome = (index: number) => {
      const [state, reason, bootsLeft, permanent] = output.subarray(outcomeWords + index * slotOutcomeWords);
      return { state, reason, bootsLeft, permanent: permanent !== 0 };
    };
    const [action, slot, decision, row, turns] = output;
    return { action, slot, decision, resets: row, tried: turns, slots: [slotOutcome(0), slotOutcome(1)] };
  };
});

const confirmed = { state: CONFIRMED, earned: true };
type SlotKind = Omit<SlotFacts, 'version' | 'verdict'>;
const usualKinds: SlotKind[] = [
  { state: UNMARKED },
  { state: PENDING },
  { state: PENDING, permanent: true },
  ...[0, 1, 2].map((bootsLeft) => ({ state: TRIAL, bootsLeft, permanent: bootsLeft === 2 })),
  confirmed,
  { ...confirmed, reason: RejectReason.CORE_REFUSED },
  { state: REJECTED, reason: RejectReason.WATCHDOG },
];
/** Tried with one bad verdict, and without a token. */
const rarerKinds: SlotKind[] = [
  { state: PENDING, older: true },
  { state: PENDING, earned: true, older: true },
  ...[0, 1].map((bootsLeft) => ({ state: TRIAL, bootsLeft, earned: true, older: bootsLeft === 1 })),
  ...[RejectReason.LOOPING, RejectReason.UNCONFIRMED].map((reason) => ({ ...confirmed, reason })),
];
const verdicts = [RejectReason.NONE, RejectReason.SIGNATURE_INVALID, unchecked];
const slotsOf = (kinds: SlotKind[], each: number[]): SlotFacts[] =>
  kinds.flatMap((kind) => [1, 2].flatMap((version) => each.map((verdict) => ({ ...kind, version, verdict }))));
const isGood = ({ verdict }: SlotFacts) => verdict === RejectReason.NONE;
const usualSlots = slotsOf(usualKinds, [...verdicts, RejectReason.SLOT_EMPTY]);
const slots = [...usualSlots, ...slotsOf(rarerKinds, verdicts)];
const allSlots: SlotFacts[] = [
  ...slots,
  ...slots.filter(isGood).map((slot) => ({ ...slot, recovery: true })),
  ...usualSlots
    .filter((slot) => isGood(slot) && (slot.state === CONFIRMED || slot.state === PENDING))
    .map((slot) => ({ ...slot, token: true })),
];
const resets = [
  ...Object.values(Cause).map((cause) => ({ cause, coreRefused: false })),
  { cause: Cause.FAULT, coreRefused: true },
  ...[RejectReason.POWER_BUDGET, RejectReason.INTERLOCK, RejectReason.WATCHDOG, 255].map((givenUp) => ({
    ...{ cause: Cause.SOFTWARE, coreRefused: false },
    givenUp,
  })),
];
const most = BootPolicy.RESETS_IN_A_ROW_MAX;
const loops = [
  ...[Cause.FAULT, Cause.WATCHDOG].flatMap((cause) =>
    [most - 1, most, 0xffff].map((count) => ({ cause, resets: count, tried: 0, coreRefused: false })),
  ),
  ...[1, 2, 3].map((tried) => ({ cause: Cause.FAULT, resets: 1, tried, coreRefused: false })),
  ...[1, 2].map((tried) => ({ cause: Cause.FAULT, resets: most, tried, coreRefused: tried === 1 })),
].map((row) => ({ asked: false, strap: false, writable: true, ...row }));
const wishes = [
  { asked: true, strap: false, writable: true },
  { asked: false, strap: true, writable: true },
  { asked: true, strap: true, writable: false },
];
const circumstances: Circumstance[] = [
  ...resets.flatMap((reset) => [true, false].map((writable) => ({ ...reset, asked: false, strap: false, writable }))),
  ...[Cause.POWER_ON, Cause.WATCHDOG].flatMap((cause) =>
    wishes.map((wish) => ({ cause, coreRefused: false, ...wish })),
  ),
  ...loops,
];
const nobody = 0xff;

/** Confirmed when this boot began, verified, no recovery image, and not just refused or out of turns. */
function mayRunConfirmed({ slots: both, running, coreRefused, resets: row = 0, tried = 0 }: Facts, index: number) {
  const { state, verdict, recovery = false } = both[index];
  const isOver = ((tried >> index) & 1) !== 0 || (running === index && (coreRefused || row >= most));
  return state === CONFIRMED && verdict === RejectReason.NONE && !recovery && !isOver;
}

const properties: Record<string, (facts: Facts, outcome: Outcome) => boolean> = {
  'the outcome is what the policy tells': (facts, outcome) => sameOutcome(outcome, oracle(facts)),
  'no image boots whose verdict is not good, and none that was rejected': (facts, { action: done, slot }) =>
    done !== action.boot || (facts.slots[slot].verdict === RejectReason.NONE && facts.slots[slot].state !== REJECTED),
  'nothing is confirmed by a boot that was not confirmed once': (facts, outcome) =>
    outcome.slots.every(({ state }, index) => state !== CONFIRMED || facts.slots[index].earned === true),
  'safe mode is entered unasked only where no confirmed image has a turn left': (facts, outcome) =>
    outcome.action !== action.safeMode || facts.asked || facts.strap || ![0, 1].some((n) => mayRunConfirmed(facts, n)),
  'of two confirmed images that nothing is known against, the one confirmed last runs': (facts, outcome) => {
    const [a, b] = facts.slots;
    const isClean = ({ reason = 0 }: SlotFacts) => reason === 0;
    const both = mayRunConfirmed(facts, 0) && mayRunConfirmed(facts, 1) && isClean(a) && isClean(b);
    return outcome.action !== action.boot || !both || facts.confirmedLast > 1 || outcome.slot === facts.confirmedLast;
  },
  'a confirmed image with a turn left never gives way to a rescue, nor to an older image that nobody may go back to': (
    facts,
    outcome,
  ) => {
    const { state, older, version } = facts.slots[outcome.slot];
    const rival = facts.slots[outcome.slot ^ 1];
    if (outcome.action !== action.boot || !mayRunConfirmed(facts, outcome.slot ^ 1) || failedWhenRun(rival.reason ?? 0))
      return true;
    return state !== UNMARKED && (![PENDING, TRIAL].includes(state) || older === true || version >= rival.version);
  },
  'an image that has had its turn is not run again in this row': (facts, { action: done, slot }) =>
    done !== action.boot || facts.slots[slot].state !== CONFIRMED || ((facts.tried ?? 0) >> slot) % 2 === 0,
  'a row of resets begins anew only where a turn ended or a trial failed': (facts, outcome) => {
    const { resets: row = 0, running } = facts;
    const turnEnded = row >= most && facts.slots[running]?.state === CONFIRMED;
    const begins = outcome.resets === 0 && (turnEnded || facts.slots.some(({ state }) => state === TRIAL));
    return outcome.resets === row || begins;
  },
  'a recovery image boots only where no other image is good that may boot': (facts, { action: done, slot }) => {
    const other = facts.slots[slot ^ 1];
    const mayBoot = other?.state === PENDING ? facts.writable : mayRunConfirmed(facts, slot ^ 1);
    const couldBeGood = [RejectReason.NONE, unchecked].some((verdict) => verdict === other?.verdict);
    return done !== action.boot || !facts.slots[slot].recovery || other.recovery === true || !mayBoot || !couldBeGood;
  },
  'what was confirmed once is never rejected, and a confirmed image stays so whatever its verdict': (facts, outcome) =>
    facts.slots.every(
      ({ state, earned }, index) =>
        (!earned || outcome.slots[index].state !== REJECTED) &&
        (state !== CONFIRMED || outcome.slots[index].state === CONFIRMED),
    ),
  'the image the core has just refused is not run again in the same breath': (facts, { action: done, slot }) =>
    done !== action.boot || !facts.coreRefused || facts.running !== slot || facts.slots[slot].state !== CONFIRMED,
  'a trial that goes on has one boot fewer left than before': (facts, { action: done, slot, slots: after }) =>
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
const checks = Object.entries(properties);
let combinations = 0;

/** Which slot was confirmed last matters where both are, or may be when their trials end. */
function lastOnes(a: SlotFacts, b: SlotFacts): number[] {
  return a.earned && b.earned ? [0, 1, nobody] : [nobody];
}

beforeAll(() => {
  // Two versions 2 are to each other as two versions 1.
  for (const a of allSlots)
    for (const b of allSlots)
      for (const circumstance of a.version === 2 && b.version === 2 ? [] : circumstances)
        for (const running of [0, 1, nobody])
          for (const confirmedLast of lastOnes(a, b)) {
            const facts: Facts = { ...circumstance, running, confirmedLast, slots: [a, b] };
            const outcome = decide(facts);
            for (const [name, holds] of checks)
              if (!violations.has(name) && !holds(facts, outcome)) violations.set(name, { facts, outcome });
            combinations++;
          }
});

test('every combination of states, versions, verdicts, causes, rows and wishes is decided', () => {
  const count = allSlots.length;
  const earned = allSlots.filter((slot) => slot.earned).length;
  const pairs = (count * count + 2 * earned * earned) * (3 / 4);
  expect([count, earned, circumstances.length]).toEqual([146, 64, 41]);
  expect(combinations).toBe(pairs * circumstances.length * 3);
});

test.each(Object.keys(properties))('%s', (name) => {
  expect(violations.get(name)).toBeUndefined();
});
