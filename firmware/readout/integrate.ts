// Demodulation and integration: samples times a tone, summed over a window.
//
//   block of 1,024 samples x table of the tone  ──>  four sums: I cos, Q cos, I sin, Q sin
//   demodulated: (I cos + Q sin) + i (Q cos - I sin)  ──turned by the phase of the block's first sample──>  sums of the window
//
// I and Q stand in one i64 (samples.ts): 32 products of a 12-bit code and a table value of at most 2^14 stay below 2^30, so that the sum of I never
// reaches the half of Q. Then both are taken out and added up in 64 bits.
//
// Bounds. A block's sum is at most 1024 * 2^11.5 * 2^14 = 2^35.5, times a cosine of 2^26 2^61.5, and two of these below 2^63. The sums of the
// longest window, in 1/256 of a unit of the bins, stay below 2^24 * 2^11.5 * 16 * 256 = 2^47.5.

import { READOUT_BLOCK, READOUT_SUM_SCALE } from '../../protocol/guest/generated/constants';
import { cosineOf, sineOf } from './angle';
import { Channel, PACKED } from './layout';
import { TONE_BITS } from './tone';

/** Products whose sum stays in its half of the i64. */
const RUN: u32 = 32;
/** Bits of the cosine that a block is turned by, and how many of them the 1/2^30 of angle.ts loses. */
const TURN_BITS: i32 = 26;
const TURN_SHIFT: i32 = 4;
const TURN_HALF: i32 = 1 << 3;
/** Bits behind the point of a channel's sums. */
export const GUARD_BITS: i32 = 8;
/** From a block's sum, turned, to the sums of a channel: sums are scaled by 16. */
const SCALE_SHIFT: i64 = <i64>(TURN_BITS + TONE_BITS - 4 - GUARD_BITS);
const SCALE_HALF: i64 = 1 << (SCALE_SHIFT - 1);

/** Adds the packed block of `count` samples to the sums of a channel; `phase` is that of its tone at the first of them. */
export function integrateBlock(channel: Channel, table: usize, count: u32, phase: u32): void {
  assert(count <= READOUT_BLOCK, 'no more than a block');
  assert(READOUT_SUM_SCALE == 1 << 4, 'the scale of the sums is in SCALE_SHIFT');
  let cosI: i64 = 0;
  let cosQ: i64 = 0;
  let sinI: i64 = 0;
  let sinQ: i64 = 0;
  let sample = PACKED;
  let entry = table;
  for (let left = count; left != 0; ) {
    const run = min(left, RUN);
    left -= run;
    let cosines: i64 = 0;
    let sines: i64 = 0;
    for (const end = sample + (run << 3); sample < end; sample += 8) {
      const packed = load<i64>(sample);
      cosines += packed * <i64>load<i32>(entry);
      sines += packed * <i64>load<i32>(entry, 4);
      entry += 8;
    }
    cosI += <i64>(<i32>cosines);
    cosQ += (cosines - <i64>(<i32>cosines)) >> 32;
    sinI += <i64>(<i32>sines);
    sinQ += (sines - <i64>(<i32>sines)) >> 32;
  }
  turnAndAdd(channel, cosI + sinQ, cosQ - sinI, phase);
}

/** Turns a block's sum backwards by a phase, and adds it to the sums of a channel. */
function turnAndAdd(channel: Channel, re: i64, im: i64, phase: u32): void {
  const cosine = <i64>((cosineOf(phase) + TURN_HALF) >> TURN_SHIFT);
  const sine = <i64>((sineOf(phase) + TURN_HALF) >> TURN_SHIFT);
  assert(abs(cosine) <= 1 << TURN_BITS && abs(sine) <= 1 << TURN_BITS, 'a turn leaves the length as it is');
  assert(abs(re) < 1 << 36 && abs(im) < 1 << 36, 'the sum of a block');
  channel.sumI += (re * cosine + im * sine + SCALE_HALF) >> SCALE_SHIFT;
  channel.sumQ += (im * cosine - re * sine + SCALE_HALF) >> SCALE_SHIFT;
}
