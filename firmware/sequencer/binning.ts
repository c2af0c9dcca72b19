// What becomes of the sums of a window: into its bin, over the threshold or not, and a trigger may be asked for.
//
// Sums are in sample units times ns; they are rotated, then compared. The sums of a window on a converter come from outside of this module and are taken
// here too (input.ts). What must stay true: an acquisition is in its bin whole, or in none and flagged.

import {
  SEQUENCER_FLAG_ACQ_BIN_INDEX_INVALID,
  SEQUENCER_FLAG_ACQ_BINNING_FIFO_ERROR,
  SEQUENCER_FLAG_ACQ_BINNING_OUT_OF_RANGE,
  SEQUENCER_INPUT_ACQUISITION,
  SEQUENCER_INPUT_BIN,
  SEQUENCER_INPUT_CHANNEL,
  SEQUENCER_INPUT_CORE,
  SEQUENCER_INPUT_INDEX,
  SEQUENCER_INPUT_LENGTH,
  SEQUENCER_INPUT_SUM_0,
  SEQUENCER_INPUT_SUM_1,
  SEQUENCER_INPUT_TIME,
  SEQUENCER_RECORD_RESULT,
  SEQUENCER_SETTING_ROTATION_COS,
  SEQUENCER_SETTING_ROTATION_SIN,
  SEQUENCER_SETTING_THRESHOLD,
  SEQUENCER_SETTING_TRIGGER_ADDRESS,
  SEQUENCER_SETTING_TRIGGER_ENABLE,
  SEQUENCER_SETTING_TRIGGER_INVERT,
  SEQUENCER_SUPPLY_BINNED,
  SEQUENCER_SUPPLY_REACHED,
} from '../../protocol/guest/generated/constants';
import {
  ACQUISITIONS,
  BINNING,
  BINNING_COUNT,
  BINNING_FREE,
  BINNING_INTERVAL,
  BINNING_MAX,
  FLAGS,
  indexOf,
  ROW_SIZE,
  setFlag,
  settingOf,
} from './core';
import { isWaiting } from './input';
import { multiplied } from './input-gain';
import { BIN_SIZE, BINS, BINS_USED, coreAt, INPUT_WINDOW, SENDERS } from './layout';
import { requestTrigger } from './network';
import { isWanted, write } from './records';

const FRACTION_BITS: i64 = 15;
const ROTATION_BITS: i64 = 30;
const BINNING_QUEUE: u32 = 7;
const ACQUISITION_ROWS: u32 = 32;

export function acquisitionRow(core: usize, acquisition: u32): usize {
  assert(acquisition < ACQUISITION_ROWS, 'an acquisition that has a row');
  return core + ACQUISITIONS + acquisition * ROW_SIZE;
}

export function binPlace(core: usize, acquisition: u32, bin: u32): usize {
  const row = acquisitionRow(core, acquisition);
  if (bin >= load<u32>(row, 4)) {
    setFlag(core, SEQUENCER_FLAG_ACQ_BIN_INDEX_INVALID);
    return 0;
  }
  assert(load<u32>(row) + bin < load<u32>(BINS_USED), 'a bin that was given to an acquisition');
  return BINS + (load<u32>(row) + bin) * BIN_SIZE;
}

/** The sums of the window that waits have come, with flags that their integration raised; SEQUENCER_SUPPLY_*. */
export function takeSums(flags: u32): u32 {
  assert(isWaiting(), 'sums are supplied to a window that waits');
  const core = coreAt(load<u32>(INPUT_WINDOW, SEQUENCER_INPUT_CORE) - 1);
  const acquisition = load<u32>(INPUT_WINDOW, SEQUENCER_INPUT_ACQUISITION);
  const channel = load<u32>(INPUT_WINDOW, SEQUENCER_INPUT_CHANNEL);
  assert(acquisition < ACQUISITION_ROWS, 'a window that was opened');
  store<u32>(INPUT_WINDOW, 0, SEQUENCER_INPUT_CORE);
  store<u32>(core, load<u32>(core, FLAGS) | flags, FLAGS);
  return finish(
    core,
    load<u32>(INPUT_WINDOW, SEQUENCER_INPUT_INDEX),
    load<i64>(INPUT_WINDOW, SEQUENCER_INPUT_TIME),
    acquisition,
    load<u32>(INPUT_WINDOW, SEQUENCER_INPUT_BIN),
    <i64>load<u32>(INPUT_WINDOW, SEQUENCER_INPUT_LENGTH),
    multiplied(load<i64>(INPUT_WINDOW, SEQUENCER_INPUT_SUM_0), channel),
    multiplied(load<i64>(INPUT_WINDOW, SEQUENCER_INPUT_SUM_1), channel),
  );
}

/** SEQUENCER_SUPPLY_*. */
export function finish(
  core: usize,
  index: u32,
  time: i64,
  acquisition: u32,
  bin: u32,
  length: i64,
  sum0: i64,
  sum1: i64,
): u32 {
  assert(length > 0, 'a window has a length');
  const place = binPlace(core, acquisition, bin);
  if (place == 0) return 0;
  if (!mayBin(core, time)) {
    setFlag(core, SEQUENCER_FLAG_ACQ_BINNING_FIFO_ERROR);
    return 0;
  }
  const reached = overThreshold(core, sum0, sum1);
  const before0 = load<i64>(place);
  const before1 = load<i64>(place, 8);
  if (overflows(before0, sum0) || overflows(before1, sum1) || load<u32>(place, 16) == u32.MAX_VALUE) {
    setFlag(core, SEQUENCER_FLAG_ACQ_BINNING_OUT_OF_RANGE);
    return 0;
  }
  store<i64>(place, before0 + sum0);
  store<i64>(place, before1 + sum1, 8);
  store<u32>(place, load<u32>(place, 16) + 1, 16);
  store<u32>(place, load<u32>(place, 20) + (reached ? 1 : 0), 20);
  const end = time + length;
  if (isWanted(SEQUENCER_RECORD_RESULT)) {
    const state: u32 = reached ? 0x100 : 0;
    write(SEQUENCER_RECORD_RESULT, core, index, end, bin, acquisition | state, saturated(sum0), saturated(sum1));
  }
  triggerOn(core, end, reached);
  return SEQUENCER_SUPPLY_BINNED | (reached ? SEQUENCER_SUPPLY_REACHED : 0);
}

/** Whether the sum of two numbers is beyond 64 bits: both have a sign that the sum has not. */
function overflows(before: i64, sum: i64): bool {
  const after = before + sum;
  assert(sum != 0 || after == before, 'nothing is added');
  return ((before ^ after) & (sum ^ after)) < 0;
}

/** The signed difference comes out first, so that an equal sum reaches the threshold. */
function overThreshold(core: usize, sum0: i64, sum1: i64): bool {
  const cosine = <i64>(<i32>settingOf(core, SEQUENCER_SETTING_ROTATION_COS));
  const sine = <i64>(<i32>settingOf(core, SEQUENCER_SETTING_ROTATION_SIN));
  // A sum takes up to 39 bits, so its fraction goes before the rotation.
  const full0 = sum0 >> FRACTION_BITS;
  const full1 = sum1 >> FRACTION_BITS;
  const rotated = (full0 * cosine + full1 * sine) >> ROTATION_BITS;
  return rotated >= <i64>(<i32>settingOf(core, SEQUENCER_SETTING_THRESHOLD));
}

export function triggerOn(core: usize, time: i64, reached: bool): void {
  if (settingOf(core, SEQUENCER_SETTING_TRIGGER_ENABLE) == 0) return;
  const inverted = settingOf(core, SEQUENCER_SETTING_TRIGGER_INVERT) != 0;
  assert(settingOf(core, SEQUENCER_SETTING_TRIGGER_INVERT) <= 1, 'a setting that was judged');
  assert((load<u32>(SENDERS) & (1 << indexOf(core))) != 0, 'a core that may send triggers is known to the network');
  if (reached != inverted) requestTrigger(core, time, settingOf(core, SEQUENCER_SETTING_TRIGGER_ADDRESS));
}

/** Binning takes an acquisition every so often, and a few may wait; false when this one finds no place. */
function mayBin(core: usize, time: i64): bool {
  let waiting = load<u32>(core, BINNING_COUNT);
  assert(waiting <= BINNING_QUEUE + 1 && waiting < BINNING_MAX, 'no more wait than there is room for');
  let free = load<i64>(core, BINNING_FREE);
  assert(load<u32>(core, BINNING_INTERVAL) != 0, 'binning takes its time');
  let done: u32 = 0;
  while (done < waiting && free <= time) {
    const start = max(load<i64>(core + (done << 3), BINNING), free);
    free = start + <i64>load<u32>(core, BINNING_INTERVAL);
    done++;
  }
  if (done != 0) {
    waiting -= done;
    memory.copy(core + BINNING, core + BINNING + (done << 3), waiting << 3);
  }
  store<i64>(core, free, BINNING_FREE);
  const fits = waiting <= BINNING_QUEUE;
  if (fits) {
    store<i64>(core + (waiting << 3), time, BINNING);
    waiting++;
  }
  assert(done == 0 || fits, 'where one was binned there is room for one');
  store<u32>(core, waiting, BINNING_COUNT);
  return fits;
}

function saturated(sum: i64): u32 {
  return <u32>max<i64>(min<i64>(sum, <i64>i32.MAX_VALUE), <i64>i32.MIN_VALUE);
}
