// Trigger counters of a core, and the condition over them.
//
// A counter counts the triggers of its address while latching is enabled. The condition is judged anew before every real-time
// instruction, as the documentation has it, with every trigger received by then.

import { TRIGGER_ADDRESSES } from '../../protocol/guest/generated/constants';
import { CONDITION_MASK, CONDITION_OPERATOR, COUNTERS, CURSOR, INVERSIONS, LATCH_ENABLED, THRESHOLDS } from './core';
import { DELIVERED, DELIVERED_COUNT, DELIVERED_MAX, NEVER } from './layout';

const OR: u32 = 0;
const NOR: u32 = 1;
const AND: u32 = 2;
const NAND: u32 = 3;
const XOR: u32 = 4;
const XNOR: u32 = 5;

export const NO_TRIGGER: i64 = NEVER;

function delivered(number: u32): usize {
  assert((DELIVERED_MAX & (DELIVERED_MAX - 1)) == 0, 'the ring goes on where the numbers wrap');
  return DELIVERED + (number % DELIVERED_MAX) * 16;
}

function count(core: usize, trigger: usize): void {
  if (load<u32>(core, LATCH_ENABLED) == 0) return;
  assert(load<u32>(trigger, 8) - 1 < TRIGGER_ADDRESSES, 'a trigger has an address');
  assert(load<i64>(trigger) >= 0, 'and was received after the release');
  const counter = core + ((load<u32>(trigger, 8) - 1) << 2);
  store<u32>(counter, load<u32>(counter, COUNTERS) + 1, COUNTERS);
}

/** Counts what was received up to and including `time`. */
export function takeTriggers(core: usize, time: i64): void {
  const last = load<u32>(DELIVERED_COUNT);
  let cursor = load<u32>(core, CURSOR);
  assert(last - cursor <= DELIVERED_MAX, 'no trigger is overwritten before every core has taken it');
  while (cursor != last && load<i64>(delivered(cursor)) <= time) {
    count(core, delivered(cursor));
    cursor++;
  }
  assert(last - cursor <= DELIVERED_MAX, 'no more is left than there was');
  store<u32>(core, cursor, CURSOR);
}

/** When the first trigger of this address came, at `time` or after it; it and those before it are counted. NO_TRIGGER: not yet. */
export function findTrigger(core: usize, time: i64, address: u32): i64 {
  const last = load<u32>(DELIVERED_COUNT);
  assert(address - 1 < TRIGGER_ADDRESSES, 'an address that there is');
  assert(time >= 0, 'a time since the release');
  assert(last - load<u32>(core, CURSOR) <= DELIVERED_MAX, 'no trigger is overwritten before every core has taken it');
  for (let cursor = load<u32>(core, CURSOR); cursor != last; cursor++) {
    const trigger = delivered(cursor);
    count(core, trigger);
    store<u32>(core, cursor + 1, CURSOR);
    if (load<i64>(trigger) >= time && load<u32>(trigger, 8) == address) return load<i64>(trigger);
  }
  return NO_TRIGGER;
}

export function clearCounters(core: usize): void {
  assert(COUNTERS + (TRIGGER_ADDRESSES << 2) <= THRESHOLDS, 'counters stand before their thresholds');
  memory.fill(core + COUNTERS, 0, TRIGGER_ADDRESSES << 2);
}

/** Whether the condition holds with the counters as they are. */
export function conditionHolds(core: usize): bool {
  const mask = load<u32>(core, CONDITION_MASK);
  let reached: u32 = 0;
  for (let index: u32 = 0; index < TRIGGER_ADDRESSES; index++) {
    const counter = core + (index << 2);
    const over: u32 = load<u32>(counter, COUNTERS) >= load<u32>(counter, THRESHOLDS) ? 1 : 0;
    reached |= (over ^ load<u32>(counter, INVERSIONS)) << index;
  }
  assert(reached >> TRIGGER_ADDRESSES == 0 && mask >> TRIGGER_ADDRESSES == 0, 'a bit for each address');
  reached &= mask;
  assert(load<u32>(core, CONDITION_OPERATOR) <= XNOR, 'an operator that there is');
  switch (load<u32>(core, CONDITION_OPERATOR)) {
    case OR:
      return reached != 0;
    case NOR:
      return reached == 0;
    case AND:
      return reached == mask;
    case NAND:
      return reached != mask;
    case XOR:
      return (popcnt(reached) & 1) != 0;
    default:
      return (popcnt(reached) & 1) == 0;
  }
}
