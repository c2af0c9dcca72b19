// What the planner is asked: cells that lose their charge, lines that serve them, and times that are taken.
//
// All times are whole nanoseconds, rounded to the safe side: a deadline down, a service up. What must stay true: a problem that exists is complete
// and within the bounds of a board (protocol/multiplexer/table.ts).

import { Mux } from '../../../protocol/multiplexer/module.ts';

export interface MuxCell {
  name: string;
  /** Number on the board. */
  number: number;
  /** Lines that may serve it, by number. */
  lines: readonly number[];
  bank: number;
  /** Longest time between the starts of two services: tolerance / drift. */
  deadlineNs: number;
  /** Settling and writing. */
  serviceNs: number;
  /** What the deadline was calculated from; left out where it was given. */
  toleranceMicrovolts?: number;
}

/** Time in which no line may serve or switch: `lengthNs` from `offsetNs` on, again every `periodNs`. */
export interface ReservedWindow {
  name: string;
  periodNs: number;
  offsetNs: number;
  lengthNs: number;
}

export interface MuxProblem {
  name: string;
  /** What a service does: a cell stores a voltage, or a converter samples a row. */
  serves: 'voltages' | 'samples';
  lines: number;
  /** Unit of the table: services begin at whole slots. */
  slotNs: number;
  /** A line needs it to go from one bank to another. */
  switchNs: number;
  windows: readonly ReservedWindow[];
  cells: readonly MuxCell[];
}

/** Drift of a stored voltage just after a step of full scale, and long after it (van Staveren et al. 2025, as cited in docs/multiplexer.md). */
export const driftMicrovoltsPerSecond = {
  fresh: Math.ceil((Mux.CODE_MAX * Mux.FRESH_DRIFT_PER_CODE) / 1e6) * 1000,
  settled: Mux.SETTLED_DRIFT / 1000,
} as const;

export const NS_A_SECOND = 1_000_000_000;

/** A cell may wait as long as its charge takes to drift by the tolerance. */
export function deadlineOf(toleranceMicrovolts: number, driftMicrovolts: number): number {
  return Math.floor((toleranceMicrovolts * NS_A_SECOND) / driftMicrovolts);
}
