// From a converter's reading to microkelvin: the channel's curve, straight lines between its points, integers throughout.

import { CHANNEL_COUNT } from '../../protocol/guest/generated/constants';
import { curveOf, curvePoints } from '../../protocol/guest/generated/plant';

/** Below every temperature there is: the reading lies beyond the curve, where the sensor cannot be. */
export const NO_TEMPERATURE: u32 = 0;

const POINT_SIZE: usize = 8;

/**
 * Microkelvin, or NO_TEMPERATURE when the reading lies beyond the warm end of the channel's curve. Beyond the cold end it is as cold as the curve
 * goes: there is no lower one to harm.
 */
export function microkelvinOf(channel: u32, reading: u32): u32 {
  assert(channel < CHANNEL_COUNT, 'a channel that there is');
  const curve = curveOf(channel);
  assert(curve != 0 && curvePoints(channel) >= 2, 'every channel has a curve');
  const last = curvePoints(channel) - 1;
  if (reading < readingAt(curve, 0)) return NO_TEMPERATURE;
  if (reading >= readingAt(curve, last)) return microkelvinAt(curve, last);
  let low: u32 = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (readingAt(curve, middle) <= reading) low = middle;
    else high = middle;
  }
  const from = readingAt(curve, low);
  assert(from <= reading && reading < readingAt(curve, high), 'the reading lies between two neighbours');
  const warm = microkelvinAt(curve, low);
  assert(warm >= microkelvinAt(curve, high), 'readings rise as temperatures fall');
  const fall = <u64>(warm - microkelvinAt(curve, high));
  return warm - <u32>((fall * <u64>(reading - from)) / <u64>(readingAt(curve, high) - from));
}

function readingAt(curve: usize, point: u32): u32 {
  assert(curve != 0 && (curve & 3) == 0, 'a curve that there is');
  return load<u32>(curve + <usize>point * POINT_SIZE);
}

function microkelvinAt(curve: usize, point: u32): u32 {
  assert(curve != 0, 'a curve that there is');
  return load<u32>(curve + <usize>point * POINT_SIZE, 4);
}
