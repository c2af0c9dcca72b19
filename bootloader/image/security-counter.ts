// The security counter in the fuses: read, compared, and brought up to a confirmed image's. protocol/image/security-counter.ts draws it.
//
//                startCounter               a tick is burnt           the last one
//      IDLE ------------------> BURNING ------------------> BURNING ---------------> IDLE: the counter is at least the one requested
//
// A tick that a cut left half-burnt counts less than it should. It is recognised, because further burning could still make it the right one, and it is
// burnt again in the same cell. So a cut uses up no cell: a counter that had room before its first tick has room after any cut.

import { burnBusy, burnFailed, burnWait, startBurn } from '../../protocol/guest/fuse-burn';
import {
  COUNTER_CELL_BITS,
  COUNTER_CELLS,
  COUNTER_CELLS_A_WORD,
  COUNTER_TICK_MAX,
  FUSE_SECURITY_COUNTER,
  FUSE_SECURITY_COUNTER_WORDS,
} from '../../protocol/guest/generated/constants';
import { readFusesWord } from '../../protocol/guest/generated/registers';
import { counterWith } from './counter-again';

const CELL_MASK: u32 = (1 << COUNTER_CELL_BITS) - 1;
const STABLE_READS: u32 = 8;

// What readTicks found: the counter, the cells in use, the last tick, and the counter in front of it.
let value: u32 = 0;
let cells: u32 = 0;
let last: u32 = 0;
let before: u32 = 0;

/** What the counter is being brought up to. It has that value when nothing is burning. */
let target: u32 = 0;
let advancing: bool = false;
/** The counter in front of the tick that is being burnt. */
let valueBefore: u32 = 0;

/** Images with a lower counter do not boot, unless a token allows it. Fuses only gain ones, so it never goes back. */
export function securityCounter(): u32 {
  readTicks();
  assert(value >= before, 'a tick never makes the counter smaller');
  return value;
}

/** Cells that are not burnt yet. */
export function cellsLeft(): u32 {
  readTicks();
  assert(cells <= COUNTER_CELLS, 'no more cells are in use than there are');
  return COUNTER_CELLS - cells;
}

/** Whether the fuses have room to be brought up to this counter. */
export function counterFits(counter: u32): bool {
  readTicks();
  let from = value;
  if (lastGrowsTo(counter)) from = advanced(before, tickTowards(before, counter));
  let left = COUNTER_CELLS - cells;
  assert(left <= COUNTER_CELLS, 'no more cells are in use than there are');
  assert(from >= before, 'a tick never makes the counter smaller');
  for (; from < counter && left != 0; left--) from = advanced(from, tickTowards(from, counter));
  return from >= counter;
}

/** Begins to bring the counter up; false where there is nothing to do. The caller has seen that no burn runs. */
export function startCounter(counter: u32): bool {
  assert(!advancing, 'one image is confirmed at a time');
  assert(!burnBusy(), 'no other burn runs');
  target = counter;
  advancing = burnNextTick();
  return advancing;
}

/** Moves on as far as the fuses let it, and tells whether there is still something to wait for. */
export function counterBusy(): bool {
  assert(!advancing || target > valueBefore, 'a burn that runs brings the counter further');
  if (advancing && !burnBusy()) advancing = !burnFailed() && burnNextTick();
  return advancing;
}

/** Brings the counter up, waiting for the fuses; false where it could not be. */
export function advanceCounter(counter: u32): bool {
  startCounter(counter);
  while (counterBusy()) burnWait();
  assert(!burnBusy(), 'the last burn has ended');
  return securityCounter() >= counter;
}

function burnNextTick(): bool {
  readTicks();
  if (target <= value) return false;
  // A tick that was burnt and does not count is a fault here or in the fuses. To go on would only use up the cells.
  if (advancing && value <= valueBefore) return false;
  valueBefore = value;
  const again = lastGrowsTo(target);
  const cell = again ? cells - 1 : cells;
  if (cell >= COUNTER_CELLS) return false;
  assert(!again || cells != 0, 'only a tick that is there is burnt again');
  const tick = again ? tickTowards(before, target) : tickTowards(value, target);
  if (counterWith(cell, tick) > target) return false;
  assert(tick != 0 && tick <= COUNTER_TICK_MAX, 'a tick fits its cell');
  startBurn(
    FUSE_SECURITY_COUNTER + cell / COUNTER_CELLS_A_WORD,
    tick << ((cell % COUNTER_CELLS_A_WORD) * COUNTER_CELL_BITS),
  );
  return true;
}

/**
 * All words but the one with the last tick are burnt for good: the next cell is begun only when a burn has ended. In that one a cut may have left
 * ones that are there only now and then; they do not count, and are burnt again.
 */
function readTicks(): void {
  foldTicks(FUSE_SECURITY_COUNTER_WORDS, 0);
  const word: u32 = cells == 0 ? 0 : (cells - 1) / COUNTER_CELLS_A_WORD;
  assert(word < FUSE_SECURITY_COUNTER_WORDS, 'the last tick is in a word of the counter');
  let firm = u32.MAX_VALUE;
  for (let read: u32 = 0; read < STABLE_READS; read++) firm &= readFusesWord(FUSE_SECURITY_COUNTER + word);
  foldTicks(word, firm);
}

/** Folds the words in front of `shaky`, and then `firm` in place of that one. */
function foldTicks(shaky: u32, firm: u32): void {
  assert(shaky <= FUSE_SECURITY_COUNTER_WORDS, 'a word of the counter, or none');
  assert(COUNTER_CELLS == FUSE_SECURITY_COUNTER_WORDS * COUNTER_CELLS_A_WORD, 'the cells fill their words');
  value = 0;
  cells = 0;
  last = 0;
  before = 0;
  for (let word: u32 = 0; word <= shaky && word < FUSE_SECURITY_COUNTER_WORDS; word++) {
    let ticks = word == shaky ? firm : readFusesWord(FUSE_SECURITY_COUNTER + word);
    for (let cell: u32 = 0; cell < COUNTER_CELLS_A_WORD; cell++, ticks >>= COUNTER_CELL_BITS) {
      const tick = ticks & CELL_MASK;
      if (tick == 0) return;
      before = value;
      last = tick;
      value = advanced(value, tick);
      cells++;
    }
  }
}

/** Never smaller: what would wrap around stays at the greatest there is. */
function advanced(from: u32, tick: u32): u32 {
  assert(tick != 0 && tick <= COUNTER_TICK_MAX, 'a tick fits its cell');
  const step: u32 = 1 << ((tick - 1) << 1);
  const next = (from & ~(step - 1)) + step;
  return next > from ? next : u32.MAX_VALUE;
}

/** The greatest tick that does not go past `to`. */
function tickTowards(from: u32, to: u32): u32 {
  assert(from < to, 'there is some way to go');
  let tick = COUNTER_TICK_MAX;
  while (advanced(from, tick) > to) tick--;
  assert(tick != 0, 'the smallest tick adds one');
  return tick;
}

/** Whether the last tick could be a cut remainder of the one that was needed there on the way to `counter`. */
function lastGrowsTo(counter: u32): bool {
  if (cells == 0 || counter <= value) return false;
  assert(last != 0, 'a cell in use has a tick');
  assert(before <= value, 'a tick never makes the counter smaller');
  const needed = tickTowards(before, counter);
  return needed != last && (last & ~needed) == 0;
}
