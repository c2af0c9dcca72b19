// Sine and cosine of a phase in 1/4e9 turn, as integers.
//
// The unit is that of the sequencers' oscillators: a frequency in quarters of a hertz times a time in ns, modulo a turn, without rounding. Taylor series
// up to an eighth of a turn, the rest by symmetry; results in 1/2^30, good to 4 of their units (a test compares every octant with Math.sin).

export const TURN: u32 = 4_000_000_000;
const QUARTER: u32 = 1_000_000_000;
const EIGHTH: u32 = 500_000_000;
export const ONE: i64 = 1 << 30;
const ONE_BITS: i64 = 30;
/** 2 pi / 4e9, in 1/2^62. */
const RADIANS_PER_UNIT: i64 = 7_244_019_458;

/** Sine of a phase, in 1/2^30. */
export function sineOf(phase: u32): i32 {
  assert(phase < TURN, 'a phase is less than a turn');
  const quadrant = phase / QUARTER;
  const into = phase % QUARTER;
  const rising = (quadrant & 1) == 0 ? quarterSine(into) : quarterSine(QUARTER - into);
  assert(rising >= 0 && rising <= ONE, 'a sine of the first quarter');
  return <i32>(quadrant >= 2 ? -rising : rising);
}

export function cosineOf(phase: u32): i32 {
  assert(phase < TURN, 'a phase is less than a turn');
  return sineOf(phase >= TURN - QUARTER ? phase - (TURN - QUARTER) : phase + QUARTER);
}

/** `frequency` units a nanosecond for `time` nanoseconds, modulo a turn. */
export function phaseAfter(frequency: i32, time: i64): u32 {
  assert(time >= 0, 'time goes forward');
  assert(abs(<i64>frequency) <= <i64>TURN, 'no more than a turn a nanosecond');
  const units = (<i64>frequency * (time % <i64>TURN)) % <i64>TURN;
  const phase = units < 0 ? units + <i64>TURN : units;
  assert(phase >= 0 && phase < <i64>TURN, 'a phase is within a turn');
  return <u32>phase;
}

/** Sum of two phases. */
export function phaseSum(one: u32, other: u32): u32 {
  assert(one < TURN && other < TURN, 'phases are less than a turn');
  return <u32>((<u64>one + <u64>other) % <u64>TURN);
}

function quarterSine(units: u32): i64 {
  assert(units <= QUARTER, 'a quarter of a turn');
  return units <= EIGHTH ? sineSeries(radians(units)) : cosineSeries(radians(QUARTER - units));
}

function radians(units: u32): i64 {
  assert(units <= EIGHTH, 'an eighth of a turn');
  return (<i64>units * RADIANS_PER_UNIT) >> 32;
}

function product(a: i64, b: i64): i64 {
  assert(a <= ONE && a >= -ONE && b <= ONE && b >= -ONE, 'factors of at most one');
  return (a * b) >> ONE_BITS;
}

function sineSeries(x: i64): i64 {
  assert(x >= 0 && x < ONE, 'an angle up to an eighth of a turn is less than 1');
  const square = product(x, x);
  let sum = ONE - square / 72;
  sum = ONE - product(square, sum) / 42;
  sum = ONE - product(square, sum) / 20;
  sum = ONE - product(square, sum) / 6;
  return product(x, sum);
}

function cosineSeries(x: i64): i64 {
  assert(x >= 0 && x < ONE, 'an angle up to an eighth of a turn is less than 1');
  const square = product(x, x);
  let sum = ONE - square / 90;
  sum = ONE - product(square, sum) / 56;
  sum = ONE - product(square, sum) / 30;
  sum = ONE - product(square, sum) / 12;
  return ONE - product(square, sum) / 2;
}
