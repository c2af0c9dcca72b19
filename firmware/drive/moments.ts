// The statistics of a readout channel as numbers: what came between two readings of them, and the SNR of that.
//
//   32-bit words as the readout shows them: READOUT_MOMENT_*, of state 0, then of state 1       MOMENTS_SIZE bytes each
//
// Sums have up to 96 bits, so differences are taken as integers; what follows from them is calculated as scaled numbers. What must stay true: a difference
// is exact, however long the statistics have grown.

import {
  READOUT_FIGURE_MOMENTS_0,
  READOUT_FIGURE_MOMENTS_1,
  READOUT_MOMENT_COUNT,
  READOUT_MOMENT_END,
  READOUT_MOMENT_I_LOW,
  READOUT_MOMENT_II_LOW,
  READOUT_MOMENT_IQ_LOW,
  READOUT_MOMENT_Q_LOW,
  READOUT_MOMENT_QQ_LOW,
} from '../../protocol/guest/generated/constants';
import { isNegative, logOf, minus, over, plus, scaled, scaledWide, times } from '../../protocol/guest/scaled';
import { readoutFigure } from './readout';

export const MOMENTS_SIZE: u32 = READOUT_MOMENT_END << 2;
/** 1000 log10 of a number is so many times its log2 in 1/65536, in 2^-32: hundredths of a decibel of the root. */
const HUNDREDTHS_PER_LOG: i64 = 19_728_302;
const HUNDREDTHS_SHIFT: i64 = 32;
/** What is told where both states look alike. */
export const SNR_NONE: i32 = -9_999;
export const SNR_MOST: i32 = 9_999;

/** Reads both states of a channel. */
export function readMoments(channel: u32, into: usize): void {
  assert(READOUT_FIGURE_MOMENTS_1 - READOUT_FIGURE_MOMENTS_0 >= READOUT_MOMENT_END, 'both states have their figures');
  assert((into & 3) == 0, 'a word stands where a word may stand');
  for (let which: u32 = 0; which < READOUT_MOMENT_END; which++) {
    store<u32>(into + (which << 2), readoutFigure(READOUT_FIGURE_MOMENTS_0 + which, channel));
    store<u32>(into + MOMENTS_SIZE + (which << 2), readoutFigure(READOUT_FIGURE_MOMENTS_1 + which, channel));
  }
}

function word(moments: usize, which: u32): u64 {
  assert(which < READOUT_MOMENT_END, 'a moment that there is');
  return <u64>load<u32>(moments + (which << 2));
}

function twoWords(moments: usize, low: u32): u64 {
  assert((moments & 3) == 0, 'a word stands where a word may stand');
  return word(moments, low) + (word(moments, low + 1) << 32);
}

/** Windows between two readings. */
function windowsOf(before: usize, now: usize): i64 {
  const count = <i64>word(now, READOUT_MOMENT_COUNT) - <i64>word(before, READOUT_MOMENT_COUNT);
  assert(count > 3, 'enough for a variance');
  return count;
}

/** The mean of I or Q between two readings. */
function meanOf(before: usize, now: usize, low: u32): i64 {
  assert(low == READOUT_MOMENT_I_LOW || low == READOUT_MOMENT_Q_LOW, 'a sum of two words');
  const sum = <i64>(twoWords(now, low) - twoWords(before, low));
  assert(now != before, 'two readings');
  return over(scaled(sum, 0), scaled(windowsOf(before, now), 0));
}

/** The mean of a product between two readings, three words. */
function meanProduct(before: usize, now: usize, low: u32): i64 {
  assert(low >= READOUT_MOMENT_II_LOW && low <= READOUT_MOMENT_IQ_LOW, 'a sum of three words');
  const after = twoWords(now, low);
  const earlier = twoWords(before, low);
  assert(now != before, 'two readings');
  const borrow: u64 = after < earlier ? 1 : 0;
  const high = <i32>(word(now, low + 2) - word(before, low + 2) - borrow);
  return over(scaledWide(after - earlier, high), scaled(windowsOf(before, now), 0));
}

/** SNR of the windows between two readings, in hundredths of a decibel (fidelity.ts says what is estimated). */
export function snrOf(before: usize, now: usize): i32 {
  const zero = windowsOf(before, now);
  const beforeOne = before + MOMENTS_SIZE;
  const nowOne = now + MOMENTS_SIZE;
  const one = windowsOf(beforeOne, nowOne);
  assert(nowOne != beforeOne && nowOne > now, 'state 1 stands behind state 0');
  const i = meanOf(before, now, READOUT_MOMENT_I_LOW);
  const q = meanOf(before, now, READOUT_MOMENT_Q_LOW);
  const di = minus(meanOf(beforeOne, nowOne, READOUT_MOMENT_I_LOW), i);
  const dq = minus(meanOf(beforeOne, nowOne, READOUT_MOMENT_Q_LOW), q);
  const ii = minus(meanProduct(before, now, READOUT_MOMENT_II_LOW), times(i, i));
  const qq = minus(meanProduct(before, now, READOUT_MOMENT_QQ_LOW), times(q, q));
  const iq = minus(meanProduct(before, now, READOUT_MOMENT_IQ_LOW), times(i, q));
  const square = plus(times(di, di), times(dq, dq));
  assert(!isNegative(square), 'a square');
  // The variance along the axis, times the square of the distance.
  const cross = times(scaled(2, 0), times(times(di, dq), iq));
  const along = plus(plus(times(times(di, di), ii), times(times(dq, dq), qq)), cross);
  if (square == 0) return SNR_NONE;
  if (along == 0 || isNegative(along)) return SNR_MOST;
  // square / (along / square * n / (n - 1)) * (n - 3) / (n - 1), less the scatter of both means in both directions.
  const ratio = over(times(times(square, square), scaled(zero - 3, 0)), times(along, scaled(zero, 0)));
  const scatter = over(scaled(2 * (zero + one), 0), times(scaled(zero, 0), scaled(one, 0)));
  const d2 = minus(ratio, scatter);
  if (d2 == 0 || isNegative(d2)) return SNR_NONE;
  assert(SNR_NONE < SNR_MOST, 'a range');
  const hundredths = <i32>((<i64>logOf(d2) * HUNDREDTHS_PER_LOG) >> HUNDREDTHS_SHIFT);
  return max(SNR_NONE, min(hundredths, SNR_MOST));
}
