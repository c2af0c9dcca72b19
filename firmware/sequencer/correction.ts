// Corrections of a core's outputs: what the calibration record knows of the mixer behind them.
//
//   path 0 = (1 + gain 0) * (sample 0 + cross * sample 1) + offset 0          path 1 = (1 + gain 1) * sample 1 + offset 1
//
// A triangular matrix makes up for any imbalance and any skew of a mixer; the phase of the oscillator takes the turn that is left. What must stay true:
// settings that are zero change nothing.

import { SEQUENCER_SETTING_CORRECTION_CROSS } from '../../protocol/guest/generated/constants';
import { SETTING_CORRECTION_GAIN, SETTING_CORRECTION_OFFSET, settingOf } from './core';

const ONE: i64 = 1 << 20;
const BITS: i64 = 20;
/** A sample times a gain and a cross, both with their 20 bits. */
const HALF: i64 = 1 << 39;

/** Whether path 0 needs the sample of path 1. */
export function hasCross(core: usize): bool {
  assert(SETTING_CORRECTION_GAIN + 8 == SETTING_CORRECTION_OFFSET, 'two gains, then two offsets');
  return settingOf(core, SEQUENCER_SETTING_CORRECTION_CROSS) != 0;
}

/** What the path shows where its samples are these; `other`: path 1 where the path is 0, and needed only where there is a cross. */
export function corrected(core: usize, path: u32, own: i32, other: i32): i32 {
  assert(path <= 1, 'one of two paths');
  const gain = <i64>load<i32>(core + (path << 2), SETTING_CORRECTION_GAIN);
  const offset = load<i32>(core + (path << 2), SETTING_CORRECTION_OFFSET);
  const cross = path == 0 ? <i64>(<i32>settingOf(core, SEQUENCER_SETTING_CORRECTION_CROSS)) : 0;
  assert(abs(gain) < ONE && abs(cross) < ONE, 'settings that were judged when they were set');
  assert(own == <i32>(<i16>own) && other == <i32>(<i16>other), 'samples have 16 bits');
  if (gain == 0 && cross == 0) return own + offset;
  const mixed = ((<i64>own) << BITS) + cross * <i64>other;
  return <i32>((mixed * (ONE + gain) + HALF) >> (2 * BITS)) + offset;
}
