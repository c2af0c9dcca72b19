// Where everything is in the memory of the readout's module. It has a memory of its own, beside the management core's: 29 pages.
//
//   0x000000  tables the compiler placed
//   0x010000  GLOBALS   the window, settings of all, and what was captured
//   0x010100  LINES     two of 128 bytes
//   0x010200  CHANNELS  sixteen of 256 bytes: settings, sums, statistics
//   0x020000  TABLES    sixteen of 0x5000: a block of each channel's tone, and its sums          tone.ts
//   0x070000  PACKED    a block of samples, I and Q in one i64                                   samples.ts
//   0x080000  SAMPLES   a piece of a window, as it comes from the converter
//   0x0a0000  WEIGHTS   weights on their way into a table
//   0x0b0000  SCOPE     what was captured: i16 I, i16 Q
//   0x0c0000  SLOTS     eight of 0x22000: tones that are weighed                                 weights.ts
//   0x1d0000
//
// What must stay true: all state is from GLOBALS to the end of CHANNELS, and in SCOPE. TABLES follow from it, SLOTS are filled before they are used, and the
// rest means nothing once a window is complete. Nothing is in globals of the module, so that a copy of that is the state.

import {
  READOUT_BLOCK,
  READOUT_CHANNELS,
  READOUT_LINES,
  READOUT_PIECE,
  READOUT_SCOPE_MAX,
  READOUT_SLOTS,
} from '../../protocol/guest/generated/constants';

export const GLOBALS: usize = 0x01_0000;
const LINES: usize = 0x01_0100;
const LINE_SIZE: usize = 128;
const CHANNELS: usize = 0x01_0200;
const CHANNEL_SIZE: usize = 256;
const MOMENTS: usize = 64;
const MOMENTS_SIZE: usize = 80;
export const STATE_SIZE: u32 = 0x1200;
export const TABLES: usize = 0x02_0000;
export const TABLE_SIZE: usize = 0x5000;
export const PACKED: usize = 0x07_0000;
export const SAMPLES: usize = 0x08_0000;
export const SAMPLES_SIZE: usize = 0x2_0000;
export const WEIGHTS: usize = 0x0a_0000;
export const SCOPE: usize = 0x0b_0000;
export const SLOTS: usize = 0x0c_0000;
export const SLOT_SIZE: usize = 0x2_2000;
const SLOTS_END: usize = 0x1d_0000;

@unmanaged
export class Globals {
  /** Sums of the last window. */
  sumI: i64 = 0;
  sumQ: i64 = 0;
  /** Sums of a block: I and Q times cosine and sine of a tone. */
  cosI: i64 = 0;
  cosQ: i64 = 0;
  sinI: i64 = 0;
  sinQ: i64 = 0;
  /** The window under way, or the last: line, channel that its sums are of, tones, samples, and those that were fed. */
  line: u32 = 0;
  channel: u32 = 0;
  tones: u32 = 0;
  length: u32 = 0;
  fed: u32 = 0;
  /** State of the qubit, or READOUT_STATE_UNKNOWN. */
  state: u32 = 0;
  /** 1: weighed, by the tables of these slots. */
  weighed: u32 = 0;
  slotI: u32 = 0;
  slotQ: u32 = 0;
  /** SEQUENCER_FLAG_* that it raises. */
  flags: u32 = 0;
  toneFrequency: i32 = 0;
  toneAmplitude: u32 = 0;
  scopeSequencer: u32 = 0;
  scopeLength: u32 = 0;
  measureLength: u32 = 0;
  scopeCount: u32 = 0;
  scopeLine: u32 = 0;
  scopeClipped: u32 = 0;
}

@unmanaged
export class Line {
  windows: u32 = 0;
  clippedI: u32 = 0;
  clippedQ: u32 = 0;
  /** Since the last TAKE_PEAK. */
  peakI: u32 = 0;
  peakQ: u32 = 0;
  /** Correction of the input (protocol/readout/module.ts). */
  offsetI: i32 = 0;
  offsetQ: i32 = 0;
  matrixII: i32 = 0;
  matrixIQ: i32 = 0;
  matrixQI: i32 = 0;
  matrixQQ: i32 = 0;
  together: u32 = 0;
  /** Before the last TAKE_PEAK, since the counters began. */
  highestI: u32 = 0;
  highestQ: u32 = 0;
  /** Of I or Q, between the last two TAKE_PEAK. */
  recentPeak: u32 = 0;
}

@unmanaged
export class Channel {
  /** Sums of the window under way, in 1/256 of the units of the bins. */
  sumI: i64 = 0;
  sumQ: i64 = 0;
  /** Sums of the last window, in the units of the bins. */
  lastI: i64 = 0;
  lastQ: i64 = 0;
  frequency: i32 = 0;
  phase: u32 = 0;
  /** Phase of the tone at the first sample of the window under way. */
  start: u32 = 0;
}

/** Statistics of a channel in one state; 96 bits in an u64 and an u32 above it. */
@unmanaged
export class Moments {
  i: i64 = 0;
  q: i64 = 0;
  ii: u64 = 0;
  qq: u64 = 0;
  iq: u64 = 0;
  iiHigh: u32 = 0;
  qqHigh: u32 = 0;
  iqHigh: u32 = 0;
  count: u32 = 0;
  reached: u32 = 0;
}

export function globals(): Globals {
  assert(offsetof<Globals>() <= LINES - GLOBALS, 'what is of all fits its place');
  return changetype<Globals>(GLOBALS);
}

export function lineAt(index: u32): Line {
  assert(index < READOUT_LINES, 'a line of the chip');
  assert(offsetof<Line>() <= LINE_SIZE, 'a line fits its place');
  return changetype<Line>(LINES + index * LINE_SIZE);
}

export function channelAt(index: u32): Channel {
  assert(index < READOUT_CHANNELS, 'a channel of the chip');
  assert(offsetof<Channel>() <= MOMENTS, 'a channel fits its place');
  return changetype<Channel>(CHANNELS + index * CHANNEL_SIZE);
}

export function momentsOf(index: u32, state: u32): Moments {
  assert(index < READOUT_CHANNELS && state <= 1, 'a channel of the chip, in one of two states');
  assert(offsetof<Moments>() <= MOMENTS_SIZE && MOMENTS + 2 * MOMENTS_SIZE <= CHANNEL_SIZE, 'both fit their place');
  return changetype<Moments>(CHANNELS + index * CHANNEL_SIZE + MOMENTS + state * MOMENTS_SIZE);
}

/** The places follow one another: once, at the reset. */
export function checkLayout(): void {
  assert(__heap_base <= GLOBALS, 'the tables of the compiler end before the layout begins');
  assert(LINES + READOUT_LINES * LINE_SIZE <= CHANNELS, 'the lines end before the channels');
  assert(CHANNELS + READOUT_CHANNELS * CHANNEL_SIZE <= GLOBALS + STATE_SIZE, 'the channels are in the state');
  assert(TABLES + READOUT_CHANNELS * TABLE_SIZE <= PACKED, 'the tables end before the samples');
  assert(PACKED + READOUT_BLOCK * 8 <= SAMPLES, 'a block of packed samples fits its place');
  assert(READOUT_PIECE * 8 <= SAMPLES_SIZE && SAMPLES + SAMPLES_SIZE <= WEIGHTS, 'a piece of a window fits its place');
  assert(READOUT_PIECE * 4 <= SCOPE - WEIGHTS, 'weights are as long as a piece');
  assert(READOUT_SCOPE_MAX * 4 <= SLOTS - SCOPE, 'what is captured fits its place');
  assert(SLOTS + READOUT_SLOTS * SLOT_SIZE <= SLOTS_END, 'the slots fit their place');
  assert(READOUT_PIECE % READOUT_BLOCK == 0, 'a piece ends where a block ends');
}
