// Acquisitions of a converter: the window opens here, its samples are integrated outside of this module, and the sums come back.
//
//   acquire --ask--> the run ends with INPUT --> the host integrates and writes the sums --supply--> into the bin (acquisition.ts)
//
// The instruction is executed whole when it asks: what it commits is in force, and its core goes on when the sums are there. No other core
// executes anything in between, so that the result does not depend on who asks first. What must stay true: a window opens no later than the run
// goes to, because nobody knows what a converter will see; one window waits at a time.

import {
  READOUT_CHANNELS,
  SEQUENCER_INPUT_ACQUISITION,
  SEQUENCER_INPUT_BIN,
  SEQUENCER_INPUT_CHANNEL,
  SEQUENCER_INPUT_CORE,
  SEQUENCER_INPUT_INDEX,
  SEQUENCER_INPUT_LENGTH,
  SEQUENCER_INPUT_TIME,
  SEQUENCER_INPUT_WEIGHT_0,
  SEQUENCER_INPUT_WEIGHT_0_LENGTH,
  SEQUENCER_INPUT_WEIGHT_1,
  SEQUENCER_INPUT_WEIGHT_1_LENGTH,
  SEQUENCER_SETTING_INPUT,
} from '../../protocol/guest/generated/constants';
import { indexOf, settingOf } from './core';
import { noteWindow } from './input-gain';
import { CORE_COUNT, INPUT_WINDOW, SAMPLES_MAX, SAMPLES_SIZE, UNTIL, WEIGHTS } from './layout';

export function hasConverter(core: usize): bool {
  assert(settingOf(core, SEQUENCER_SETTING_INPUT) <= READOUT_CHANNELS, 'a setting that was judged');
  return settingOf(core, SEQUENCER_SETTING_INPUT) != 0;
}

/** A window waits for its sums. */
export function isWaiting(): bool {
  assert(load<u32>(INPUT_WINDOW, SEQUENCER_INPUT_CORE) <= CORE_COUNT, 'a core that there is');
  return load<u32>(INPUT_WINDOW, SEQUENCER_INPUT_CORE) != 0;
}

export function opensTooLate(core: usize, time: i64): bool {
  assert(time >= 0, 'a time since the release');
  return time > load<i64>(UNTIL) && hasConverter(core);
}

/** Asks for the sums of a window; `row0`, `row1`: the weights of its paths, 0: a square window. */
export function ask(
  core: usize,
  index: u32,
  time: i64,
  acquisition: u32,
  bin: u32,
  length: u32,
  row0: usize,
  row1: usize,
): void {
  const channel = settingOf(core, SEQUENCER_SETTING_INPUT) - 1;
  assert(channel < READOUT_CHANNELS, 'a setting that was judged');
  assert(!isWaiting(), 'one window waits at a time');
  noteWindow(core, channel, time);
  store<u32>(INPUT_WINDOW, indexOf(core) + 1, SEQUENCER_INPUT_CORE);
  store<u32>(INPUT_WINDOW, channel, SEQUENCER_INPUT_CHANNEL);
  store<i64>(INPUT_WINDOW, time, SEQUENCER_INPUT_TIME);
  store<u32>(INPUT_WINDOW, length, SEQUENCER_INPUT_LENGTH);
  store<u32>(INPUT_WINDOW, acquisition, SEQUENCER_INPUT_ACQUISITION);
  store<u32>(INPUT_WINDOW, bin, SEQUENCER_INPUT_BIN);
  store<u32>(INPUT_WINDOW, index, SEQUENCER_INPUT_INDEX);
  storeWeight(core, row0, SEQUENCER_INPUT_WEIGHT_0, SEQUENCER_INPUT_WEIGHT_0_LENGTH);
  storeWeight(core, row1, SEQUENCER_INPUT_WEIGHT_1, SEQUENCER_INPUT_WEIGHT_1_LENGTH);
}

function storeWeight(core: usize, row: usize, address: u32, length: u32): void {
  assert(indexOf(core) < CORE_COUNT, 'a core that there is');
  if (row == 0) {
    store<u32>(INPUT_WINDOW + address, 0);
    store<u32>(INPUT_WINDOW + length, 0);
    return;
  }
  assert(load<u32>(row) + load<u32>(row, 4) <= SAMPLES_MAX, 'a weight lies in the samples of its core');
  const first = <u32>WEIGHTS + indexOf(core) * SAMPLES_SIZE + (load<u32>(row) << 2);
  store<u32>(INPUT_WINDOW + address, first);
  store<u32>(INPUT_WINDOW + length, load<u32>(row, 4));
}
