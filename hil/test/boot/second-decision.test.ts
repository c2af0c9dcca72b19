// The second decision, over every combination of facts: it lets pass what the first decides, and stops what the first would never do.

import { beforeAll, expect, test } from 'vitest';
import { instantiateGuest } from '../../../host/tools/guest.ts';
import { BootPolicy, SlotState } from '../../../protocol/image/boot-state.ts';
import { RejectReason } from '../../../protocol/image/reasons.ts';
import { forEveryFacts, guestDecision, nobody } from './decide-facts.ts';
import { action, Cause, type Facts, type Outcome, type SlotOutcome } from './decide-oracle.ts';

const { TRIAL, CONFIRMED, REJECTED } = SlotState;

/** Not 0: it never runs; it runs only where the other image is not good. */
interface Answer {
  forbidden: number;
  givesWay: number;
}
let ask: (facts: Facts, slot: number, becomes: SlotOutcome) => Answer;
let decide: (facts: Facts) => Outcome;

beforeAll(async () => {
  decide = await guestDecision();
  const guest = await instantiateGuest<{ forbids(choice: number): number; givesWay(choice: number): number }>(
    'bootloader/second-decision.ts',
  );
  const at = 0x1_0000;
  const words = new Uint32Array(guest.memory.buffer, at, 18);
  // Word by word, as in guestDecision.
  ask = (facts, slot, becomes) => {
    const own = facts.slots[slot];
    const other = facts.slots[slot ^ 1];
    words[0] = +(facts.asked || facts.strap);
    words[1] = facts.cause;
    words[2] = +facts.coreRefused;
    // The register counts the resets before this one.
    words[3] = Math.max((facts.resets ?? 0) - 1, 0) | ((facts.tried ?? 0) << 16);
    words[4] = +facts.writable;
    words[5] = facts.running;
    words[6] = facts.confirmedLast;
    words[7] = slot;
    words[8] = becomes.state;
    words[9] = becomes.bootsLeft;
    words[10] = +(own.recovery ?? false);
    words[11] = +(!own.older && own.version < other.version);
    words[12] = own.state;
    words[13] = own.bootsLeft ?? 0;
    words[14] = own.reason ?? 0;
    words[15] = +(own.earned ?? false);
    words[16] = other.state;
    words[17] = other.reason ?? 0;
    return { forbidden: guest.forbids(at), givesWay: guest.givesWay(at) };
  };
});

const passes = ({ forbidden, givesWay }: Answer) => forbidden === 0 && givesWay === 0;
const isFresh = ({ cause }: Facts) => cause === Cause.POWER_ON || cause === Cause.PIN;
const lostPower = (facts: Facts) => isFresh(facts) || facts.cause === Cause.BROWN_OUT;

/** Whether the answer is stricter than it may be: the other image comes first, and it is not known to be bad. */
function stops({ slots }: Facts, slot: number, { forbidden, givesWay }: Answer): boolean {
  const { verdict, recovery } = slots[slot ^ 1];
  const isBad = verdict !== RejectReason.NONE || recovery === true;
  return forbidden !== 0 || (givesWay !== 0 && !isBad);
}

/** Why the slot’s image may not become this, whatever else there is. */
const never: Record<string, (facts: Facts, slot: number, becomes: SlotOutcome) => boolean> = {
  'safe mode was requested': ({ asked, strap }) => asked || strap,
  'it was rejected': ({ slots }, slot) => slots[slot].state === REJECTED,
  'on trial without a boot left': ({ slots }, slot, { state }) =>
    state === TRIAL && slots[slot].state === TRIAL && slots[slot].bootsLeft === 0,
  'its trial has just failed': (facts, slot, { state }) =>
    state === TRIAL && facts.slots[slot].state === TRIAL && facts.running === slot && !lostPower(facts),
  'on trial, and no record can be written': ({ writable }, _, { state }) => state === TRIAL && !writable,
  'as confirmed, without ever having been confirmed': ({ slots }, slot, { state }) =>
    state === CONFIRMED && !slots[slot].earned,
  'as confirmed, after its turn': (facts, slot, { state }) =>
    state === CONFIRMED && !isFresh(facts) && ((facts.tried ?? 0) >> slot) % 2 === 1,
  'a trial with more boots than it has': ({ slots }, slot, { state, bootsLeft }) =>
    state === TRIAL && slots[slot].state === TRIAL && bootsLeft >= (slots[slot].bootsLeft ?? 0),
};

/** What the second decision stopped although it may not, and the other way around: the first of each. */
const wrong = new Map<string, object>();
const seen = new Map<string, number>();

function note(name: string, isRight: boolean, facts: Facts, slot: number, becomes: SlotOutcome): void {
  seen.set(name, (seen.get(name) ?? 0) + 1);
  if (!isRight && !wrong.has(name)) wrong.set(name, { facts, slot, becomes });
}

const onTrial = (bootsLeft: number): SlotOutcome => ({ state: TRIAL, reason: 0, bootsLeft, permanent: false });
const asConfirmed: SlotOutcome = { state: CONFIRMED, reason: 0, bootsLeft: 0, permanent: false };

function tryNever(facts: Facts): void {
  for (const slot of [0, 1])
    for (const becomes of [onTrial(1), asConfirmed]) {
      const { forbidden } = ask(facts, slot, becomes);
      for (const [name, holds] of Object.entries(never))
        if (holds(facts, slot, becomes)) note(name, forbidden !== 0, facts, slot, becomes);
    }
}

const chosenPasses = 'whatever the decision chooses passes';
const otherStops =
  'beside a confirmed image that runs, the other one never passes, unless nobody knows which was confirmed last';

function tryOther(facts: Facts, slot: number): void {
  const [own, other] = [facts.slots[slot], facts.slots[slot ^ 1]];
  const isPlain = own.state === CONFIRMED && !own.recovery && own.verdict === RejectReason.NONE;
  // What is known to be bad is stopped by the second look.
  if (!isPlain || other.verdict !== RejectReason.NONE) return;
  if (other.state === CONFIRMED && facts.confirmedLast === nobody) return;
  const bootsLeft = other.state === TRIAL ? Math.max((other.bootsLeft ?? 0) - 1, 0) : BootPolicy.TRIAL_BOOTS - 1;
  for (const each of [onTrial(bootsLeft), asConfirmed])
    note(otherStops, !passes(ask(facts, slot ^ 1, each)), facts, slot ^ 1, each);
}

beforeAll(() => {
  let combinations = 0;
  forEveryFacts((facts) => {
    // The refusals that hold whatever else there is: every seventh combination has them all.
    if (combinations++ % 7 === 0) tryNever(facts);
    const { action: done, slot, slots } = decide(facts);
    if (done !== action.boot) return;
    note(chosenPasses, !stops(facts, slot, ask(facts, slot, slots[slot])), facts, slot, slots[slot]);
    tryOther(facts, slot);
  });
});

test.each([chosenPasses, otherStops, ...Object.keys(never).map((name) => `never: ${name}`)])('%s', (title) => {
  const name = title.replace('never: ', '');
  expect(wrong.get(name)).toBeUndefined();
  expect(seen.get(name)).toBeGreaterThan(10_000);
});
