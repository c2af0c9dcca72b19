// Checks what a device promises over resets, between two moments: before an action, and after the device came to rest again.
//
//   kept      the image that was reported as confirmed runs, unless another one was requested since, or it does not verify, or it failed
//   reverted  a trial that was reset is over
//   earned    an image becomes confirmed, and fuses move, only for one that ran healthy; the factory's are confirmed from the start
//   told      an image has a reason in the boot state if it was requested and does not run, or was confirmed last and another one runs
//   rescued   safe mode only where it was requested, or where every image that ran healthy once is gone, kept out, or has had its turn
//
// What must stay true: this is the client's view. It knows what was done and answered, and what is in flash. The bootloader's decision
// (bootloader/decide.ts) is stated here a second time, as limits, and shares no code with it. What is known before a move was itself
// checked after the move before it.

import { LogKind, type LogRecord } from '../../host/board/log.ts';
import { RESET } from '../../protocol/generated/registers.ts';
import { BootDecision, BootPolicy, SlotState } from '../../protocol/image/boot-state.ts';
import { RejectReason } from '../../protocol/image/reasons.ts';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';
import { isSameBytes } from './device/cells.ts';
import { isOf, type Known } from './device/known.ts';
import type { Finding, Invariant } from './invariants.ts';

/** What was done to the device between the two moments. */
export interface Happening {
  /** Result of its boot: the slot that runs, or safe mode. Undefined where it did not boot. */
  runs: number | 'safe mode' | undefined;
  /** Slot whose image was confirmed, by a client or by itself after being healthy for long enough; and whether that was answered. */
  confirms?: { slot: number; answered: boolean };
  /** Slots whose image was requested; `older`: where a person may go back to an older version. */
  asks?: { slots: readonly number[]; older: boolean };
  /** The other slot was uploaded to or erased: what was known of its image may be forgotten. */
  rewrites?: boolean;
  /** Safe mode was requested. */
  asksSafeMode?: boolean;
  /** A bit of the newest record rotted, and the one before counts: the slot which that one has as confirmed last. A confirm is answered when both say it. */
  rots?: { confirmedLast: number | undefined };
  /** A reset that ends a trial. */
  endsTrial?: boolean;
  /** Resets in a row, and slots whose turn in it is over, after what was done. */
  row: RowAfter;
}

export interface Row {
  count: number;
  /** Bit n: the image in slot n has had its turn. */
  tried: number;
}

export interface RowAfter extends Row {
  /** Bit n: the image in slot n was reset too often, also where power made a new beginning since. */
  failed: number;
}

export const freshRow: Row = { count: 0, tried: 0 };

const causes = RESET.registers.CAUSE.fields.CAUSE.values;
/** How the reasons of a trial that ended through no fault of the image are told apart: bootloader/image/state/failed-when-run.ts. */
export const harmless: readonly number[] = [
  RejectReason.UNCONFIRMED,
  RejectReason.TRIAL_TIMEOUT,
  RejectReason.TRIALS_EXHAUSTED,
];
const trials: readonly number[] = [
  BootDecision.TRIAL_FIRST,
  BootDecision.TRIAL_AGAIN,
  BootDecision.PERMANENT,
  BootDecision.RESCUE,
];

/** Counts resets in a row from the log, until power-on or the pin starts a new row. */
export function rowAfter(row: Row, before: Known, records: readonly LogRecord[]): RowAfter {
  let { count, tried } = row;
  let failed = tried;
  let { running } = before;
  let onTrial = running !== undefined && before.slots[running].state === SlotState.TRIAL;
  for (const { kind, a, b } of records) {
    if (kind === LogKind.HANDOVER) running = a >= MemoryMap.SLOT_B ? 1 : 0;
    if (kind === LogKind.RECORDER && (a & 0xffff) === EventKind.BOOT_DECISION) onTrial = trials.includes(b);
    if (kind !== LogKind.RESET) continue;
    if (a === causes.POWER_ON || a === causes.PIN) {
      count = 0;
      tried = 0;
    } else if (running !== undefined && onTrial && a !== causes.BROWN_OUT) {
      // It has failed, and the image that runs instead gets a count of its own.
      count = 0;
    } else if (++count >= BootPolicy.RESETS_IN_A_ROW_MAX && running !== undefined && !onTrial) {
      tried |= 1 << running;
      failed |= tried;
      count = 0;
    }
    running = undefined;
  }
  return { count, tried, failed };
}

/** The promises that are broken. */
export function judgePromises(before: Known, after: Known, happening: Happening): Finding[] {
  const findings: Finding[] = [];
  const find = (invariant: Invariant, text: string) => findings.push({ invariant, text });
  // Unstable bits may be read as one value or the other.
  if (!before.isFirm || !after.isFirm) return findings;
  judgeEarned(before, after, happening, find);
  judgeWritten(before, after, happening, find);
  const { runs } = happening;
  if (runs === 'safe mode') judgeRescued(before, after, happening, find);
  else if (runs !== undefined) judgeKept(before, after, happening, runs, find);
  judgeReasons(before, after, happening, find);
  return findings;
}

type Find = (invariant: Invariant, text: string) => void;

const nameOfSlot = (slot: number) => `slot ${'AB'[slot]}`;

function judgeEarned(before: Known, after: Known, { confirms, rots }: Happening, find: Find): void {
  for (const slot of [0, 1]) {
    const { entry, image } = after.slots[slot];
    if (!entry || !(entry.earned || entry.state === SlotState.CONFIRMED)) continue;
    const was = before.slots[slot].entry;
    const isSame = was !== undefined && isSameBytes(was.hash, entry.hash);
    // An older record counts where the newest rotted, and what it says was earned then.
    if ((isSame && was.earned) || confirms?.slot === slot || rots) continue;
    find('earned', `${image?.name ?? 'the image'} in ${nameOfSlot(slot)} counts as confirmed, and never ran healthy`);
  }
  const vouching = after.slots.flatMap(({ image, earned }) => (image !== undefined && earned ? [image] : []));
  const most = Math.max(before.securityCounter, ...vouching.map(({ securityCounter }) => securityCounter));
  if (after.securityCounter > most)
    find(
      'earned',
      `the security counter went from ${before.securityCounter} to ${after.securityCounter}, and no image that ran healthy has it`,
    );
  const may = vouching.reduce((keys, { revokes }) => keys | revokes, before.revokedKeys);
  if ((after.revokedKeys & ~may) !== 0) find('earned', 'a key was revoked, and no image that ran healthy revokes it');
}

/** What was answered and what was known must be in the boot state. */
function judgeWritten(before: Known, after: Known, { confirms, rewrites, rots }: Happening, find: Find): void {
  if (rots) return;
  if (confirms?.answered && after.slots[confirms.slot].state !== SlotState.CONFIRMED)
    find('kept', `the confirm of ${nameOfSlot(confirms.slot)} was answered, and its image is not confirmed`);
  for (const slot of [0, 1]) {
    const { image, earned } = before.slots[slot];
    const now = after.slots[slot];
    if (
      !earned ||
      (rewrites && before.running !== slot) ||
      now.earned ||
      image?.name === undefined ||
      now.image?.name !== image.name
    )
      continue;
    find('rescued', `that ${image.name} in ${nameOfSlot(slot)} ran healthy once is forgotten`);
  }
}

/** An image that was dropped has a reason that a client can read: the image list and the boot log show it. */
function judgeReasons(before: Known, after: Known, happening: Happening, find: Find): void {
  const { runs, rots, rewrites, confirms } = happening;
  for (const slot of [0, 1]) {
    const { entry } = after.slots[slot];
    if (entry?.state === SlotState.REJECTED && entry.reason === RejectReason.NONE)
      find('told', `the image in ${nameOfSlot(slot)} is rejected, and no reason is kept`);
    const { image, state } = before.slots[slot];
    // An older record may count, a client may have forgotten it, and what is confirmed now was not dropped.
    if (image === undefined || runs === undefined || runs === slot || rots || rewrites || confirms?.slot === slot)
      continue;
    const now = isOf(entry, image) ? entry : undefined;
    const wasDropped = isAskedFor(state)
      ? !isAskedFor(now?.state ?? after.slots[slot].state)
      : state === SlotState.CONFIRMED && wasPassedOver(before, after, happening, slot);
    if (wasDropped && (now === undefined || now.reason === RejectReason.NONE))
      find('told', `${image.name} in ${nameOfSlot(slot)} was to run and was dropped, and no reason is kept`);
  }
}

function isAskedFor(state: number): boolean {
  return state === SlotState.PENDING || state === SlotState.TRIAL;
}

/** Whether the image in the slot was and is the one confirmed last, and another confirmed one runs, or safe mode without a request. */
function wasPassedOver(before: Known, after: Known, { runs, asksSafeMode }: Happening, slot: number): boolean {
  if (before.confirmedLast !== slot || after.confirmedLast !== slot || runs === undefined) return false;
  if (runs === 'safe mode') return asksSafeMode !== true;
  const [image, found] = [before.slots[slot].image, after.slots[runs].image];
  return after.slots[runs].state === SlotState.CONFIRMED && found?.name !== image?.name;
}

/** Whether the slot's image may run, and nothing is known against it. */
function isGood({ slots }: Known, slot: number): boolean {
  return slots[slot].image?.isAllowed === true;
}

function hasFailed({ slots }: Known, slot: number, { row }: Happening): boolean {
  const { reason, state } = slots[slot];
  if (((row.failed >> slot) & 1) !== 0) return true;
  return state === SlotState.CONFIRMED && reason >= RejectReason.UNCONFIRMED && !harmless.includes(reason);
}

function judgeKept(before: Known, after: Known, happening: Happening, runs: number, find: Find): void {
  const { confirms, endsTrial, rewrites, rots } = happening;
  const ended = endsTrial === true && before.running === runs && before.slots[runs].state === SlotState.TRIAL;
  const isTrialAgain = after.slots[runs].state === SlotState.TRIAL;
  if (ended && isTrialAgain) {
    find('reverted', `${nameOfSlot(runs)} was on trial before the reset, and is on trial again`);
    return;
  }
  const last = confirms?.answered ? confirms.slot : (rots ?? before).confirmedLast;
  if (last === undefined || last === runs || confirms?.slot === runs) return;
  if (!confirms?.answered && before.slots[last].state !== SlotState.CONFIRMED) return;
  // A client began to write over it.
  if (rewrites && before.running !== last && !after.slots[last].earned) return;
  if (!isGood(after, last) || hasFailed(before, last, happening) || before.slots[last].image === undefined) return;
  // The same image in both slots is one image.
  const [kept, found] = [after.slots[last].image, after.slots[runs].image];
  if (kept?.name === found?.name) return;
  if (mayBeTried(before, after, happening, runs, last)) return;
  find(
    'kept',
    `${kept?.name} in ${nameOfSlot(last)} was confirmed last and is good, and ${found?.name ?? 'something'} in ${nameOfSlot(runs)} runs`,
  );
}

/** Whether the image that runs was requested, and may have its turn before the confirmed one. */
function mayBeTried(before: Known, after: Known, { asks }: Happening, runs: number, last: number): boolean {
  const { state, older } = before.slots[runs];
  const isNew = asks?.slots.includes(runs) === true;
  const isAsked = isNew || state === SlotState.PENDING || state === SlotState.TRIAL;
  if (!isAsked || after.slots[runs].state !== SlotState.TRIAL) return false;
  const isOlder = (after.slots[runs].image?.version ?? 0) < (after.slots[last].image?.version ?? 0);
  return !isOlder || older || (isNew && asks?.older === true);
}

function judgeRescued(before: Known, after: Known, happening: Happening, find: Find): void {
  if (happening.asksSafeMode) return;
  for (const slot of [0, 1]) {
    const { image, earned } = after.slots[slot];
    const wasGood = earned && before.slots[slot].entry?.earned && isOf(before.slots[slot].entry, image);
    if (!wasGood || !isGood(after, slot) || ((happening.row.tried >> slot) & 1) !== 0) continue;
    find(
      'rescued',
      `safe mode was not requested, and ${image?.name} in ${nameOfSlot(slot)} ran healthy once and is good`,
    );
  }
}
