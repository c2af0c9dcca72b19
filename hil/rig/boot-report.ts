// What a device did in its last boot, and its boot state, read from the events of the recorder and the boot-state record in flash. No request is
// sent to the device, and nothing is changed.

import type { Board } from '../../host/board/board.ts';
import { type BootState, decodeBootState } from '../../host/tools/boot-state.ts';
import { nameOf } from '../../protocol/constants.ts';
import { bootDecisions, slotStates } from '../../protocol/image/boot-state.ts';
import { rejectReasons } from '../../protocol/image/reasons.ts';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';

export type SlotName = 'A' | 'B';
export const slotAddress: Record<SlotName, number> = { A: MemoryMap.SLOT_A, B: MemoryMap.SLOT_B };

export interface BootReport {
  /** Name of the last decision (`bootDecisions`). */
  decision: string | undefined;
  /** The slot that runs; undefined in safe mode. */
  slot: SlotName | undefined;
  /** What was verified in this boot: `A good`, `B HASH_MISMATCH`. */
  verified: string[];
  /** What was rejected in this boot: `B WATCHDOG`. */
  rejected: string[];
}

export function bootReportOf(board: Board): BootReport {
  const events = board.recorderEvents();
  const boot = events.slice(events.findLastIndex(({ kind }) => kind === EventKind.BOOT_START));
  const slotName = (slot: number): SlotName => (slot === 0 ? 'A' : 'B');
  const reasonName = (reason: number) => (reason === 0 ? 'good' : nameOf(rejectReasons, reason));
  const slotsOf = (kind: number) =>
    boot
      .filter((event) => event.kind === kind)
      .map((event) => `${slotName(event.argument0)} ${reasonName(event.argument1)}`);
  const decision = boot.findLast(({ kind }) => kind === EventKind.BOOT_DECISION);
  const handover = boot.find(({ kind }) => kind === EventKind.BOOT_HANDOVER);
  return {
    decision: decision && nameOf(bootDecisions, decision.argument0),
    slot: handover && slotName(handover.argument0),
    verified: slotsOf(EventKind.BOOT_VERIFY),
    rejected: slotsOf(EventKind.BOOT_REJECT),
  };
}

/** Whether safe mode has begun in this boot: from then on the device only waits for a client or a reset. */
export function isInSafeMode(board: Board): boolean {
  const events = board.recorderEvents();
  const last = (kind: number) => events.findLastIndex((event) => event.kind === kind);
  return last(EventKind.SAFE_MODE) > last(EventKind.BOOT_START);
}

/** Both boot-state sectors as they read now. */
export function journalOf(board: Board): Uint8Array {
  const bytes = new Uint8Array(2 * MemoryMap.SECTOR_SIZE);
  board.machine.flash.readBytes(MemoryMap.BOOT_STATE_0, bytes);
  return bytes;
}

/** The state of each slot in words: `{ A: 'CONFIRMED', B: 'REJECTED WATCHDOG' }`, a trial with its boots left: `TRIAL 2`. */
export function slotStatesOf(board: Board): Record<SlotName, string> {
  const state = decodeBootState(journalOf(board));
  return { A: inWords(state, 0), B: inWords(state, 1) };
}

function inWords(state: BootState | undefined, slot: 0 | 1): string {
  const entry = state?.slots[slot];
  if (entry === undefined) return 'UNMARKED';
  const reason = entry.reason === 0 ? '' : ` ${nameOf(rejectReasons, entry.reason)}`;
  const left = nameOf(slotStates, entry.state) === 'TRIAL' ? ` ${entry.bootsLeft}` : '';
  return `${nameOf(slotStates, entry.state)}${reason}${left}`;
}
