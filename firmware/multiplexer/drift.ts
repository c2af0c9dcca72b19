// How long a cell holds its voltage: tolerance over drift, and what a step leaves of drift.
//
//   drift after t = settled + excess / 2^(t / half life), where a step of n codes adds n * 549 nV/s to the excess
//
// The power of two is taken down only at whole half lives, so this drift is never below the true one, and the deadline never too long. What must stay
// true: between two services the drift only falls, so a deadline that held at the first holds until the second.

import {
  MUX_CELL_VALID,
  MUX_CODE_MAX,
  MUX_FRESH_DRIFT_PER_CODE,
  MUX_HALF_LIFE_MS,
} from '../../protocol/guest/generated/constants';
import { Cell, NEVER } from './layout';

const HALF_LIFE_NS: i64 = <i64>MUX_HALF_LIFE_MS * 1_000_000;
/** Behind so many half lives nothing is left of the largest excess. */
const HALVINGS_MAX: i64 = 31;
/** Microvolts over nanovolts a second, in nanoseconds. */
const NS_PER_MICROVOLT_TIMES_DRIFT: u64 = 1_000_000_000_000;
const DEADLINE_MAX_NS: u64 = 1_000_000_000_000;
/** Drift of steps that add up is cut here; two steps of full scale are below. */
const EXCESS_MAX: u32 = 0x7fff_ffff;

/** What steps have left of drift at a time, in nV/s; never too little. */
export function excessAt(cell: Cell, time: i64): u32 {
  assert(time >= cell.stepTime, 'time goes forward');
  const halvings = min((time - cell.stepTime) / HALF_LIFE_NS, HALVINGS_MAX);
  const left = cell.excessDrift >> <u32>halvings;
  assert(left <= cell.excessDrift, 'a drift that only falls');
  return left;
}

/** How long a cell of this drift stays within its tolerance, in ns. */
export function deadlineOf(cell: Cell, excess: u32): i64 {
  const drift = <u64>cell.settledDrift + <u64>excess;
  assert(excess <= EXCESS_MAX, 'drift that was cut');
  if (drift == 0) return <i64>DEADLINE_MAX_NS;
  const deadline = (<u64>cell.toleranceMicrovolts * NS_PER_MICROVOLT_TIMES_DRIFT) / drift;
  assert(cell.toleranceMicrovolts <= 4_000_000, 'a tolerance that was judged when it was set');
  return <i64>min(deadline, DEADLINE_MAX_NS);
}

/** Excess drift in nV/s after a step to a code at a time. */
export function excessAfter(cell: Cell, code: u32, time: i64): u32 {
  assert(code <= MUX_CODE_MAX && cell.heldCode <= MUX_CODE_MAX, 'codes of the converter');
  const step = code > cell.heldCode ? code - cell.heldCode : cell.heldCode - code;
  const sum = <u64>excessAt(cell, time) + <u64>step * MUX_FRESH_DRIFT_PER_CODE;
  const excess = <u32>min(sum, EXCESS_MAX);
  assert(excess >= excessAt(cell, time), 'a step adds drift');
  return excess;
}

/** Until when a service must have begun; NEVER where nothing is kept that could be lost. */
export function dueOf(cell: Cell): i64 {
  assert(cell.deadlineNs >= 0, 'a deadline lies behind its service');
  assert(cell.last >= 0, 'times are counted from the release');
  return cell.state == MUX_CELL_VALID ? cell.last + cell.deadlineNs : NEVER;
}

/** Whether it is to be served as soon as there is room: it holds no valid value, or not the wanted one. */
export function isUrgent(cell: Cell): bool {
  assert(cell.hurry <= 1, 'it is to hurry, or not');
  assert(cell.code <= MUX_CODE_MAX && cell.heldCode <= MUX_CODE_MAX, 'codes of the converter');
  return cell.state != MUX_CELL_VALID || cell.code != cell.heldCode || cell.hurry != 0;
}
