// A problem in slots, the unit of the device: deadlines rounded down, services, switches and reserved windows rounded up.

import { leastCommonMultiple } from './pinwheel/fold.ts';
import type { MuxProblem, ReservedWindow } from './problem.ts';

export interface SlotCell {
  /** Place in the problem's list. */
  index: number;
  name: string;
  lines: readonly number[];
  bank: number;
  deadline: number;
  service: number;
}

export interface SlotProblem {
  slotNs: number;
  lines: number;
  switchSlots: number;
  /** One period of all windows together: 1 where a slot is reserved. A period of 1 and free without windows. */
  reserved: Uint8Array;
  cells: SlotCell[];
}

/** A problem that no table can express. The message says why and what to change. */
export class ProblemError extends Error {}

/** Slots of a common period of all windows: more would make a table longer than a device can hold. */
const RESERVED_SLOTS_MOST = 4_000_000;

export function inSlots(problem: MuxProblem): SlotProblem {
  const { slotNs, lines, switchNs, windows, cells } = problem;
  return {
    slotNs,
    lines,
    switchSlots: Math.ceil(switchNs / slotNs),
    reserved: reservedSlots(windows, slotNs),
    cells: cells.map(({ name, lines: allowed, bank, deadlineNs, serviceNs }, index) => ({
      ...{ index, name, lines: allowed, bank },
      deadline: Math.floor(deadlineNs / slotNs),
      service: Math.ceil(serviceNs / slotNs),
    })),
  };
}

function reservedSlots(windows: readonly ReservedWindow[], slotNs: number): Uint8Array {
  let periodNs = slotNs;
  for (const { name, periodNs: own } of windows) {
    periodNs = leastCommonMultiple(periodNs, own);
    if (periodNs / slotNs <= RESERVED_SLOTS_MOST) continue;
    throw new ProblemError(
      `the reserved window '${name}' comes every ${own} ns; together with the slot of ${slotNs} ns and the windows before it that repeats only after ${periodNs} ns, over ${RESERVED_SLOTS_MOST} slots; make the periods multiples of each other and of slot_ns`,
    );
  }
  const slots = new Uint8Array(periodNs / slotNs);
  for (const { periodNs: own, offsetNs, lengthNs } of windows) {
    for (let from = offsetNs; from < periodNs + offsetNs; from += own) {
      const [first, end] = [Math.floor(from / slotNs), Math.ceil((from + lengthNs) / slotNs)];
      for (let slot = first; slot < end; slot++) slots[slot % slots.length] = 1;
    }
  }
  return slots;
}
