// A window: opened, fed with samples piece by piece, complete when as many have come as it is long.
//
// What must stay true: how a window is cut into pieces changes nothing, as long as every piece but the last is whole blocks.

import {
  READOUT_BLOCK,
  READOUT_CHANNELS,
  READOUT_PIECE,
  READOUT_TONES,
  READOUT_WINDOW_MAX,
} from '../../protocol/guest/generated/constants';
import { phaseAfter, phaseSum, TURN } from './angle';
import { GUARD_BITS, integrateBlock } from './integrate';
import { channelAt, globals, lineAt, SAMPLES } from './layout';
import { pack } from './samples';
import { tableOf } from './tone';

const HALF: i64 = 1 << (GUARD_BITS - 1);

export function openWindow(channel: u32, phase: u32, length: u32): void {
  assert(channel < READOUT_CHANNELS && phase < TURN, 'a channel and a phase');
  assert(length - 1 < READOUT_WINDOW_MAX, 'a window has a length');
  const all = globals();
  assert(all.fed == all.length, 'the window before is complete');
  all.channel = channel;
  all.phase = phaseSum(phase, channelAt(channel).phase);
  all.length = length;
  all.fed = 0;
  channelAt(channel).sumI = 0;
  channelAt(channel).sumQ = 0;
}

/** Takes the next `count` samples of the window. */
export function feedWindow(count: u32): void {
  const all = globals();
  assert(count - 1 < READOUT_PIECE && count <= all.length - all.fed, 'samples of the window that is open');
  assert(count % READOUT_BLOCK == 0 || all.fed + count == all.length, 'only the last piece ends within a block');
  const line = lineAt(all.channel / READOUT_TONES);
  const channel = channelAt(all.channel);
  const table = tableOf(all.channel);
  let from = SAMPLES;
  for (let left = count; left != 0; ) {
    const block = min(left, READOUT_BLOCK);
    pack(line, from, block);
    integrateBlock(channel, table, block, phaseSum(all.phase, phaseAfter(channel.frequency, <i64>all.fed)));
    all.fed += block;
    left -= block;
    from += block << 3;
  }
  if (all.fed != all.length) return;
  line.windows++;
  all.sumI = (channel.sumI + HALF) >> GUARD_BITS;
  all.sumQ = (channel.sumQ + HALF) >> GUARD_BITS;
}
