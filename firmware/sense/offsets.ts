// What the calibration record adds to the temperature of each thermometer.
//
// Interlocks do not ask here: they measure by the curves alone, so that no record can keep one from tripping. What must stay true: an offset that is given out is
// that of the record in force when `takeOffsets` was called last, and no temperature becomes zero by it.

import { CALTHERM_OFFSET, CALTHERM_OFFSET_MOST, CHANNEL_COUNT } from '../../protocol/guest/generated/constants';
import { thermometerPlace } from '../calibration/payload';
import { calibrationChanges, calibrationPayload } from '../calibration/store';
import { NO_TEMPERATURE } from './convert';

/** i32 microkelvin by channel. */
const offsets = memory.data(<i32>(CHANNEL_COUNT * 4), 4);
let ofChange: u32 = 0;

function offsetOf(channel: u32): i32 {
  assert(channel < CHANNEL_COUNT, 'a channel that there is');
  const offset = load<i32>(offsets + ((<usize>channel) << 2));
  assert(abs(offset) <= <i32>CALTHERM_OFFSET_MOST, 'the record was judged when it came into force');
  return offset;
}

/** Whether another record is in force than at the last call. */
export function areOffsetsOld(): bool {
  assert(calibrationChanges() >= ofChange, 'records that come into force are counted');
  assert(ofChange != 0 || offsetOf(0) == 0, 'without a record there are no offsets');
  return calibrationChanges() != ofChange;
}

/** The offset that a channel gets by the record in force, less what it had. */
export function takeOffset(channel: u32): i32 {
  const before = offsetOf(channel);
  const offset = load<i32>(thermometerPlace(calibrationPayload(), channel), CALTHERM_OFFSET);
  store<i32>(offsets + ((<usize>channel) << 2), offset);
  if (channel == CHANNEL_COUNT - 1) ofChange = calibrationChanges();
  assert(offsetOf(channel) == offset, 'it is in force');
  return offset - before;
}

/** A temperature of the curve, as the record corrects it. */
export function corrected(channel: u32, microkelvin: u32): u32 {
  assert(channel < CHANNEL_COUNT, 'a channel that there is');
  return microkelvin == NO_TEMPERATURE ? NO_TEMPERATURE : shifted(microkelvin, offsetOf(channel));
}

export function shifted(microkelvin: u32, by: i32): u32 {
  assert(microkelvin <= <u32>i32.MAX_VALUE, 'a plate is colder than 2147 K');
  assert(microkelvin != NO_TEMPERATURE, 'only a temperature is moved');
  const sum = <i64>microkelvin + <i64>by;
  return sum < 1 ? 1 : <u32>sum;
}
