// What can be asked of the readout, and where things are for the host (protocol/readout/module.ts).

import {
  READOUT_CHANNELS,
  READOUT_FIGURE_CLIPPED_I,
  READOUT_FIGURE_CLIPPED_Q,
  READOUT_FIGURE_FLAGS,
  READOUT_FIGURE_MOMENTS_0,
  READOUT_FIGURE_MOMENTS_1,
  READOUT_FIGURE_PEAK_I,
  READOUT_FIGURE_PEAK_Q,
  READOUT_FIGURE_RECENT_PEAK,
  READOUT_FIGURE_SCOPE_CLIPPED,
  READOUT_FIGURE_SCOPE_COUNT,
  READOUT_FIGURE_SCOPE_LINE,
  READOUT_FIGURE_SETTINGS,
  READOUT_FIGURE_SUM_I_HIGH,
  READOUT_FIGURE_SUM_I_LOW,
  READOUT_FIGURE_SUM_Q_HIGH,
  READOUT_FIGURE_SUM_Q_LOW,
  READOUT_FIGURE_WINDOWS,
  READOUT_FULL_SCALE,
  READOUT_LINES,
  READOUT_MOMENT_END,
  READOUT_PLACE_SAMPLES,
  READOUT_PLACE_SCOPE,
  READOUT_PLACE_STATE,
  READOUT_PLACE_STATE_SIZE,
  READOUT_PLACE_SUMS,
  READOUT_PLACE_WEIGHTS,
  READOUT_SCOPE_MAX,
} from '../../protocol/guest/generated/constants';
import { settingOf } from './configure';
import { channelAt, GLOBALS, globals, lineAt, SAMPLES, SCOPE, STATE_SIZE, TABLES, WEIGHTS } from './layout';
import { momentOf } from './statistics';

/** 0 where there is no such figure. */
export function figureOf(which: u32, index: u32): u32 {
  assert(READOUT_FIGURE_MOMENTS_0 + READOUT_MOMENT_END <= READOUT_FIGURE_MOMENTS_1, 'both statistics have room');
  assert(READOUT_FIGURE_MOMENTS_1 + READOUT_MOMENT_END <= READOUT_FIGURE_SETTINGS, 'the settings follow them');
  if (which <= READOUT_FIGURE_PEAK_Q) return index < READOUT_LINES ? lineFigure(which, index) : 0;
  if (which <= READOUT_FIGURE_SUM_Q_HIGH) return index < READOUT_CHANNELS ? sumFigure(which, index) : 0;
  if (which == READOUT_FIGURE_RECENT_PEAK) return index < READOUT_LINES ? lineAt(index).recentPeak : 0;
  if (which < READOUT_FIGURE_MOMENTS_0) return figureOfAll(which);
  if (which >= READOUT_FIGURE_SETTINGS) return settingOf(which - READOUT_FIGURE_SETTINGS, index);
  if (index >= READOUT_CHANNELS) return 0;
  return which < READOUT_FIGURE_MOMENTS_1
    ? momentOf(index, 0, which - READOUT_FIGURE_MOMENTS_0)
    : momentOf(index, 1, which - READOUT_FIGURE_MOMENTS_1);
}

function lineFigure(which: u32, index: u32): u32 {
  const line = lineAt(index);
  assert(line.peakI <= READOUT_FULL_SCALE && line.peakQ <= READOUT_FULL_SCALE, 'samples are clipped before');
  switch (which) {
    case READOUT_FIGURE_WINDOWS:
      return line.windows;
    case READOUT_FIGURE_CLIPPED_I:
      return line.clippedI;
    case READOUT_FIGURE_CLIPPED_Q:
      return line.clippedQ;
    case READOUT_FIGURE_PEAK_I:
      return max(line.peakI, line.highestI);
    default:
      assert(which == READOUT_FIGURE_PEAK_Q, 'a figure of a line');
      return max(line.peakQ, line.highestQ);
  }
}

function sumFigure(which: u32, index: u32): u32 {
  const channel = channelAt(index);
  switch (which) {
    case READOUT_FIGURE_SUM_I_LOW:
      return <u32>channel.lastI;
    case READOUT_FIGURE_SUM_I_HIGH:
      return <u32>(channel.lastI >> 32);
    case READOUT_FIGURE_SUM_Q_LOW:
      return <u32>channel.lastQ;
    default:
      assert(which == READOUT_FIGURE_SUM_Q_HIGH, 'a figure of a channel');
      return <u32>(channel.lastQ >> 32);
  }
}

function figureOfAll(which: u32): u32 {
  const all = globals();
  assert(all.scopeCount <= READOUT_SCOPE_MAX, 'what the scope memory holds');
  switch (which) {
    case READOUT_FIGURE_SCOPE_COUNT:
      return all.scopeCount;
    case READOUT_FIGURE_SCOPE_LINE:
      return all.scopeLine;
    case READOUT_FIGURE_SCOPE_CLIPPED:
      return all.scopeClipped;
    case READOUT_FIGURE_FLAGS:
      return all.flags;
    default:
      return 0;
  }
}

export function placeOf(which: u32): u32 {
  assert(GLOBALS + STATE_SIZE <= TABLES, 'the state ends before the tables');
  switch (which) {
    case READOUT_PLACE_SAMPLES:
      return <u32>SAMPLES;
    case READOUT_PLACE_WEIGHTS:
      return <u32>WEIGHTS;
    case READOUT_PLACE_SUMS:
    case READOUT_PLACE_STATE:
      return <u32>GLOBALS;
    case READOUT_PLACE_STATE_SIZE:
      return STATE_SIZE;
    case READOUT_PLACE_SCOPE:
      return <u32>SCOPE;
    default:
      return 0;
  }
}
