// Converts between the security counter and its fuse words. The layout and its reasons are in
// protocol/image/security-counter.ts; the bootloader counts in the same way.

import { SecurityCounter } from '../../../protocol/image/security-counter.ts';

const { CELLS, CELL_BITS, CELLS_A_WORD, TICK_MAX } = SecurityCounter;
const greatest = 2 ** 32 - 1;

/** The counter in the fuse words from SECURITY_COUNTER on. */
export function counterInFuses(words: ArrayLike<number>): number {
  let counter = 0;
  for (let cell = 0; cell < CELLS; cell++) {
    const word = words[Math.floor(cell / CELLS_A_WORD)] ?? 0;
    const tick = (word >>> ((cell % CELLS_A_WORD) * CELL_BITS)) & (2 ** CELL_BITS - 1);
    if (tick === 0) break;
    counter = Math.min(advanced(counter, tick), greatest);
  }
  return counter;
}

/** The fuse words of a device whose counter was raised from zero to this value in one step. */
export function fusesOfCounter(counter: number): Uint32Array {
  const words = new Uint32Array(CELLS / CELLS_A_WORD);
  let value = 0;
  for (let cell = 0; value < counter; cell++) {
    let tick = TICK_MAX;
    while (advanced(value, tick) > counter) tick--;
    value = advanced(value, tick);
    words[Math.floor(cell / CELLS_A_WORD)] |= tick << ((cell % CELLS_A_WORD) * CELL_BITS);
  }
  return words;
}

function advanced(counter: number, tick: number): number {
  const step = 4 ** (tick - 1);
  return (Math.floor(counter / step) + 1) * step;
}
