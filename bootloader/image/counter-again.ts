// The security counter in the fuses, read by other code than security-counter.ts. The second checks use it: they must not depend on one reading.

import {
  COUNTER_CELL_BITS,
  COUNTER_CELLS,
  COUNTER_CELLS_A_WORD,
  FUSE_SECURITY_COUNTER,
} from '../../protocol/guest/generated/constants';
import { readFusesWord } from '../../protocol/guest/generated/registers';

const CELL_MASK: u32 = (1 << COUNTER_CELL_BITS) - 1;

/** The value of the counter. */
export function counterInFuses(): u64 {
  let counter: u64 = 0;
  for (let cell: u32 = 0; cell < COUNTER_CELLS; cell++) {
    const tick = tickIn(cell);
    if (tick == 0) break;
    counter = ticked(counter, tick);
  }
  assert(counter <= u32.MAX_VALUE, 'a counter has 32 bits');
  return counter;
}

/** The value that the counter would have with this tick in cell `last`, the last cell. */
export function counterWith(last: u32, tick: u32): u64 {
  assert(last < COUNTER_CELLS, 'a cell of the counter');
  assert(tick != 0 && tick <= CELL_MASK, 'a tick fits its cell');
  let counter: u64 = 0;
  for (let cell: u32 = 0; cell < last; cell++) counter = ticked(counter, tickIn(cell));
  return ticked(counter, tick);
}

function tickIn(cell: u32): u32 {
  assert(cell < COUNTER_CELLS, 'a cell of the counter');
  assert(COUNTER_CELLS_A_WORD * COUNTER_CELL_BITS <= 32, 'the cells of a word fit it');
  const word = readFusesWord(FUSE_SECURITY_COUNTER + cell / COUNTER_CELLS_A_WORD);
  return (word >> ((cell % COUNTER_CELLS_A_WORD) * COUNTER_CELL_BITS)) & CELL_MASK;
}

function ticked(counter: u64, tick: u32): u64 {
  const digits: u64 = (tick - 1) << 1;
  return min<u64>(((counter >> digits) + 1) << digits, u32.MAX_VALUE);
}
