// The decision, over every combination of facts: against an oracle written as a sort, and against properties that need none.

import { beforeAll, expect, test } from 'vitest';
import { BootPolicy, SlotState } from '../../../protocol/image/boot-state.ts';
import { RejectReason } from '../../../protocol/image/reasons.ts';
import { allSlots, circumstances, forEveryFacts, guestDecision } from './decide-facts.ts';
import {
  action,
  type Facts,
  failedWhenRun,
  type Outcome,
  oracle,
  type SlotFacts,
  sameOutcome,
  unchecked,
} from './decide-oracle.ts';

const { UNMARKED, PENDING, TRIAL, CONFIRMED, REJECTED } = SlotState;

const most = BootPolicy.RESETS_IN_A_ROW_MAX;

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
  'no image boots on trial when no record can be written': (facts, { action: done, slot, slots: after }) =>
    done !== action.boot || after[slot].state !== TRIAL || facts.writable,
  'a new rejection has a reason': (facts, outcome) =>
    outcome.slots.every(
      ({ state, reason }, index) =>
        state !== REJECTED || facts.slots[index].state === REJECTED || reason !== RejectReason.NONE,
    ),
  'a verification is requested only while the verdict is unknown, so two verdicts always decide': (
    facts,
    { action: done, slot },
  ) => done !== action.verify || facts.slots[slot].verdict === unchecked,
};

const violations = new Map<string, { facts: Facts; outcome: Outcome }>();
const checks = Object.entries(properties);
let combinations = 0;

beforeAll(async () => {
  const decide = await guestDecision();
  forEveryFacts((facts) => {
    const outcome = decide(facts);
    for (const [name, holds] of checks)
      if (!violations.has(name) && !holds(facts, outcome)) violations.set(name, { facts, outcome });
    combinations++;
  });
});

test('every combination of states, versions, verdicts, causes, counts of resets and boot requests is decided', () => {
  const count = allSlots.length;
  const earned = allSlots.filter((slot) => slot.earned).length;
  const pairs = (count * count + 2 * earned * earned) * (3 / 4);
  expect([count, earned, circumstances.length]).toEqual([146, 64, 41]);
  expect(combinations).toBe(pairs * circumstances.length * 3);
});

test.each(Object.keys(properties))('%s', (name) => {
  expect(violations.get(name)).toBeUndefined();
});
