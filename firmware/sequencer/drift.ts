// The oscillators' time. A clock that is fast by some parts in 10^9 counts more nanoseconds than pass; the oscillators run by those that pass.
//
//   time of the oscillators = time - drift(time)          drift grows by DRIFT_PPB billionths of a nanosecond a nanosecond, since DRIFT_SINCE
//
// What must stay true: drift is continuous, so a phase never jumps when the clock follows another reference; where the clock never changed it is zero.

import { DRIFT_PART, DRIFT_PPB, DRIFT_SINCE, DRIFT_WHOLE, UNTIL } from './layout';
import { grown, TURN } from './phase';

const BILLION: i64 = 1_000_000_000;
/** A controller never follows a clock that is further off. */
const PPB_MOST: i32 = 1_000_000;

/** From the time the sequencers have been brought to, the clock is fast by `ppb`; false where that is out of range. */
export function setDrift(ppb: i32): bool {
  if (ppb > PPB_MOST || ppb < -PPB_MOST) return false;
  const now = load<i64>(UNTIL);
  assert(now >= load<i64>(DRIFT_SINCE), 'time does not run backwards');
  const whole = wholeAt(now);
  const part = partAt(now);
  store<i64>(DRIFT_WHOLE, whole + part / BILLION);
  store<i32>(DRIFT_PART, <i32>(part % BILLION));
  store<i64>(DRIFT_SINCE, now);
  store<i32>(DRIFT_PPB, ppb);
  assert(wholeAt(now) + partAt(now) / BILLION == whole + part / BILLION, 'the drift does not jump');
  return true;
}

/** Nanoseconds since the drift was set. The real-time cores are a little ahead; what a commit before that needs is the drift at that time. */
function passedAt(time: i64): i64 {
  assert(time >= 0 && load<i64>(DRIFT_SINCE) >= 0, 'times count from the release');
  return max<i64>(time - load<i64>(DRIFT_SINCE), 0);
}

/** Drift in nanoseconds, without what partAt adds. */
function wholeAt(time: i64): i64 {
  assert(abs(load<i32>(DRIFT_PPB)) <= PPB_MOST, 'a drift that was judged when it was set');
  return load<i64>(DRIFT_WHOLE) + <i64>load<i32>(DRIFT_PPB) * (passedAt(time) / BILLION);
}

/** The rest of it in billionths of a nanosecond; it may be some nanoseconds. */
function partAt(time: i64): i64 {
  assert(abs(<i64>load<i32>(DRIFT_PART)) < BILLION, 'a part is less than a nanosecond');
  return <i64>load<i32>(DRIFT_PART) + <i64>load<i32>(DRIFT_PPB) * (passedAt(time) % BILLION);
}

/** Phase that an oscillator of this frequency has grown by since the release, modulo a turn. */
export function grownAt(frequency: i32, time: i64): i64 {
  const part = partAt(time);
  const whole = wholeAt(time) + part / BILLION;
  const rest = part % BILLION;
  assert(abs(rest) < BILLION, 'a rest is less than a nanosecond');
  if (whole == 0 && rest == 0) return grown(frequency, time);
  const phase = (grown(frequency, time - whole) - (<i64>frequency * rest) / BILLION) % <i64>TURN;
  return phase < 0 ? phase + <i64>TURN : phase;
}
