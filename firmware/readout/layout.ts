// Where everything is in the memory of the readout's module. It has a memory of its own, beside the management core's: 46 pages.
//
//   0x000000  tables the compiler placed
//   0x010000  GLOBALS   the window, lines, channels
//   0x020000  TABLES    sixteen of 0x5000: a block of each channel's tone, and its sums          tone.ts
//   0x070000  PACKED    a block of samples, I and Q in one i64                                   samples.ts
//   0x080000  SAMPLES   a piece of a window, as it comes from the converter
//   0x0a0000
//
// What must stay true: all state is in GLOBALS; TABLES follows from it, and the rest means nothing once a window is complete. Nothing is in globals of
// the module, so that a copy of GLOBALS is the state.

import {
  READOUT_BLOCK,
  READOUT_CHANNELS,
  READOUT_LINES,
  READOUT_PIECE,
} from '../../protocol/guest/generated/constants';

export const GLOBALS: usize = 0x01_0000;
const LINES: usize = 0x01_1000;
const LINE_SIZE: usize = 256;
const CHANNELS: usize = 0x01_2000;
const CHANNEL_SIZE: usize = 256;
export const TABLES: usize = 0x02_0000;
export const TABLE_SIZE: usize = 0x5000;
export const PACKED: usize = 0x07_0000;
export const SAMPLES: usize = 0x08_0000;
export const SAMPLES_SIZE: usize = 0x2_0000;

@unmanaged
export class Globals {
  /** Sums of the last window, I and Q. */
  sumI: i64 = 0;
  sumQ: i64 = 0;
  /** The window under way: its channel, the phase of its tone at the first sample, its samples, and those that were fed. */
  channel: u32 = 0;
  phase: u32 = 0;
  length: u32 = 0;
  fed: u32 = 0;
}

@unmanaged
export class Line {
  windows: u32 = 0;
  clippedI: u32 = 0;
  clippedQ: u32 = 0;
  peakI: u32 = 0;
  peakQ: u32 = 0;
}

@unmanaged
export class Channel {
  /** Sums of the window under way, in 1/256 of the units of the bins. */
  sumI: i64 = 0;
  sumQ: i64 = 0;
  frequency: i32 = 0;
  phase: u32 = 0;
}

export function globals(): Globals {
  return changetype<Globals>(GLOBALS);
}

export function lineAt(index: u32): Line {
  assert(index < READOUT_LINES, 'a line of the chip');
  assert(offsetof<Line>() <= LINE_SIZE, 'a line fits its place');
  return changetype<Line>(LINES + index * LINE_SIZE);
}

export function channelAt(index: u32): Channel {
  assert(index < READOUT_CHANNELS, 'a channel of the chip');
  assert(offsetof<Channel>() <= CHANNEL_SIZE, 'a channel fits its place');
  return changetype<Channel>(CHANNELS + index * CHANNEL_SIZE);
}

/** Once, at the reset. */
export function checkLayout(): void {
  assert(__heap_base <= GLOBALS, 'the tables of the compiler end before the layout begins');
  assert(CHANNELS + READOUT_CHANNELS * CHANNEL_SIZE <= TABLES, 'the channels end before the tables');
  assert(TABLES + READOUT_CHANNELS * TABLE_SIZE <= PACKED, 'the tables end before the samples');
  assert(PACKED + READOUT_BLOCK * 8 <= SAMPLES, 'a block of packed samples fits its place');
  assert(READOUT_PIECE * 8 <= SAMPLES_SIZE, 'a piece of a window fits its place');
  assert(READOUT_PIECE % READOUT_BLOCK == 0, 'a piece ends where a block ends');
}
