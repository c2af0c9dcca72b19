// Settings of the readout (protocol/readout/module.ts). Every value is checked here, wherever it comes from.

import {
  READOUT_CHANNELS,
  READOUT_SETTING_FREQUENCY,
  READOUT_SETTING_PHASE,
} from '../../protocol/guest/generated/constants';
import { TURN } from './angle';
import { channelAt, globals } from './layout';

const FREQUENCY_MOST: i32 = 2_000_000_000;

/** False when there is no such setting or channel, or the value is out of range. */
export function configureReadout(item: u32, setting: u32, value: u32): bool {
  assert(globals().fed == globals().length, 'no window is under way');
  if (item >= READOUT_CHANNELS) return false;
  const channel = channelAt(item);
  switch (setting) {
    case READOUT_SETTING_FREQUENCY:
      if (<i32>value > FREQUENCY_MOST || <i32>value < -FREQUENCY_MOST) return false;
      channel.frequency = <i32>value;
      return true;
    case READOUT_SETTING_PHASE:
      if (value >= TURN) return false;
      channel.phase = value;
      return true;
    default:
      return false;
  }
}
