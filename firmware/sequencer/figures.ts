// What can be asked of a sequencer, and where things are for the host (protocol/q1/module.ts).

import {
  Q1_WORD_SIZE,
  SEQUENCER_FIGURE_ALU_FLAGS,
  SEQUENCER_FIGURE_BINS,
  SEQUENCER_FIGURE_CLASSIC_HIGH,
  SEQUENCER_FIGURE_CLASSIC_LOW,
  SEQUENCER_FIGURE_COUNTER,
  SEQUENCER_FIGURE_EXECUTED_HIGH,
  SEQUENCER_FIGURE_EXECUTED_LOW,
  SEQUENCER_FIGURE_EXIT_CODE,
  SEQUENCER_FIGURE_FAULT_INDEX,
  SEQUENCER_FIGURE_FAULT_TIME_HIGH,
  SEQUENCER_FIGURE_FAULT_TIME_LOW,
  SEQUENCER_FIGURE_FIRST_BIN,
  SEQUENCER_FIGURE_FLAGS,
  SEQUENCER_FIGURE_GAIN_STEPS,
  SEQUENCER_FIGURE_INSTRUCTIONS,
  SEQUENCER_FIGURE_LEAST_SLACK,
  SEQUENCER_FIGURE_LOAD_PLACE,
  SEQUENCER_FIGURE_PLAYED,
  SEQUENCER_FIGURE_REGISTER,
  SEQUENCER_FIGURE_STATE,
  SEQUENCER_FIGURE_TIME_HIGH,
  SEQUENCER_FIGURE_TIME_LOW,
  SEQUENCER_FIGURE_WAITING,
  SEQUENCER_FIGURE_WAVE_SAMPLES,
  SEQUENCER_PLACE_BIN_SIZE,
  SEQUENCER_PLACE_BINS,
  SEQUENCER_PLACE_BINS_USED,
  SEQUENCER_PLACE_INPUT,
  SEQUENCER_PLACE_RECORD_COUNT,
  SEQUENCER_PLACE_RECORDS,
  SEQUENCER_PLACE_STAGING,
  SEQUENCER_PLACE_STAGING_SIZE,
  SEQUENCER_STATE_STOPPED,
  TRIGGER_ADDRESSES,
} from '../../protocol/guest/generated/constants';
import { Q1_REGISTER_COUNT } from '../../protocol/guest/generated/instructions';
import {
  ACQUISITIONS,
  ALU_FLAGS,
  CLASSIC_TIME,
  COUNTERS,
  END,
  EXECUTED_HERE,
  EXIT_CODE,
  FAULT_INDEX,
  FAULT_TIME,
  FLAGS,
  GAIN_STEPS,
  indexOf,
  LEAST_SLACK,
  ROW_SIZE,
  STATE,
  TIME,
  WAVES,
  WEIGHT_ROWS,
} from './core';
import {
  BIN_SIZE,
  BINS,
  BINS_USED,
  coreAt,
  INPUT_WINDOW,
  INSTRUCTIONS_MAX,
  LOAD_PLACE,
  MISSING_SYNC,
  PLAYED,
  PROGRAM_SIZE,
  PROGRAMS,
  RECORD_COUNT,
  RECORDS,
  STAGING,
  STAGING_SIZE,
  WAITING_SYNC,
  WAITING_TRIGGER,
} from './layout';

const ACQUISITION_ROWS: u32 = 32;
const WAVE_ROWS: u32 = 1024;

export function figureOf(index: u32, which: u32, at: u32): u32 {
  const core = coreAt(index);
  switch (which) {
    case SEQUENCER_FIGURE_STATE:
      assert(load<u32>(core, STATE) <= SEQUENCER_STATE_STOPPED, 'a state of the table');
      return load<u32>(core, STATE);
    case SEQUENCER_FIGURE_FLAGS:
      return load<u32>(core, FLAGS);
    case SEQUENCER_FIGURE_TIME_LOW:
      return load<u32>(core, TIME);
    case SEQUENCER_FIGURE_TIME_HIGH:
      return load<u32>(core, TIME + 4);
    case SEQUENCER_FIGURE_CLASSIC_LOW:
      return load<u32>(core, CLASSIC_TIME);
    case SEQUENCER_FIGURE_CLASSIC_HIGH:
      return load<u32>(core, CLASSIC_TIME + 4);
    case SEQUENCER_FIGURE_EXECUTED_LOW:
      return load<u32>(core, EXECUTED_HERE);
    case SEQUENCER_FIGURE_EXECUTED_HIGH:
      return load<u32>(core, EXECUTED_HERE + 4);
    case SEQUENCER_FIGURE_FAULT_INDEX:
      return load<u32>(core, FAULT_INDEX);
    case SEQUENCER_FIGURE_FAULT_TIME_LOW:
      return load<u32>(core, FAULT_TIME);
    case SEQUENCER_FIGURE_FAULT_TIME_HIGH:
      return load<u32>(core, FAULT_TIME + 4);
    case SEQUENCER_FIGURE_LEAST_SLACK:
      return load<u32>(core, LEAST_SLACK);
    case SEQUENCER_FIGURE_WAITING:
      assert((load<u32>(WAITING_SYNC) & load<u32>(MISSING_SYNC)) == 0, 'a core waits, or is waited for');
      assert((load<u32>(WAITING_SYNC) & load<u32>(WAITING_TRIGGER)) == 0, 'a core waits for one thing');
      return load<u32>(WAITING_SYNC) | (load<u32>(MISSING_SYNC) << 8) | (load<u32>(WAITING_TRIGGER) << 16);
    case SEQUENCER_FIGURE_INSTRUCTIONS:
      return instructionsOf(core);
    case SEQUENCER_FIGURE_PLAYED:
      return load<u32>(PLAYED);
    case SEQUENCER_FIGURE_GAIN_STEPS:
      return load<u32>(core, GAIN_STEPS);
    case SEQUENCER_FIGURE_EXIT_CODE:
      return load<u32>(core, EXIT_CODE);
    case SEQUENCER_FIGURE_ALU_FLAGS:
      return load<u32>(core, ALU_FLAGS);
    case SEQUENCER_FIGURE_LOAD_PLACE:
      assert(load<u32>(LOAD_PLACE) < INSTRUCTIONS_MAX, 'an instruction or a row of a table');
      return load<u32>(LOAD_PLACE);
    default:
      return indexedFigure(core, which, at);
  }
}

function indexedFigure(core: usize, which: u32, at: u32): u32 {
  assert(WAVES + WAVE_ROWS * ROW_SIZE <= WEIGHT_ROWS, 'every waveform has a row');
  if (which == SEQUENCER_FIGURE_WAVE_SAMPLES) return at < WAVE_ROWS ? load<u32>(core + WAVES + at * ROW_SIZE, 4) : 0;
  if (which == SEQUENCER_FIGURE_REGISTER && at < Q1_REGISTER_COUNT) return load<u32>(core + (at << 2));
  if (which == SEQUENCER_FIGURE_COUNTER && at < TRIGGER_ADDRESSES) return load<u32>(core + (at << 2), COUNTERS);
  const row = core + ACQUISITIONS + at * ROW_SIZE;
  assert(
    at >= ACQUISITION_ROWS || load<u32>(row) + load<u32>(row, 4) <= load<u32>(BINS_USED),
    'bins that are given out',
  );
  if (which == SEQUENCER_FIGURE_FIRST_BIN && at < ACQUISITION_ROWS) return load<u32>(row);
  return which == SEQUENCER_FIGURE_BINS && at < ACQUISITION_ROWS ? load<u32>(row, 4) : 0;
}

function instructionsOf(core: usize): u32 {
  const end = load<u32>(core, END);
  const start = <u32>PROGRAMS + indexOf(core) * PROGRAM_SIZE;
  assert(end == 0 || (end >= start && end <= start + PROGRAM_SIZE), 'a program lies in the place of its core');
  assert(end == 0 || (end - start) % Q1_WORD_SIZE == 0, 'a program is whole words');
  return end == 0 ? 0 : (end - start) / Q1_WORD_SIZE;
}

export function placeOf(which: u32): u32 {
  switch (which) {
    case SEQUENCER_PLACE_STAGING:
      return <u32>STAGING;
    case SEQUENCER_PLACE_STAGING_SIZE:
      return STAGING_SIZE;
    case SEQUENCER_PLACE_RECORDS:
      return <u32>RECORDS;
    case SEQUENCER_PLACE_RECORD_COUNT:
      return <u32>RECORD_COUNT;
    case SEQUENCER_PLACE_BINS:
      return <u32>BINS;
    case SEQUENCER_PLACE_BIN_SIZE:
      return BIN_SIZE;
    case SEQUENCER_PLACE_BINS_USED:
      return <u32>BINS_USED;
    case SEQUENCER_PLACE_INPUT:
      return <u32>INPUT_WINDOW;
    default:
      return 0;
  }
}
