// The tone of a channel over one block of 1,024 ns: a table, made once per frequency.
//
//   0x0000  1024 of {cosine i32, sine i32} in 1/2^14
//   0x2000  1025 of {sum of the cosines before it i32, of the sines i32}
//   0x4ff0  1: it was made, u32; for this frequency, i32
//
// A block begins at phase 0; what it gives is turned to the exact phase of its first sample (turn.ts). So the table is short whatever the frequency is, and no
// error grows with the length of a window. What must stay true: each entry is within half a unit, and a little, of the exact value; a table says itself
// what it was made for, because a restored state comes without it.

import { cosineOf, phaseAfter, sineOf } from '../../protocol/guest/angle';
import { READOUT_BLOCK, READOUT_CHANNELS } from '../../protocol/guest/generated/constants';
import { channelAt, TABLE_SIZE, TABLES } from './layout';

export const TONE_BITS: i32 = 14;
/** From 1/2^30. */
const SHIFT: i32 = 16;
const HALF: i32 = 1 << 15;
export const ENTRY_SIZE: usize = 8;
const SUMS: usize = 0x2000;
const MADE: usize = 0x4ff0;
const MADE_FOR: usize = 0x4ff4;

/** The table of a channel, made when its frequency has changed. */
export function tableOf(index: u32): usize {
  assert(index < READOUT_CHANNELS, 'a channel of the chip');
  const frequency = channelAt(index).frequency;
  const table = TABLES + index * TABLE_SIZE;
  if (load<u32>(table, MADE) == 0 || load<i32>(table, MADE_FOR) != frequency) {
    fill(table, frequency);
    store<u32>(table, 1, MADE);
    store<i32>(table, frequency, MADE_FOR);
  }
  assert(load<i32>(table, MADE_FOR) == frequency, 'a table of this tone');
  return table;
}

/** Where the sums of the first `count` entries stand: cosines, then sines. */
export function sumsOf(table: usize, count: u32): usize {
  assert(count <= READOUT_BLOCK, 'no more than a block');
  assert(table >= TABLES && table < TABLES + READOUT_CHANNELS * TABLE_SIZE, 'a table of a tone');
  return table + SUMS + count * ENTRY_SIZE;
}

function fill(table: usize, frequency: i32): void {
  assert(SUMS + (READOUT_BLOCK + 1) * ENTRY_SIZE <= MADE && MADE_FOR < TABLE_SIZE, 'a table fits its place');
  let cosines: i32 = 0;
  let sines: i32 = 0;
  for (let sample: u32 = 0; sample < READOUT_BLOCK; sample++) {
    const phase = phaseAfter(frequency, <i64>sample);
    const cosine = (cosineOf(phase) + HALF) >> SHIFT;
    const sine = (sineOf(phase) + HALF) >> SHIFT;
    assert(abs(cosine) <= 1 << TONE_BITS && abs(sine) <= 1 << TONE_BITS, 'a table holds values of at most one');
    const entry = table + sample * ENTRY_SIZE;
    store<i32>(entry, cosine);
    store<i32>(entry, sine, 4);
    store<i32>(entry, cosines, SUMS);
    store<i32>(entry, sines, SUMS + 4);
    cosines += cosine;
    sines += sine;
  }
  const last = table + READOUT_BLOCK * ENTRY_SIZE;
  store<i32>(last, cosines, SUMS);
  store<i32>(last, sines, SUMS + 4);
}
