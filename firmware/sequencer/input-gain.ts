// The gain of the converter lines: what their sums are multiplied by, to make up for the attenuation in front of the converters.
//
//   attenuator switched, gain set     |<- SETTLE_NS ->|           a window that is open or opens in between is of neither gain:
//   -----------------------------|<- SWITCH_NS ->|----------      GAIN_STEPS of its core counts it
//
// So bins and thresholds mean the same whatever the attenuation is. What must stay true: the gain is that of the moment at which the sums come, and
// nothing was measured between the attenuation and the gain without being counted.

import {
  READOUT_CHANNELS,
  READOUT_LINES,
  READOUT_TONES,
  SEQUENCER_SETTING_INPUT,
} from '../../protocol/guest/generated/constants';
import { GAIN_STEPS, settingOf, WINDOW_END } from './core';
import { CORE_COUNT, coreAt, INPUT_GAINS, INPUT_SETTLED, UNTIL } from './layout';

const GAIN_BITS: i64 = 16;
const GAIN_ONE: u32 = 1 << 16;
const GAIN_MOST: u32 = 64 << 16;
/** Between the write of the attenuation and that of the gain, at most; and until the attenuator has settled. */
const SWITCH_NS: i64 = 1000;
const SETTLE_NS: i64 = 1000;

/** What the sums of a converter line are multiplied by from now on; false where there is no such line, or the gain is out of range. */
export function setInputGain(line: u32, gain: u32): bool {
  if (line >= READOUT_LINES || gain < GAIN_ONE || gain > GAIN_MOST) return false;
  // Kept less one, so that memory that is zero multiplies by one.
  const place = INPUT_GAINS + (line << 2);
  if (load<u32>(place) == gain - GAIN_ONE) return true;
  store<u32>(place, gain - GAIN_ONE);
  const now = load<i64>(UNTIL);
  store<i64>(INPUT_SETTLED + (line << 3), now + SETTLE_NS);
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    const core = coreAt(index);
    const input = settingOf(core, SEQUENCER_SETTING_INPUT);
    assert(input <= READOUT_CHANNELS, 'a setting that was judged');
    if (input == 0 || (input - 1) / READOUT_TONES != line) continue;
    if (load<i64>(core, WINDOW_END) > now - SWITCH_NS) countStep(core);
  }
  assert(load<u32>(place) + GAIN_ONE == gain, 'it is in force');
  return true;
}

/** A window opens at `time`. */
export function noteWindow(core: usize, channel: u32, time: i64): void {
  assert(channel < READOUT_CHANNELS, 'a channel of the readout');
  if (time < load<i64>(INPUT_SETTLED + ((channel / READOUT_TONES) << 3))) countStep(core);
}

function countStep(core: usize): void {
  const steps = load<u32>(core, GAIN_STEPS);
  if (steps != u32.MAX_VALUE) store<u32>(core, steps + 1, GAIN_STEPS);
  assert(load<u32>(core, GAIN_STEPS) != 0, 'it is counted');
}

/** A sum of a channel as it would be without attenuation. */
export function multiplied(sum: i64, channel: u32): i64 {
  assert(channel < READOUT_CHANNELS, 'a channel of the readout');
  const gain = <i64>load<u32>(INPUT_GAINS + ((channel / READOUT_TONES) << 2)) + <i64>GAIN_ONE;
  assert(gain <= <i64>GAIN_MOST, 'a gain that was judged when it was set');
  assert(abs(sum) < i64.MAX_VALUE / gain, 'a sum of the longest window, amplified, fits');
  return gain == <i64>GAIN_ONE ? sum : (sum * gain) >> GAIN_BITS;
}
