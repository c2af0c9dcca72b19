// A four-parameter sine fit after IEEE 1241 in fixed point: what a sine does not explain of a record of a converter.
//
//   y = a cos(w n) + b sin(w n) + c        pass 1: a, b, c at the given w        passes 2, 3: and the change of w        pass 4: a, b, c        pass 5: what is left
//
// Each pass goes over the samples in pieces, so that a task can rest in between; at its end the normal equations are solved with scaled numbers. Cosines
// are turned on from an exact one at the begin of each piece. The change of w is along e = (b cos - a sin) / A, times n from the middle of the record: so it is
// not mistaken for a change of phase.
//
// What must stay true: nothing overflows. Cosines have 20 bits behind the point: a product of two is at most 2^40, 2^12 of them 2^52. A sample is below 2^11
// and the fit below 2^13, so that what is left, with 12 bits behind the point, is below 2^26; 2^12 squares of that are below 2^64.

import { cosineOf, sineOf, TURN } from '../../protocol/guest/angle';
import { isNegative, LOG_BITS, logOf, minus, over, plus, scaled, times, wholeOf } from '../../protocol/guest/scaled';

export const FIT_SAMPLES: u32 = 4096;
/** Samples of a piece, at most. */
export const FIT_PIECE: u32 = 128;
const MIDDLE: i64 = 2048;
const MIDDLE_BITS: i64 = 11;
const SINE_BITS: i64 = 30;
const BASIS_BITS: i64 = 20;
const LEFT_BITS: i64 = 12;
const AMPLITUDE_BITS: i32 = 16;
const TURN_UNITS: u64 = 4_000_000_000;
/** Turns of 1/2^64 in a radian, over 2^32. */
const TURNS_PER_RADIAN: i64 = 683_565_276;
/** Unknowns: cosine, sine, constant, and change of frequency. */
const LINEAR: u32 = 3;
const ALL: u32 = 4;
const CONSTANT: u32 = 2;
const RIGHT: u32 = 4;
const COLUMNS: u32 = 5;
/** A frequency is changed by no more than 2^-12 radians a sample, and only for a sine of a code at least. */
const CHANGE_MOST_EXPONENT: i32 = -12;
/** A cosine of one in 1/2^30, and what rounding may add to it in a piece. */
const ROUND_MOST: i64 = (1 << 30) + (1 << 10);
const LEAST_SIZE: i64 = 1 << 16;
const CONVERTER_BITS: i32 = 12;
const SAMPLES_LOG: i32 = 12;
const LOG_OF_12: i32 = 234_944;
/** What is told of a record without any error. */
const BITS_MOST: u32 = 16 << 8;

export const FIT_PASSES: u32 = 5;
const LAST: u32 = FIT_PASSES - 1;

/** Rows of the normal equations, the right side at the end of each: i64 while they are added up, scaled numbers while they are solved. */
const rows = memory.data(<i32>(ALL * COLUMNS * 8), 8);

/** Cycles a sample, in 1/2^64 turn. */
let step: u64 = 0;
let pass: u32 = 0;
let taken: u32 = 0;
/** Of the last solution, in 1/65536 code, and both over their size in 1/2^20. */
let cosine: i64 = 0;
let sine: i64 = 0;
let offset: i64 = 0;
let alongCosine: i64 = 0;
let alongSine: i64 = 0;
/** Sum of the squares of what is left, in 1/2^24. */
let left: u64 = 0;

function place(row: u32, column: u32): usize {
  assert(row < ALL && column < COLUMNS, 'four equations');
  return rows + ((<usize>(row * COLUMNS + column)) << 3);
}

/** Begins with a frequency in 1/4e9 turn a sample. */
export function beginFit(frequency: i32): void {
  const units = frequency < 0 ? TURN_UNITS - <u64>-(<i64>frequency) : <u64>frequency;
  assert(units < TURN_UNITS, 'less than a turn a sample');
  const high = (units << 32) / TURN_UNITS;
  const rest = (units << 32) % TURN_UNITS;
  step = (high << 32) | ((rest << 32) / TURN_UNITS);
  pass = 0;
  alongCosine = 0;
  alongSine = 0;
  assert(step != 0, 'the tone is no constant');
  beginPass();
}

function beginPass(): void {
  assert(pass < FIT_PASSES, 'a pass that there is');
  memory.fill(rows, 0, ALL * COLUMNS * 8);
  assert((rows & 7) == 0, 'a sum stands where an i64 may stand');
  taken = 0;
  left = 0;
}

/** Samples that the next piece begins with; FIT_SAMPLES never. */
export function fitPlace(): u32 {
  assert(taken < FIT_SAMPLES, 'a pass ends with its last piece');
  return taken;
}

/** Takes the next `count` samples: i16, `stride` bytes apart. True when the fit is complete. */
export function feedFit(samples: usize, stride: u32, count: u32): bool {
  assert(count != 0 && count <= FIT_PIECE && taken + count <= FIT_SAMPLES, 'samples of the record');
  assert(stride == 2 || stride == 4, 'of one quadrature, or of I and Q in turn');
  const phase = unitsOf(step * <u64>taken);
  const turn = unitsOf(step);
  let c = <i64>cosineOf(phase);
  let s = <i64>sineOf(phase);
  const turnCosine = <i64>cosineOf(turn);
  const turnSine = <i64>sineOf(turn);
  const half: i64 = 1 << 29;
  let from = samples;
  for (let index: u32 = 0; index < count; index++) {
    if (pass == LAST) subtract(c, s, <i64>load<i16>(from));
    else add(c >> (SINE_BITS - BASIS_BITS), s >> (SINE_BITS - BASIS_BITS), <i64>load<i16>(from), <i64>(taken + index));
    const next = (c * turnCosine - s * turnSine + half) >> SINE_BITS;
    s = (s * turnCosine + c * turnSine + half) >> SINE_BITS;
    c = next;
    from += stride;
  }
  taken += count;
  assert(abs(c) <= ROUND_MOST && abs(s) <= ROUND_MOST, 'turning a cosine on keeps its size');
  return taken == FIT_SAMPLES && endPass();
}

function unitsOf(phase: u64): u32 {
  const units = ((phase >> 32) * TURN_UNITS) >> 32;
  assert(units < TURN_UNITS, 'less than a turn');
  assert(TURN_UNITS == TURN, 'the unit of the sines');
  return <u32>units;
}

/** A sine that is not there has no frequency. */
function unknownsNow(): u32 {
  assert(pass != LAST, 'the last pass solves nothing');
  const isThere = alongCosine != 0 || alongSine != 0;
  return pass == 0 || pass == LAST - 1 || !isThere ? LINEAR : ALL;
}

/** One sample into the normal equations. */
function add(c: i64, s: i64, y: i64, n: i64): void {
  plusAt(0, 0, c * c);
  plusAt(0, 1, c * s);
  plusAt(0, 2, c);
  plusAt(1, 1, s * s);
  plusAt(1, 2, s);
  plusAt(2, 2, 1);
  plusAt(0, 4, y * c);
  plusAt(1, 4, y * s);
  plusAt(2, 4, y);
  if (unknownsNow() == LINEAR) return;
  const e = ((n - MIDDLE) * ((alongSine * c - alongCosine * s) >> BASIS_BITS)) >> MIDDLE_BITS;
  plusAt(0, 3, c * e);
  plusAt(1, 3, s * e);
  plusAt(2, 3, e);
  plusAt(3, 3, e * e);
  plusAt(3, 4, y * e);
}

function plusAt(row: u32, column: u32, value: i64): void {
  const at = rows + ((<usize>(row * COLUMNS + column)) << 3);
  store<i64>(at, load<i64>(at) + value);
}

/** One sample less the sine, into what is left. */
function subtract(c: i64, s: i64, y: i64): void {
  const fit = ((cosine * (c >> 6) + sine * (s >> 6)) >> 24) + offset;
  const rest = ((y << AMPLITUDE_BITS) - fit) >> (<i64>AMPLITUDE_BITS - LEFT_BITS);
  assert(abs(rest) < 1 << 26, 'neither the sample nor the sine is larger than the converter by far');
  left += <u64>(rest * rest);
}

function endPass(): bool {
  assert(taken == FIT_SAMPLES, 'the whole record was taken');
  if (pass == LAST) return true;
  const unknowns = unknownsNow();
  scaleRows(unknowns);
  solve(unknowns);
  cosine = wholeOf(load<i64>(place(0, RIGHT)), AMPLITUDE_BITS);
  sine = wholeOf(load<i64>(place(1, RIGHT)), AMPLITUDE_BITS);
  offset = wholeOf(load<i64>(place(2, RIGHT)), AMPLITUDE_BITS);
  const size = rootOf(<u64>(cosine * cosine + sine * sine));
  if (unknowns == ALL && size > LEAST_SIZE) turnFrequency(load<i64>(place(3, RIGHT)), size);
  alongCosine = size == 0 ? 0 : (cosine << BASIS_BITS) / size;
  alongSine = size == 0 ? 0 : (sine << BASIS_BITS) / size;
  pass++;
  beginPass();
  return false;
}

/** The change of frequency: `along` codes over 2048 samples, of a sine of `size` in 1/65536 code. */
function turnFrequency(along: i64, size: i64): void {
  assert(size > LEAST_SIZE && MIDDLE == 1 << MIDDLE_BITS, 'a sine that there is');
  const radians = over(along, scaled(size, <i32>MIDDLE_BITS - AMPLITUDE_BITS));
  // A tone of the chip's own clock is where it was set: what noise makes of it is far less.
  const most = scaled(1, CHANGE_MOST_EXPONENT);
  if (!isNegative(minus(radians, most)) || isNegative(plus(radians, most))) return;
  step += <u64>wholeOf(times(radians, scaled(TURNS_PER_RADIAN, 32)), 0);
}

/** Sums of fixed point become scaled numbers, those below the diagonal as well. */
function scaleRows(unknowns: u32): void {
  assert(unknowns == LINEAR || unknowns == ALL, 'with the change of frequency, or without');
  assert(load<i64>(place(CONSTANT, CONSTANT)) == FIT_SAMPLES, 'every sample was added');
  for (let row: u32 = 0; row < unknowns; row++) {
    for (let column = row; column < unknowns; column++) {
      const sum = scaled(load<i64>(place(row, column)), exponentOf(row) + exponentOf(column));
      store<i64>(place(row, column), sum);
      store<i64>(place(column, row), sum);
    }
    store<i64>(place(row, RIGHT), scaled(load<i64>(place(row, RIGHT)), exponentOf(row)));
  }
}

/** Of a term: all but the constant have 20 bits behind the point. */
function exponentOf(term: u32): i32 {
  assert(term < ALL, 'a term of the sine');
  assert(CONSTANT < ALL && RIGHT == ALL, 'the right side follows the terms');
  return term == CONSTANT ? 0 : -(<i32>BASIS_BITS);
}

/** Gauss and Jordan; the equations are positive definite, so that no pivot is zero as long as the tone has some cycles in the record. The solution stands at the right. */
function solve(unknowns: u32): void {
  for (let pivot: u32 = 0; pivot < unknowns; pivot++) {
    const by = load<i64>(place(pivot, pivot));
    assert(by != 0, 'the tone is neither a constant nor half the rate of the samples');
    for (let row: u32 = 0; row < unknowns; row++) {
      if (row == pivot) continue;
      const share = over(load<i64>(place(row, pivot)), by);
      for (let column = pivot; column < COLUMNS; column++) {
        if (column >= unknowns && column != RIGHT) continue;
        const less = times(share, load<i64>(place(pivot, column)));
        store<i64>(place(row, column), minus(load<i64>(place(row, column)), less));
      }
    }
  }
  for (let row: u32 = 0; row < unknowns; row++)
    store<i64>(place(row, RIGHT), over(load<i64>(place(row, RIGHT)), load<i64>(place(row, row))));
  assert(unknowns <= RIGHT, 'the solution stands behind the equations');
}

function rootOf(square: u64): i64 {
  let root: u64 = 0;
  for (let bit: u64 = (<u64>1) << 31; bit != 0; bit >>= 1) {
    const next = root | bit;
    if (next * next <= square) root = next;
  }
  assert(root * root <= square, 'a root is not too large');
  assert(root == u32.MAX_VALUE || (root + 1) * (root + 1) > square, 'nor too small');
  return <i64>root;
}

/** Effective bits of the record, in 1/256: log2(4096 / (residual sqrt(12))). */
export function effectiveBits(): u32 {
  assert(pass == LAST && taken == FIT_SAMPLES, 'the fit is complete');
  if (left == 0) return BITS_MOST;
  const square = logOf(scaled(<i64>left, -2 * <i32>LEFT_BITS)) - (SAMPLES_LOG << LOG_BITS) + LOG_OF_12;
  const bits = (CONVERTER_BITS << LOG_BITS) - square / 2;
  assert(1 << (<i32>SAMPLES_LOG) == FIT_SAMPLES, 'the mean is over all samples');
  return bits <= 0 ? 0 : min(BITS_MOST, <u32>((bits + 128) >> 8));
}
