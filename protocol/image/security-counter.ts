// How the fuses hold the security counter: as ticks of four bits each, counted in digits of base four.
//
//   cell    tick       counter                                    1.4.7 is 0x01040007
//   0       none
//   1       to the next number                                    1.4.7 -> 1.4.8
//   2       to the next multiple of 4
//   3       to the next multiple of 16
//   ...
//   9       to the next multiple of 4^8  = 0x1_0000               1.4.7 -> 1.5.0
//   13      to the next multiple of 4^12 = 0x100_0000             1.4.7 -> 2.0.0
//   15      to the next multiple of 4^14                          1.4.7 -> 16.0.0
//
// imgtool's `-s auto` makes counters of this shape out of versions: 1.0.0 is 16,777,216. No chip has so many fuses. In ticks it is
// one, as is every step to the next revision, minor or major version. Any counter of 32 bits is at most 15 + 14 * 3 ticks away. A
// counter that is counted by hand (1, 2, 3 ...) takes one tick a step, as in a design with one fuse a step.
//
// Eight cells a word, the lowest bits first; cells are burnt in order and the first empty one ends the counter. What must stay true:
// - More ones never make a smaller number: of two ticks the greater goes at least as far, and what follows keeps the order.
// - A burn that is cut leaves a smaller tick or none, so the counter is never above the one that was being burnt; the next attempt burns the
//   very same cell again, so that no cell is lost.
// - An image whose counter takes more cells than are left is refused before it runs (COUNTER_TOO_FAR). With 256 cells that is after 256
//   releases that each take one step, and one image can take 57 of them at most.

import { constantTable, valuesOf } from '../constants.ts';

export const securityCounterTable = constantTable('COUNTER', 'The security counter in the fuses.', {
  CELLS: [256, 'Cells'],
  CELL_BITS: [4, 'Bits of a cell'],
  CELLS_A_WORD: [8, 'Cells of a fuse word'],
  TICK_MAX: [15, 'Greatest tick: to the next multiple of 4^14'],
});

export const SecurityCounter = valuesOf(securityCounterTable);
