// What the chip has spent since a reader's last look: its activity counters, each times what one of them costs.
//
// Every reader keeps the counts of its own last look, so that two readers never disturb each other. What must stay true: counters wrap,
// and differences of two readings are still exact; every kind that is counted has a cost.

import { COUNTED_CYCLES, COUNTED_KINDS } from '../../protocol/guest/generated/constants';
import { ENERGIES } from '../../protocol/guest/generated/plant';
import { readActivityCount } from '../../protocol/guest/generated/registers';

/** Bytes of a reader's last counts. */
export const ACTIVITY_COUNTS_SIZE: u32 = COUNTED_KINDS * 4;
/** Picojoules a nanosecond are milliwatts; a thousand times that, microwatts. */
const MICROWATTS_PER_PJ_PER_NS: u64 = 1000;

let cyclesPicojoules: u64 = 0;

/** Picojoules of all kinds since the last look kept in `counts`, which becomes this look. */
export function spentPicojoules(counts: usize): u64 {
  assert(counts != 0 && (counts & 3) == 0, 'aligned room for the counts');
  assert(COUNTED_KINDS != 0, 'something is counted');
  let all: u64 = 0;
  for (let kind: u32 = 0; kind < COUNTED_KINDS; kind++) {
    const count = readActivityCount(kind);
    const place = counts + ((<usize>kind) << 2);
    const picojoules = <u64>(count - load<u32>(place)) * <u64>load<u32>(ENERGIES + ((<usize>kind) << 2));
    store<u32>(place, count);
    all += picojoules;
    if (kind == COUNTED_CYCLES) cyclesPicojoules = picojoules;
  }
  assert(all >= cyclesPicojoules, 'the core is a part of the whole');
  return all;
}

/** The management core's part of the last answer of `spentPicojoules`. */
export function spentByCorePicojoules(): u64 {
  assert(COUNTED_CYCLES < COUNTED_KINDS, 'the core is counted');
  return cyclesPicojoules;
}

export function microwattsOf(picojoules: u64, nanoseconds: u64): u64 {
  assert(picojoules <= u64.MAX_VALUE / MICROWATTS_PER_PJ_PER_NS, 'a product that fits its word');
  return (picojoules * MICROWATTS_PER_PJ_PER_NS) / max<u64>(nanoseconds, 1);
}
