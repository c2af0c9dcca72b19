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
  return ({ slots, running, confirmedLast, ...rest }) => {
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
export const allSlots: SlotFacts[] = [
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
          for (const confirmedLast of lastOnes(a, b)) visit({ ...circumstance, running, confirmedLast, slots: [a, b] });
}
