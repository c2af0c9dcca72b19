// Every combination of facts that the boot decision is tried with, and the guest's decision as a function of them.

import { instantiateGuest } from '../../../host/tools/guest.ts';
import { BootPolicy, SlotState } from '../../../protocol/image/boot-state.ts';
import { RejectReason } from '../../../protocol/image/reasons.ts';
import { Cause, type Circumstance, type Facts, type Outcome, type SlotFacts, unchecked } from './decide-oracle.ts';

const { UNMARKED, PENDING, TRIAL, CONFIRMED, REJECTED } = SlotState;
const most = BootPolicy.RESETS_IN_A_ROW_MAX;
/** Where no slot is meant. */
export const nobody = 0xff;

/** The decision of the guest. */
export async function guestDecision(): Promise<(facts: Facts) => Outcome> {
  const guest = await instantiateGuest<{ decide(facts: number, outcome: number): void }>('bootloader/decide.ts');
  const factsAt = 0x1_0000;
  const outcomeAt = 0x1_1000;
  const [factWords, outcomeWords, slotWords, slotOutcomeWords] = [10, 6, 10, 4];
  const input = new Uint32Array(guest.memory.buffer, factsAt, factWords + 2 * slotWords);
  const output = new Uint32Array(guest.memory.buffer, outcomeAt, outcomeWords + 2 * slotOutcomeWords);
  const slotOutcome = (index: number) => {
    const at = outcomeWords + index * slotOutcomeWords;
    return { state: output[at], reason: output[at + 1], bootsLeft: output[at + 2], permanent: output[at + 3] !== 0 };
  };
  // Word by word, because there are millions of combinations: a list for each would take most of the time.
  return (facts) => {
    input[0] = facts.cause;
    input[1] = +facts.coreRefused;
    input[2] = +facts.asked;
    input[3] = +facts.strap;
    input[4] = +facts.writable;
    input[5] = facts.running;
    input[6] = facts.givenUp ?? 0;
    input[7] = facts.resets ?? 0;
    input[8] = facts.tried ?? 0;
    input[9] = facts.confirmedLast;
    for (let index = 0, at = factWords; index < 2; index++, at += slotWords) {
      const slot = facts.slots[index];
      input[at] = slot.state;
      input[at + 1] = +(slot.permanent ?? false);
      input[at + 2] = slot.bootsLeft ?? 0;
      input[at + 3] = slot.version;
      input[at + 4] = slot.verdict;
      input[at + 5] = slot.reason ?? 0;
      input[at + 6] = +(slot.recovery ?? false);
      input[at + 7] = +(slot.token ?? false);
      input[at + 8] = +(slot.earned ?? false);
      input[at + 9] = +(slot.older ?? false);
    }
    output.fill(0xdead_beef);
    guest.decide(factsAt, outcomeAt);
    const [action, slot, decision, resets, tried] = [output[0], output[1], output[2], output[3], output[4]];
    return { action, slot, decision, resets, tried, slots: [slotOutcome(0), slotOutcome(1)] };
  };
}

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
/** All fields in one order: what reads millions of them is several times as fast. */
const whole = (slot: SlotFacts): SlotFacts => ({
  ...{ state: 0, permanent: false, bootsLeft: 0, version: 0, verdict: 0 },
  ...{ recovery: false, reason: 0, token: false, earned: false, older: false },
  ...slot,
});
export const allSlots: SlotFacts[] = [
  ...slots,
  ...slots.filter(isGood).map((slot) => ({ ...slot, recovery: true })),
  ...usualSlots
    .filter((slot) => isGood(slot) && (slot.state === CONFIRMED || slot.state === PENDING))
    .map((slot) => ({ ...slot, token: true })),
].map(whole);
const resets = [
  ...Object.values(Cause).map((cause) => ({ cause, coreRefused: false })),
  { cause: Cause.FAULT, coreRefused: true },
  ...[RejectReason.POWER_BUDGET, RejectReason.INTERLOCK, RejectReason.WATCHDOG, 255].map((givenUp) => ({
    ...{ cause: Cause.SOFTWARE, coreRefused: false },
    givenUp,
  })),
];
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
export const circumstances: Circumstance[] = [
  ...resets.flatMap((reset) => [true, false].map((writable) => ({ ...reset, asked: false, strap: false, writable }))),
  ...[Cause.POWER_ON, Cause.WATCHDOG].flatMap((cause) =>
    wishes.map((wish) => ({ cause, coreRefused: false, ...wish })),
  ),
  ...loops,
];

/** Which slot was confirmed last matters where both are, or may be when their trials end. */
function lastOnes(a: SlotFacts, b: SlotFacts): number[] {
  return a.earned && b.earned ? [0, 1, nobody] : [nobody];
}

/** Two versions 2 are to each other as two versions 1, and are left out. */
export function forEveryFacts(visit: (facts: Facts) => void): void {
  for (const a of allSlots)
    for (const b of allSlots)
      for (const circumstance of a.version === 2 && b.version === 2 ? [] : circumstances)
        for (const running of [0, 1, nobody])
          for (const confirmedLast of lastOnes(a, b)) visit(factsOf(circumstance, running, confirmedLast, [a, b]));
}

function factsOf(
  { cause, coreRefused, asked, strap, writable, givenUp = 0, resets = 0, tried = 0 }: Circumstance,
  running: number,
  confirmedLast: number,
  slots: [SlotFacts, SlotFacts],
): Facts {
  return { cause, coreRefused, asked, strap, writable, givenUp, resets, tried, running, confirmedLast, slots };
}
