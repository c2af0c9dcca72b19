// out = s B + k P, in one walk over the bits: the doublings are shared, B's multiples are a static table, P's are made here.
// The time depends on the scalars; in a verification both are public.

import { isInRam } from '../../protocol/guest/ram';
import { addFlow, FLOW_MULTIPLIED } from './flow';
import { BASE_ODD_MULTIPLES, BASE_WINDOW_BITS } from './generated/curve';
import {
  AFFINE_SIZE,
  POINT_SIZE,
  pointAddAffine,
  pointAddCached,
  pointCache,
  pointComplete,
  pointCompleteWithoutT,
  pointDouble,
  pointSetNeutral,
} from './point';
import { SIGNED_DIGITS, signedDigits } from './signed-digits';

// Eight odd multiples: 16 would save a few additions, but their preparation would take as long as they save.
const WINDOW_BITS: u32 = 5;
const MULTIPLES: usize = 8;

/** P, 3P, 5P ... 15P, cached. */
const oddMultiples: usize = memory.data(<i32>(MULTIPLES * POINT_SIZE), 8);
const pointDigits: usize = memory.data(<i32>SIGNED_DIGITS, 8);
const baseDigits: usize = memory.data(<i32>SIGNED_DIGITS, 8);
const completed: usize = memory.data(<i32>POINT_SIZE, 8);
const current: usize = memory.data(<i32>POINT_SIZE, 8);
const sum: usize = memory.data(<i32>POINT_SIZE, 8);

/** Scalars of 32 bytes below 2^253. `point` needs its T; `out` gets none. */
export function doubleScalarMultiply(out: usize, s: usize, k: usize, point: usize): void {
  assert(isInRam(out, <u32>POINT_SIZE) && isInRam(point, <u32>POINT_SIZE), 'both points are in memory');
  assert(out != current && out != completed && out != sum, 'the result is none of the scratch points');
  assert(1 << (WINDOW_BITS - 2) == <u32>MULTIPLES, 'the table holds every digit');
  const baseCount = signedDigits(baseDigits, s, BASE_WINDOW_BITS);
  const pointCount = signedDigits(pointDigits, k, WINDOW_BITS);
  assert(baseCount <= SIGNED_DIGITS && pointCount <= SIGNED_DIGITS, 'digits end with their buffer');
  assert(BASE_WINDOW_BITS <= 8, 'a digit of the base table fits an i8');
  prepareMultiples(point);
  pointSetNeutral(out);
  let turns: u32 = 0;
  let additions: u32 = 0;
  for (let i = max<u32>(baseCount, pointCount); i > 0; i--) {
    turns++;
    pointDouble(completed, out);
    const pointDigit = <i32>load<i8>(pointDigits + i - 1);
    if (pointDigit != 0) {
      pointComplete(current, completed);
      pointAddCached(completed, current, oddMultiples + rowOf(pointDigit, WINDOW_BITS) * POINT_SIZE, pointDigit < 0);
      additions++;
    }
    const baseDigit = <i32>load<i8>(baseDigits + i - 1);
    if (baseDigit != 0) {
      pointComplete(current, completed);
      pointAddAffine(
        completed,
        current,
        BASE_ODD_MULTIPLES + rowOf(baseDigit, BASE_WINDOW_BITS) * AFFINE_SIZE,
        baseDigit < 0,
      );
      additions++;
    }
    pointCompleteWithoutT(out, completed);
  }
  // Compares the doublings and additions that were done with those that the digits need. A difference makes the sum of flow.ts wrong.
  const missing =
    (turns ^ max<u32>(baseCount, pointCount)) | (additions ^ (digitsIn(baseDigits) + digitsIn(pointDigits)));
  addFlow(FLOW_MULTIPLIED + missing);
}

/** How many of the SIGNED_DIGITS digits are not 0. */
function digitsIn(digits: usize): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < SIGNED_DIGITS; i++) {
    if (load<i8>(digits + i) != 0) count++;
  }
  assert(
    count <= SIGNED_DIGITS / min<u32>(WINDOW_BITS, BASE_WINDOW_BITS) + 1,
    'digits that are not 0 stand a window apart',
  );
  return count;
}

/** Where the multiple by an odd digit, or by its opposite, stands in a table: 1, 3, 5 ... are rows 0, 1, 2 ... */
function rowOf(digit: i32, windowBits: u32): usize {
  assert((digit & 1) != 0, 'a digit that is not 0 is odd');
  assert(abs<i32>(digit) < 1 << (windowBits - 1), 'the table has a row for every digit of its window');
  return <usize>(abs<i32>(digit) >> 1);
}

function prepareMultiples(point: usize): void {
  assert(point != current && point != completed && point != sum, 'the point is none of the scratch points');
  pointCache(oddMultiples, point);
  pointDouble(completed, point);
  pointComplete(current, completed);
  for (let i: usize = 1; i < MULTIPLES; i++) {
    // current is 2P each time: (2i+1) P = (2i-1) P + 2P.
    pointAddCached(completed, current, oddMultiples + (i - 1) * POINT_SIZE, false);
    pointComplete(sum, completed);
    pointCache(oddMultiples + i * POINT_SIZE, sum);
  }
}
