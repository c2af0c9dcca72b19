// From the sums of a block to those of a window: the input is corrected, and the tone is turned to its exact phase.
//
//   I' = II (I - oI) + IQ (Q - oQ)        demodulated: (I' cos + Q' sin) + i (Q' cos - I' sin)
//   Q' = QI (I - oI) + QQ (Q - oQ)        turned backwards by the phase of the block's first sample
//
// The correction is linear, so it is done once on the four sums and not on each sample: an offset takes off the offset times the sum of the table.
//
// Bounds, with the limits of the settings: an offset is at most 2^9 codes, so that |I - oI| <= 2560; entries of the matrix are at most 2 and 0.5, so that
// |I'| <= 6400 < 2^12.7. A block's sum of I' cos + Q' sin is then below 2^10 * 2^12.7 * 2^14.5 = 2^37.2, and, turned with a cosine of 2^24, two of them
// below 2^62.2. The sums of the longest window, in 1/256 of a unit of the bins, stay below 2^24 * 2^13.2 * 16 * 256 = 2^49.2: nothing overflows.
// On the way: a sum in 1/256 code below 2^10 * 2^11.4 * 2^14 * 2^8 = 2^43.4, times an entry of the matrix (2^17) below 2^60.4, two of them below 2^61.4.

import { cosineOf, sineOf, TURN } from '../../protocol/guest/angle';
import { READOUT_LEVEL_SCALE, READOUT_SUM_SCALE } from '../../protocol/guest/generated/constants';
import { Channel, globals, Line } from './layout';
import { TONE_BITS } from './tone';

/** Bits of the cosine that a block is turned by, and how many of them the 1/2^30 of angle.ts loses. */
const TURN_BITS: i32 = 24;
const TURN_SHIFT: i32 = 6;
const TURN_HALF: i32 = 1 << 5;
const OFFSET_BITS: i64 = 8;
/** Of an entry of the matrix and of an offset together. */
const CORRECTION_BITS: i64 = 24;
const CORRECTION_HALF: i64 = 1 << 23;
/** Bits behind the point of a channel's sums. */
export const GUARD_BITS: i32 = 8;
const SUM_BITS: i32 = 4;
/** From a block's sum, turned, to the sums of a channel. */
const SCALE_SHIFT: i64 = <i64>(TURN_BITS + TONE_BITS - SUM_BITS - GUARD_BITS);
const SCALE_HALF: i64 = 1 << (SCALE_SHIFT - 1);
const BLOCK_SUM_MOST: i64 = 1 << 38;

/** Once, at the reset: the shifts above are the scales of the contract. */
export function checkScales(): void {
  assert(READOUT_SUM_SCALE == 1 << SUM_BITS, 'sums are scaled by this');
  assert(READOUT_LEVEL_SCALE == 1 << (SUM_BITS + GUARD_BITS), 'and levels by this');
}

/** Adds I of the block to the sums of a channel, or Q, or both. `sums`: of the table, cosines and sines; `phase`: of the block's first sample. */
export function addBlock(channel: Channel, line: Line, sums: usize, phase: u32, toI: bool, toQ: bool): void {
  const all = globals();
  const cosines = <i64>load<i32>(sums);
  const sines = <i64>load<i32>(sums, 4);
  const cosI = (all.cosI << OFFSET_BITS) - <i64>line.offsetI * cosines;
  const cosQ = (all.cosQ << OFFSET_BITS) - <i64>line.offsetQ * cosines;
  const sinI = (all.sinI << OFFSET_BITS) - <i64>line.offsetI * sines;
  const sinQ = (all.sinQ << OFFSET_BITS) - <i64>line.offsetQ * sines;
  const re = corrected(line.matrixII, cosI, line.matrixIQ, cosQ) + corrected(line.matrixQI, sinI, line.matrixQQ, sinQ);
  const im = corrected(line.matrixQI, cosI, line.matrixQQ, cosQ) - corrected(line.matrixII, sinI, line.matrixIQ, sinQ);
  assert(abs(re) < BLOCK_SUM_MOST && abs(im) < BLOCK_SUM_MOST, 'the sum of a block');
  assert(phase < TURN, 'a phase is less than a turn');
  const cosine = <i64>((cosineOf(phase) + TURN_HALF) >> TURN_SHIFT);
  const sine = <i64>((sineOf(phase) + TURN_HALF) >> TURN_SHIFT);
  if (toI) channel.sumI += (re * cosine + im * sine + SCALE_HALF) >> SCALE_SHIFT;
  if (toQ) channel.sumQ += (im * cosine - re * sine + SCALE_HALF) >> SCALE_SHIFT;
}

function corrected(first: i32, a: i64, second: i32, b: i64): i64 {
  return (<i64>first * a + <i64>second * b + CORRECTION_HALF) >> CORRECTION_BITS;
}
