// What can be asked of the readout, and where things are for the host (protocol/readout/module.ts).

import {
  READOUT_FIGURE_CLIPPED_I,
  READOUT_FIGURE_CLIPPED_Q,
  READOUT_FIGURE_PEAK_I,
  READOUT_FIGURE_PEAK_Q,
  READOUT_FIGURE_WINDOWS,
  READOUT_FULL_SCALE,
  READOUT_LINES,
  READOUT_PLACE_SAMPLES,
  READOUT_PLACE_STATE,
  READOUT_PLACE_STATE_SIZE,
  READOUT_PLACE_SUMS,
} from '../../protocol/guest/generated/constants';
import { GLOBALS, lineAt, SAMPLES, TABLES } from './layout';

/** 0 where there is no such figure. */
export function figureOf(which: u32, index: u32): u32 {
  if (index >= READOUT_LINES) return 0;
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
      return line.peakI;
    case READOUT_FIGURE_PEAK_Q:
      return line.peakQ;
    default:
      return 0;
  }
}

export function placeOf(which: u32): u32 {
  assert(GLOBALS < TABLES, 'the state ends before the tables');
  switch (which) {
    case READOUT_PLACE_SAMPLES:
      return <u32>SAMPLES;
    case READOUT_PLACE_SUMS:
    case READOUT_PLACE_STATE:
      return <u32>GLOBALS;
    case READOUT_PLACE_STATE_SIZE:
      return <u32>(TABLES - GLOBALS);
    default:
      return 0;
  }
}
