// Acquisitions: a window opens on the input, and what the input shows in it is summed up.
//
// The input shows a response: a constant level a path, given beforehand, one response after another. Or, with the setting INPUT, what a converter
// samples, whose sums the host supplies (input.ts). With responses the sum over a square window is level times length, over a weighed one level times the
// sum of the weights (in 1/32768); for TTL the level of path 0 is the number of crossings. What becomes of the sums: binning.ts.

import {
  SEQUENCER_FLAG_ACQ_INDEX_INVALID,
  SEQUENCER_FLAG_ACQ_OVERLAP,
  SEQUENCER_FLAG_ACQ_TTL_WINDOW,
  SEQUENCER_FLAG_ACQ_WEIGHT_PLAYBACK_INDEX_INVALID_PATH_0,
  SEQUENCER_FLAG_ACQ_WEIGHT_PLAYBACK_INDEX_INVALID_PATH_1,
  SEQUENCER_RECORD_ACQUIRE,
  SEQUENCER_RECORD_RESULT,
  SEQUENCER_RECORD_TYPE_SQUARE,
  SEQUENCER_RECORD_TYPE_TTL,
  SEQUENCER_RECORD_TYPE_WEIGHED,
  SEQUENCER_SETTING_INTEGRATION_LENGTH,
  SEQUENCER_SETTING_RESPONSE_COUNT,
  SEQUENCER_SETTING_RESPONSES_MAX,
  SEQUENCER_SETTING_TTL_AUTO_BIN,
} from '../../protocol/guest/generated/constants';
import { acquisitionRow, binPlace, finish, triggerOn } from './binning';
import {
  RESPONSE_NEXT,
  RESPONSES,
  setFlag,
  settingOf,
  TTL_ACQUISITION,
  TTL_BIN,
  TTL_OPEN,
  TTL_SINCE,
  WEIGHT_ROW_SIZE,
  WEIGHT_ROWS,
  WINDOW_END,
} from './core';
import { ask, hasConverter } from './input';
import { SAMPLES_MAX } from './layout';
import { record } from './records';

const FRACTION_BITS: i64 = 15;
/** Nanoseconds of the longest window. */
const LENGTH_MOST: u32 = 0xff_fffc;
const WEIGHT_COUNT: u32 = 32;
const ACQUISITION_ROWS: u32 = 32;

/** acquire: a square window of the sequencer's integration length. */
export function acquireSquare(core: usize, index: u32, time: i64, acquisition: u32, bin: u32): void {
  const length = settingOf(core, SEQUENCER_SETTING_INTEGRATION_LENGTH);
  assert(length != 0 && length <= LENGTH_MOST, 'a length that was judged when it was set');
  if (!opens(core, index, time, acquisition, SEQUENCER_RECORD_TYPE_SQUARE, bin, length, 0)) return;
  if (hasConverter(core)) {
    ask(core, index, time, acquisition, bin, length, 0, 0);
    return;
  }
  const response = nextResponse(core);
  const sum0 = <i64>level0(response) * <i64>length;
  finish(core, index, time, acquisition, bin, <i64>length, sum0, <i64>level1(response) * <i64>length);
}

/** acquire_weighed: as long as the longer of the two weights. */
export function acquireWeighed(core: usize, index: u32, time: i64, acquisition: u32, bin: u32, w0: u32, w1: u32): void {
  const row0 = weightRow(core, w0);
  const row1 = weightRow(core, w1);
  if (row0 == 0) setFlag(core, SEQUENCER_FLAG_ACQ_WEIGHT_PLAYBACK_INDEX_INVALID_PATH_0);
  else if (row1 == 0) setFlag(core, SEQUENCER_FLAG_ACQ_WEIGHT_PLAYBACK_INDEX_INVALID_PATH_1);
  if (row0 == 0 || row1 == 0) return;
  const length = max(load<u32>(row0, 4), load<u32>(row1, 4));
  assert(load<u32>(row0) + load<u32>(row0, 4) <= SAMPLES_MAX, 'a weight lies in the samples of its core');
  assert(length != 0 && length <= SAMPLES_MAX, 'weights that are there have samples');
  if (!opens(core, index, time, acquisition, SEQUENCER_RECORD_TYPE_WEIGHED, bin, length, w0 | (w1 << 16))) return;
  if (hasConverter(core)) {
    ask(core, index, time, acquisition, bin, length, row0, row1);
    return;
  }
  const response = nextResponse(core);
  const sum0 = (<i64>level0(response) * load<i64>(row0, 8)) >> FRACTION_BITS;
  const sum1 = (<i64>level1(response) * load<i64>(row1, 8)) >> FRACTION_BITS;
  finish(core, index, time, acquisition, bin, <i64>length, sum0, sum1);
}

/** acquire_ttl: opens the window, or closes it and counts. */
export function acquireTtl(core: usize, index: u32, time: i64, acquisition: u32, bin: u32, enable: u32): void {
  assert(enable <= 1, 'a number that the load of the sequence has judged');
  const isOpen = load<u32>(core, TTL_OPEN) != 0;
  if (enable != 0) {
    if (isOpen) setFlag(core, SEQUENCER_FLAG_ACQ_TTL_WINDOW);
    store<u32>(core, 1, TTL_OPEN);
    store<u32>(core, acquisition, TTL_ACQUISITION);
    store<u32>(core, bin, TTL_BIN);
    store<i64>(core, time, TTL_SINCE);
    return;
  }
  if (!isOpen) {
    setFlag(core, SEQUENCER_FLAG_ACQ_TTL_WINDOW);
    return;
  }
  store<u32>(core, 0, TTL_OPEN);
  const opened = load<i64>(core, TTL_SINCE);
  const into = load<u32>(core, TTL_ACQUISITION);
  const first = load<u32>(core, TTL_BIN);
  assert(time >= opened, 'a window closes no earlier than it opened');
  const length = <u32>(time - opened);
  if (!opens(core, index, opened, into, SEQUENCER_RECORD_TYPE_TTL, first, length, 0)) return;
  const crossings = max<i32>(0, level0(nextResponse(core)));
  assert(crossings <= <i32>i16.MAX_VALUE, 'a level is 16 bits');
  const step: u32 = settingOf(core, SEQUENCER_SETTING_TTL_AUTO_BIN) != 0 ? 1 : 0;
  for (let crossing: i32 = 0; crossing < crossings; crossing++) {
    const place = binPlace(core, into, first + <u32>crossing * step);
    if (place == 0) return;
    store<u32>(place, load<u32>(place, 16) + 1, 16);
  }
  record(SEQUENCER_RECORD_RESULT, core, index, time, first, into | (crossings > 0 ? 0x100 : 0), <u32>crossings, 0);
  triggerOn(core, time, crossings > 0);
}

/**
 * Records the window; false when there is no such acquisition. Windows that overlap are both integrated whole, as in the open simulator; no
 * document says that the instrument can, so that they are flagged.
 */
function opens(
  core: usize,
  index: u32,
  time: i64,
  acquisition: u32,
  type: u32,
  bin: u32,
  length: u32,
  weights: u32,
): bool {
  if (acquisition >= ACQUISITION_ROWS || load<u32>(acquisitionRow(core, acquisition), 4) == 0) {
    setFlag(core, SEQUENCER_FLAG_ACQ_INDEX_INVALID);
    return false;
  }
  if (time < load<i64>(core, WINDOW_END)) setFlag(core, SEQUENCER_FLAG_ACQ_OVERLAP);
  store<i64>(core, max(load<i64>(core, WINDOW_END), time + <i64>length), WINDOW_END);
  assert(load<i64>(core, WINDOW_END) >= time, 'the last window closes after this one has opened');
  record(SEQUENCER_RECORD_ACQUIRE, core, index, time, bin, acquisition | (type << 8), length, weights);
  return true;
}

function weightRow(core: usize, weight: u32): usize {
  assert(
    (WEIGHT_COUNT & (WEIGHT_COUNT - 1)) == 0,
    'a number out of range is masked to one of the rows before it is refused',
  );
  const row = core + WEIGHT_ROWS + (weight & (WEIGHT_COUNT - 1)) * WEIGHT_ROW_SIZE;
  return weight < WEIGHT_COUNT && load<u32>(row, 4) != 0 ? row : 0;
}

/** The next response, one a window: {path 0 i16, path 1 i16}; 0 where the input is silent. */
function nextResponse(core: usize): u32 {
  const count = settingOf(core, SEQUENCER_SETTING_RESPONSE_COUNT);
  if (count == 0) return 0;
  const next = load<u32>(core, RESPONSE_NEXT);
  assert(next < count && count <= SEQUENCER_SETTING_RESPONSES_MAX, 'a response that was given');
  store<u32>(core, next + 1 == count ? 0 : next + 1, RESPONSE_NEXT);
  return load<u32>(core + (next << 2), RESPONSES);
}

function level0(response: u32): i32 {
  return <i32>(<i16>response);
}

function level1(response: u32): i32 {
  return <i32>(<i16>(response >> 16));
}
