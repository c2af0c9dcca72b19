// Tones that are weighed: the tone of a channel times a weight, entry by entry, in one of eight slots.
//
//   0x00000  16384 of {cosine times weight i32, sine times weight i32} in 1/2^14
//   0x20000  17 of {sum over the block of the cosines i32, of the sines i32}
//
// The tone begins anew at phase 0 in each block, as in tone.ts. The host knows what is in which slot, and fills it anew when weights, frequency or state have
// changed. What must stay true: a slot ends with zeros up to a whole block, so that a longer window than its weight adds nothing.

import { READOUT_BLOCK, READOUT_PIECE, READOUT_SLOTS } from '../../protocol/guest/generated/constants';
import { SLOT_SIZE, SLOTS, WEIGHTS } from './layout';
import { ENTRY_SIZE, TONE_BITS, tableOf } from './tone';

const SUMS: usize = 0x2_0000;
const WEIGHT_BITS: i32 = 15;
const HALF: i32 = 1 << 14;
const WEIGHT_ONE: i32 = 1 << 15;

export function slotAt(index: u32): usize {
  assert(index < READOUT_SLOTS, 'a slot that there is');
  assert(SUMS + (READOUT_PIECE / READOUT_BLOCK) * ENTRY_SIZE <= SLOT_SIZE, 'a slot fits its place');
  return SLOTS + index * SLOT_SIZE;
}

/** Where the sums of a block of a slot stand: cosines, then sines. */
export function slotSums(slot: usize, block: u32): usize {
  assert(block < READOUT_PIECE / READOUT_BLOCK, 'a block of the longest weight');
  return slot + SUMS + block * ENTRY_SIZE;
}

/** Fills a slot with the tone of a channel times the `count` weights that stand at WEIGHTS. */
export function weigh(index: u32, channel: u32, count: u32): void {
  assert(count <= READOUT_PIECE, 'weights that their place holds');
  const slot = slotAt(index);
  const table = tableOf(channel);
  for (let first: u32 = 0; first < READOUT_PIECE; first += READOUT_BLOCK) {
    let cosines: i32 = 0;
    let sines: i32 = 0;
    for (let sample: u32 = 0; sample < READOUT_BLOCK; sample++) {
      const at = first + sample;
      const weight = at < count ? weightAt(at) : 0;
      const entry = table + sample * ENTRY_SIZE;
      const cosine = (load<i32>(entry) * weight + HALF) >> WEIGHT_BITS;
      const sine = (load<i32>(entry, 4) * weight + HALF) >> WEIGHT_BITS;
      assert(abs(cosine) <= 1 << TONE_BITS && abs(sine) <= 1 << TONE_BITS, 'a weight is at most one');
      store<i32>(slot + at * ENTRY_SIZE, cosine);
      store<i32>(slot + at * ENTRY_SIZE, sine, 4);
      cosines += cosine;
      sines += sine;
    }
    const sums = slotSums(slot, first / READOUT_BLOCK);
    store<i32>(sums, cosines);
    store<i32>(sums, sines, 4);
  }
}

/** A weight in 1/32768; one that is larger than one is taken as one. */
function weightAt(index: u32): i32 {
  assert(index < READOUT_PIECE, 'a weight of its place');
  return max(-WEIGHT_ONE, min(load<i32>(WEIGHTS + (index << 2)), WEIGHT_ONE));
}
