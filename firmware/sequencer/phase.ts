// Phases: a turn is 4e9 units, so that a frequency in quarters of a hertz grows by as many units a nanosecond, without a rounding error.

export const TURN: u64 = 4_000_000_000;

/** `frequency` units a nanosecond for `time` nanoseconds, modulo a turn. */
export function grown(frequency: i32, time: i64): i64 {
  const units = (<i64>frequency * (time % <i64>TURN)) % <i64>TURN;
  const phase = units < 0 ? units + <i64>TURN : units;
  assert(phase >= 0 && phase < <i64>TURN, 'a phase is within a turn');
  return phase;
}
