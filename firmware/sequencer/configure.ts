// Settings of a sequencer: a number, a setting and, for some, an index (protocol/q1/settings.ts). Every value is checked here, wherever it comes from.

import {
  READOUT_CHANNELS,
  SEQUENCER_SETTING_CLOCK_DRIFT,
  SEQUENCER_SETTING_CORRECTION_CROSS,
  SEQUENCER_SETTING_CORRECTION_GAIN,
  SEQUENCER_SETTING_CORRECTION_OFFSET,
  SEQUENCER_SETTING_CORRECTION_PHASE,
  SEQUENCER_SETTING_COST_MODEL,
  SEQUENCER_SETTING_COUNT_INVERT,
  SEQUENCER_SETTING_COUNT_THRESHOLD,
  SEQUENCER_SETTING_GAIN,
  SEQUENCER_SETTING_HEAD_START,
  SEQUENCER_SETTING_INPUT,
  SEQUENCER_SETTING_INPUT_GAIN,
  SEQUENCER_SETTING_INTEGRATION_LENGTH,
  SEQUENCER_SETTING_OFFSET,
  SEQUENCER_SETTING_QUEUE_DEPTH,
  SEQUENCER_SETTING_RESPONSE,
  SEQUENCER_SETTING_RESPONSE_COUNT,
  SEQUENCER_SETTING_RESPONSES_MAX,
  SEQUENCER_SETTING_ROTATION_COS,
  SEQUENCER_SETTING_SYNC_AGAIN,
  SEQUENCER_SETTING_SYNC_CREDIT,
  SEQUENCER_SETTING_SYNC_ENABLE,
  SEQUENCER_SETTING_TRIGGER_ADDRESS,
  SEQUENCER_SETTING_TRIGGER_ENABLE,
  SEQUENCER_SETTING_TRIGGER_INVERT,
  SEQUENCER_SETTING_TTL_AUTO_BIN,
  SEQUENCER_STATE_IDLE,
  SEQUENCER_STATE_Q1_STOPPED,
  SEQUENCER_STATE_RUNNING,
  SEQUENCER_STATE_STOPPED,
  TRIGGER_ADDRESSES,
} from '../../protocol/guest/generated/constants';
import {
  Q1_PROFILE_HEAD_START_STEPS,
  Q1_PROFILE_REAL_TIME_QUEUE,
  Q1_PROFILE_ROWS,
  Q1_PROFILE_SYNC_AGAIN_STEPS,
  Q1_PROFILE_SYNC_CREDIT_STEPS,
} from '../../protocol/guest/generated/instructions';
import {
  CORE_INDEX,
  INVERSIONS,
  indexOf,
  QUEUE_MAX,
  RESPONSES,
  SETTING_CORRECTION_GAIN,
  SETTING_CORRECTION_OFFSET,
  SETTING_GAIN,
  SETTING_OFFSET,
  SETTINGS,
  SETTINGS_WITHOUT_INDEX,
  STATE,
  THRESHOLDS,
} from './core';
import { setDrift } from './drift';
import { setInputGain } from './input-gain';
import { BINS_USED, CORE_COUNT, CORE_SIZE, CORES, coreAt, RECORD_MASK, SENDERS } from './layout';
import { TURN } from './phase';

/** Rows of costs. */
export const COST_MODELS: u32 = 2;
const STEPS_MAX: u32 = 4096;
const LENGTH_LEAST: u32 = 4;
const LENGTH_MOST: u32 = 0xff_fffc;
const ONE: u32 = 1 << 30;
const FULL_GAIN: u32 = 0x7fff_7fff;
const COUNT_MOST: u32 = 0xffff;
const CORRECTION_MOST: i32 = 1 << 19;
const OFFSET_MOST: i32 = 0x7fff;

/** Every core as after a reset of the chip. */
export function resetSettings(): void {
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    const core = coreAt(index);
    store<u32>(core, index, CORE_INDEX);
    put(core, SEQUENCER_SETTING_INTEGRATION_LENGTH, 1000);
    put(core, SEQUENCER_SETTING_ROTATION_COS, ONE);
    put(core, SEQUENCER_SETTING_TRIGGER_ADDRESS, 1);
    put(core, SEQUENCER_SETTING_QUEUE_DEPTH, load<u32>(Q1_PROFILE_ROWS + Q1_PROFILE_REAL_TIME_QUEUE));
    put(core, SEQUENCER_SETTING_HEAD_START, load<u32>(Q1_PROFILE_ROWS + Q1_PROFILE_HEAD_START_STEPS));
    put(core, SEQUENCER_SETTING_SYNC_AGAIN, load<u32>(Q1_PROFILE_ROWS + Q1_PROFILE_SYNC_AGAIN_STEPS));
    put(core, SEQUENCER_SETTING_SYNC_CREDIT, load<u32>(Q1_PROFILE_ROWS + Q1_PROFILE_SYNC_CREDIT_STEPS));
    store<u32>(core, FULL_GAIN, SETTING_GAIN);
    assert(load<u32>(core, STATE) == SEQUENCER_STATE_IDLE, 'memory is zero at a reset, and a core is idle');
    assert(indexOf(core) == index, 'a core knows its place');
  }
  assert(load<u32>(BINS_USED) == 0 && load<u32>(SENDERS) == 0, 'no bin is given out, and nobody sends triggers');
  store<u32>(RECORD_MASK, 0);
}

function put(core: usize, setting: u32, value: u32): void {
  assert(setting < SETTINGS_WITHOUT_INDEX, 'a setting that stands among the others');
  assert(isInRange(setting, value), 'a setting is judged before it is kept, also that of a reset');
  store<u32>(core + (setting << 2), value, SETTINGS);
  assert(SETTINGS + (SETTINGS_WITHOUT_INDEX << 2) <= SETTING_GAIN, 'those with an index stand behind the others');
}

/** False when there is no such setting, its value is out of range, or the sequencer is running. */
export function configureCore(index: u32, setting: u32, at: u32, value: u32): bool {
  if (index >= CORE_COUNT) return false;
  if (setting == SEQUENCER_SETTING_CLOCK_DRIFT) return at == 0 && setDrift(<i32>value);
  if (setting == SEQUENCER_SETTING_INPUT_GAIN) return setInputGain(at, value);
  const core = coreAt(index);
  const state = load<u32>(core, STATE);
  assert(state <= SEQUENCER_STATE_STOPPED, 'a state of the table');
  if (state == SEQUENCER_STATE_RUNNING || state == SEQUENCER_STATE_Q1_STOPPED) return false;
  switch (setting) {
    case SEQUENCER_SETTING_COUNT_THRESHOLD:
      return value <= COUNT_MOST && putAt(core + THRESHOLDS, at, TRIGGER_ADDRESSES, value);
    case SEQUENCER_SETTING_COUNT_INVERT:
      return value <= 1 && putAt(core + INVERSIONS, at, TRIGGER_ADDRESSES, value);
    case SEQUENCER_SETTING_RESPONSE:
      return putAt(core + RESPONSES, at, SEQUENCER_SETTING_RESPONSES_MAX, value);
    case SEQUENCER_SETTING_GAIN:
      return putHalf(core + SETTING_GAIN, at, value);
    case SEQUENCER_SETTING_OFFSET:
      return putHalf(core + SETTING_OFFSET, at, value);
    case SEQUENCER_SETTING_CORRECTION_GAIN:
      return isWithin(value, CORRECTION_MOST) && putAt(core + SETTING_CORRECTION_GAIN, at, 2, value);
    case SEQUENCER_SETTING_CORRECTION_OFFSET:
      return isWithin(value, OFFSET_MOST) && putAt(core + SETTING_CORRECTION_OFFSET, at, 2, value);
    default:
      if (at != 0 || setting >= SETTINGS_WITHOUT_INDEX || !isInRange(setting, value)) return false;
      put(core, setting, value);
      return true;
  }
}

/** Whether the signed value is no further from zero than `most`. */
function isWithin(value: u32, most: i32): bool {
  assert(most > 0, 'a bound that a signed number can have');
  return <i32>value <= most && <i32>value >= -most;
}

function putAt(table: usize, at: u32, count: u32, value: u32): bool {
  assert(table >= CORES && table + (count << 2) <= CORES + CORE_COUNT * CORE_SIZE, 'a table of a core');
  if (at >= count) return false;
  store<u32>(table + (at << 2), value);
  return true;
}

function putHalf(place: usize, at: u32, value: u32): bool {
  if (at > 1) return false;
  assert(place >= CORES && place < CORES + CORE_COUNT * CORE_SIZE, 'a setting of a core');
  assert((place & 3) == 0, 'a word for both paths');
  store<u16>(place + (at << 1), <u16>value);
  return true;
}

function isInRange(setting: u32, value: u32): bool {
  assert(setting < SETTINGS_WITHOUT_INDEX, 'a setting that stands among the others');
  switch (setting) {
    case SEQUENCER_SETTING_SYNC_ENABLE:
    case SEQUENCER_SETTING_TRIGGER_ENABLE:
    case SEQUENCER_SETTING_TRIGGER_INVERT:
    case SEQUENCER_SETTING_TTL_AUTO_BIN:
      return value <= 1;
    case SEQUENCER_SETTING_INTEGRATION_LENGTH:
      return value >= LENGTH_LEAST && value <= LENGTH_MOST;
    case SEQUENCER_SETTING_TRIGGER_ADDRESS:
      return value - 1 < TRIGGER_ADDRESSES;
    case SEQUENCER_SETTING_RESPONSE_COUNT:
      return value <= SEQUENCER_SETTING_RESPONSES_MAX;
    case SEQUENCER_SETTING_QUEUE_DEPTH:
      return value - 1 < QUEUE_MAX;
    case SEQUENCER_SETTING_HEAD_START:
    case SEQUENCER_SETTING_SYNC_CREDIT:
    case SEQUENCER_SETTING_SYNC_AGAIN:
      return value <= STEPS_MAX;
    case SEQUENCER_SETTING_COST_MODEL:
      return value < COST_MODELS;
    case SEQUENCER_SETTING_INPUT:
      return value <= READOUT_CHANNELS;
    case SEQUENCER_SETTING_CORRECTION_CROSS:
      return isWithin(value, CORRECTION_MOST);
    case SEQUENCER_SETTING_CORRECTION_PHASE:
      return <u64>value < TURN;
    default:
      return true;
  }
}
