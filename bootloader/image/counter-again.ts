// The security counter in the fuses, in other words than security-counter.ts has for it: for whoever must not trust one reading alone.

import {
  COUNTER_CELL_BITS,
  COUNTER_CELLS,
  COUNTER_CELLS_A_WORD,
  FUSE_SECURITY_COUNTER,
} from '../../protocol/guest/generated/constants';
import { readFusesWord } from '../../protocol/guest/generated/registers';

const CELL_MASK: u32 = (1 << COUNTER_CELL_BITS) - 1;

/** The counter as it is. */
export function counterInFuses(): u64 {
  let counter: u64 = 0;
  for (let cell: u32 = 0; cell < COUNTER_CELLS; cell++) {
    const tick = tickIn(cell);
    if (tick == 0) break;
    counter = ticked(counter, tick);
  }
  return counter;
}

/** The counter as it would be with this tick in this cell, the last. */
export function counterWith(last: u32, tick: u32): u64 {
  let counter: u64 = 0;
  for (let cell: u32 = 0; cell < last; cell++) counter = ticked(counter, tickIn(cell));
  return ticked(counter, tick);
}

function tickIn(cell: u32): u32 {
  const word = readFusesWord(FUSE_SECURITY_COUNTER + cell / COUNTER_CELLS_A_WORD);
  return (word >> ((cell % COUNTER_CELLS_A_WORD) * COUNTER_CELL_BITS)) & CELL_MASK;
}

function ticked(counter: u64, tick: u32): u64 {
  const digits: u64 = (tick - 1) << 1;
  return min<u64>(((counter >> digits) + 1) << digits, u32.MAX_VALUE);
}
